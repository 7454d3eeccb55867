"""Our webhook at a GitHub that others made: it is installed there, and what that signs is taken."""

from __future__ import annotations

import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from deployments import vault
from deployments.models import (
    Application,
    CommitStatus,
    Delivery,
    ForgeAccess,
    Person,
    Repository,
    Webhook,
)
from deployments.services import hook_checks, hooks, webhooks
from deployments.webhooks.github.events import WANTED
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.servers.emulate.server import NAME, TOKEN, Emulated

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def app(emulated: Emulated, live_server: Any, settings: Any) -> Application:
    """An app whose code is there, which reaches us as Shipmate's server."""
    settings.SHIPMATE_URL = live_server.url
    row = Repository.objects.create(
        location=f"{emulated.address}/{NAME}", name=NAME, forge="github"
    )
    ForgeAccess.objects.create(repository=row, secret_encrypted=vault.encrypt(TOKEN))
    return Application.objects.create(name="web", repository=row)


@pytest.fixture
def dora(transactional_db: None) -> Person:
    return build.person("dora")


@pytest.fixture
def installed(app: Application, dora: Person) -> str:
    """Return what the command says that installs it."""
    out = StringIO()
    call_command("install_webhook", "web", "--as", "dora", stdout=out)
    return out.getvalue()


def heard(*events: str) -> list[str]:
    """Wait for these events, let a worker handle them, and return what came of each."""
    until = time.monotonic() + 30
    while set(events) - set(Delivery.objects.values_list("event", flat=True)):
        assert time.monotonic() < until
        time.sleep(0.05)
    drain("chat")
    assert not Delivery.objects.exclude(state="handled").exists()
    return [Delivery.objects.get(event=event).outcome for event in events]


def test_the_command_installs_it_and_hears_the_ping(
    emulated: Emulated, installed: str, app: Application, dora: Person
) -> None:
    assert f"Installed at GitHub: {NAME} tells http" in installed
    assert "The webhook works." in installed
    (hook,) = emulated.tell("get", "hooks")
    assert (hook["config"]["url"], sorted(hook["events"])) == (hooks.address(), WANTED)
    assert hook_checks.check(app, dora, WANTED) == []


def test_it_is_found_again_there(emulated: Emulated, installed: str) -> None:
    out = StringIO()

    call_command("install_webhook", "web", "--as", "dora", stdout=out)

    assert "Brought up to date" in out.getvalue()
    assert len(emulated.tell("get", "hooks")) == 1


def test_what_happens_there_arrives_and_is_understood(emulated: Emulated, installed: str) -> None:
    sha = emulated.branch("topic")
    emulated.tell("post", "pulls", {"title": "x", "head": "topic", "base": "main"})
    emulated.run(sha, "build", status="completed", conclusion="failure")

    create, push, pull, run = heard("create", "push", "pull_request", "check_run")

    assert create.startswith("The branch refs/heads/topic is new.")
    assert push.startswith(f"topic is at {sha[:7]} now.")
    assert pull.startswith(f"Pull request #1 was opened, at {sha[:7]}.")
    assert run.startswith(f"build says failure of {sha[:7]}.")
    assert CommitStatus.objects.get(sha=sha, context="build").state == "failure"


def test_with_another_secret_nothing_of_it_is_taken(
    emulated: Emulated, installed: str, app: Application, dora: Person
) -> None:
    webhooks.renew_secret(Webhook.objects.get(), app, dora)
    emulated.write("a.txt")
    until = time.monotonic() + 30
    while not (refused := hook_checks.check(app, dora, WANTED)) and time.monotonic() < until:
        time.sleep(0.05)

    assert "the answer was 403, so its secret is not the one" in refused[0]
    assert not Delivery.objects.filter(event="push").exists()
