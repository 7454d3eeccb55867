"""A red check that turns green ends in the right deployment, and nobody has to do anything."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from deployments import sweeper
from deployments.models import (
    Application,
    Delivery,
    Deployment,
    Environment,
    ForgeAccount,
    Person,
)
from deployments.selectors import checks as reading
from deployments.selectors.repositories import Opening
from deployments.selectors.webhooks import api_of
from deployments.services import applications, clearing, gates, lifecycle, webhooks
from deployments.services.lifecycle import Door
from deployments.webhooks import handling
from deployments.webhooks.github import signature
from tests.deployments.services.conftest import copy
from tests.deployments.services.queueing import drain, lose
from tests.deployments.services.world import until
from tests.servers.github import created
from tests.servers.github.hub import TOKEN, Fault, GitHub, Json
from tests.servers.repositories import Program, Repository

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "acme/web"
DEPLOYS = Program(b'#!/bin/sh\necho "$1" > "$DEPLOYED"\n')
Tell = Callable[[str, Json], None]


@pytest.fixture
def web(hub: GitHub) -> Repository:
    made = hub.make(NAME)
    made.commit({"script/deploy": DEPLOYS}, "Deploy by a script")
    return made


@pytest.fixture
def shop(root: Person, hub: GitHub, web: Repository) -> Application:
    return applications.add("shop", f"{hub.address}/{NAME}", root, Opening("github", "", TOKEN))


@pytest.fixture
def live(shop: Application, tmp_path: Path) -> Environment:
    """Deploys by a program on this machine, once ci/test and build have passed."""
    command = f"env DEPLOYED={tmp_path}/deployed script/deploy {{sha}}"
    Application.objects.filter(pk=shop.pk).update(provider="command", settings={"command": command})
    named = {"checks": "named", "required_contexts": ["ci/test", "build"]}
    return Environment.objects.create(
        application=Application.objects.get(pk=shop.pk), name="live", position=1, **named
    )


@pytest.fixture
def sha(web: Repository) -> str:
    return web.git("rev-parse", "main")


@pytest.fixture
def asked(hub: GitHub, live: Environment, alice: Person, sha: str) -> Deployment:
    """Asked for while build is red."""
    hub.say(NAME, sha, "ci/test", "success")
    hub.run(NAME, sha, "build", "failure")
    return lifecycle.request(live, "main", Door(alice, "chat"), when_green=True)


@pytest.fixture
def tell(client: Client, live: Environment, root: Person) -> Tell:
    """Tell what GitHub does by webhook."""
    _, secret = webhooks.make(live.application, root, NAME)

    def send(event: str, body: Json) -> None:
        about = {"id": 186853002, "full_name": NAME}
        raw = json.dumps({"repository": about, **body}).encode()
        headers = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": signature.made(secret, raw),
        }
        answer = client.post("/webhooks/github/", raw, "application/json", headers=headers)
        assert answer.status_code == 202

    return send


def time_comes() -> None:
    """Let the time have come at which GitHub is asked again."""
    past = timezone.now() - timedelta(minutes=1)
    Deployment.objects.filter(status="pending").update(look_at=past, rung_at=past)
    sweeper.sweep()


def deployed(asked: Deployment, folder: Path) -> str:
    """Let workers do what there is to do, and return the commit that was deployed."""
    for cluster in ("chat", "deploy", "chat"):
        drain(cluster)
    kept = copy(asked)
    assert (kept.status, kept.note) == ("success", "")
    return (folder / "deployed").read_text().strip()


def test_by_webhook(
    hub: GitHub, asked: Deployment, web: Repository, sha: str, tell: Tell, tmp_path: Path
) -> None:
    assert asked.note == f"{sha[:7]} waits for its checks: build failed."
    web.commit({"other": "x"}, "Something newer")

    tell("check_run", {"action": "completed", "check_run": hub.run(NAME, sha, "build", "success")})

    assert deployed(asked, tmp_path) == sha


def test_by_asking_alone(hub: GitHub, asked: Deployment, sha: str, tmp_path: Path) -> None:
    time_comes()
    drain("chat")
    assert copy(asked).status == "pending"
    hub.run(NAME, sha, "build", "success")

    time_comes()

    assert deployed(asked, tmp_path) == sha


def test_where_the_webhook_is_lost(
    hub: GitHub, asked: Deployment, sha: str, tell: Tell, tmp_path: Path
) -> None:
    tell("check_run", {"action": "created", "check_run": hub.run(NAME, sha, "build", None)})
    drain("chat")
    assert copy(asked).note.endswith("build has not ended yet.")
    hub.run(NAME, sha, "build", "success")  # and nobody tells
    lose("chat")

    time_comes()

    assert deployed(asked, tmp_path) == sha


def test_a_webhook_of_what_is_not_all_asks_github_for_the_rest(
    hub: GitHub, asked: Deployment, sha: str, tell: Tell
) -> None:
    hub.run(NAME, sha, "build", "failure", suite=2)
    hub.run(NAME, sha, "build", "success")

    tell("check_suite", {"action": "completed", "check_suite": {"head_sha": sha}})
    drain("chat")

    assert copy(asked).note.endswith("build failed.")
    assert not gates.is_due(copy(asked))


def test_what_is_told_while_github_is_asked_has_it_asked_again(
    hub: GitHub, asked: Deployment, sha: str, tell: Tell
) -> None:
    lose("chat")
    hub.faults.append(Fault(seconds=3, path="/check-runs"))  # what it says is old when it comes
    with looking(asked):
        until(lambda: not hub.faults)
        time.sleep(0.5)  # it has its answer by then, and keeps it for a while
        hub.run(NAME, sha, "build", "success")
        tell("check_suite", {"action": "completed", "check_suite": {"head_sha": sha}})
        handling.handle(Delivery.objects.get().pk)

    drain("chat")

    assert copy(asked).status == "queued"


@contextmanager
def looking(deployment: Deployment) -> Iterator[None]:
    """Have another worker ask GitHub meanwhile, and wait for its end."""

    def look() -> None:
        try:
            clearing.clear(copy(deployment))
        finally:
            connection.close()

    Deployment.objects.update(look_at=None)
    worker = threading.Thread(target=look)
    worker.start()
    yield
    worker.join(60)


def test_an_answer_that_is_older_than_what_was_told_changes_nothing(
    hub: GitHub, asked: Deployment, sha: str, tell: Tell
) -> None:
    newer = hub.run(NAME, sha, "build", "success")
    hub.repositories[NAME].runs.pop()  # GitHub's answers may lag

    tell("check_run", {"action": "completed", "check_run": newer})
    drain("chat")

    assert copy(asked).status == "queued"


def test_github_is_asked_before_it_is_believed_that_all_is_well(
    hub: GitHub, asked: Deployment, sha: str, tell: Tell
) -> None:
    hub.run(NAME, sha, "build", "failure", suite=2)  # and nobody tells

    tell("check_run", {"action": "completed", "check_run": hub.run(NAME, sha, "build", "success")})
    drain("chat")

    assert copy(asked).status == "pending"
    assert copy(asked).note.endswith("build failed.")


def test_github_is_not_asked_while_the_webhook_says_that_more_is_to_come(
    hub: GitHub, asked: Deployment, sha: str, tell: Tell
) -> None:
    drain("chat")  # GitHub is told of it
    hub.asked.clear()

    tell("check_run", {"action": "created", "check_run": hub.run(NAME, sha, "build", None)})
    drain("chat")

    assert hub.asked == []


def test_a_github_that_is_away_is_told_and_ends_nothing(
    hub: GitHub, asked: Deployment, sha: str, tmp_path: Path, settings: object
) -> None:
    settings.SHIPMATE_PENDING_DEADLINE = -1_000  # type: ignore[attr-defined]
    hub.run(NAME, sha, "build", "success")
    hub.faults.extend([Fault(502)] * 3)

    Deployment.objects.update(look_at=None)
    clearing.clear(copy(asked))
    kept = copy(asked)
    assert (kept.status, kept.waits_for) == ("pending", "checks")
    assert kept.note.endswith("GitHub cannot answer about acme/web now (502).")
    heard = reading.heard(kept.environment.application.repository, sha)
    assert heard.at is not None
    assert "502" in heard.trouble

    time_comes()

    assert deployed(asked, tmp_path) == sha


def test_what_was_created_there_while_github_is_away_waits_for_its_checks(
    hub: GitHub, live: Environment, alice: Person, sha: str, tell: Tell, tmp_path: Path
) -> None:
    ForgeAccount.objects.create(
        person=alice, base_url=api_of(live.application.repository), uid=7, login="octocat"
    )
    hub.say(NAME, sha, "ci/test", "success")
    hub.run(NAME, sha, "build", "success")
    hub.faults.extend([Fault(502, path="/status")] * 3)

    said = {"id": 41, "sha": sha, "ref": "main", "environment": "live", "task": "deploy"}
    said |= {"creator": {"id": 7, "login": "octocat"}, "created_at": timezone.now().isoformat()}
    created.know(hub.repositories[NAME], said)
    tell("deployment", {"deployment": said})
    drain("chat")
    made = Deployment.objects.get()
    assert made.note.startswith("GitHub cannot answer about acme/web now (502)")

    time_comes()

    assert deployed(made, tmp_path) == sha


def test_what_has_not_changed_costs_nothing_of_the_limit(
    hub: GitHub, asked: Deployment, sha: str
) -> None:
    drain("chat")  # GitHub is told of it
    time_comes()
    drain("chat")  # it is asked for the first time, of pull requests too
    before = hub.charged

    for _ in range(3):
        time_comes()
        drain("chat")

    assert hub.charged == before
    assert not asked.changes.filter(verb=gates.SILENT).exists()


def test_a_limit_that_is_used_up_is_told_and_respected(
    hub: GitHub, asked: Deployment, sha: str
) -> None:
    hub.faults.append(Fault(429, {"Retry-After": "600"}))
    for _ in range(2):
        Deployment.objects.update(look_at=None)
        clearing.clear(copy(asked))
        hub.asked.clear()

    Deployment.objects.update(look_at=None)
    clearing.clear(copy(asked))

    assert hub.asked == []
    assert "GitHub takes no more questions about acme/web until" in copy(asked).note
    assert copy(asked).status == "pending"
