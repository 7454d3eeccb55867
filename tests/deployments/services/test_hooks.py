"""The webhook is installed at GitHub over real HTTP, which delivers a signed ping to the real door.

Every request and answer keeps to GitHub's own description."""

from __future__ import annotations

import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from deployments import vault
from deployments.exceptions import DeploymentError, NotAllowed, RepositoryAway
from deployments.forges.github.hooks import ping
from deployments.models import (
    Application,
    Change,
    Delivery,
    ForgeAccess,
    Person,
    Repository,
    Webhook,
)
from deployments.selectors import webhooks as reading
from deployments.services import hook_checks, hooks, webhooks
from deployments.webhooks.github.events import WANTED
from tests.deployments import build
from tests.servers.github.hub import TOKEN, Fault, GitHub, Kept

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def app(hub: GitHub, live_server: Any, settings: Any) -> Application:
    """An app whose code is at GitHub, which reaches us as Shipmate's server."""
    settings.SHIPMATE_URL = live_server.url
    hub.make("acme/web").commit({"a": "a"}, "Say hello")
    row = Repository.objects.create(
        location=f"{hub.address}/acme/web", name="acme/web", forge="github"
    )
    ForgeAccess.objects.create(repository=row, secret_encrypted=vault.encrypt(TOKEN))
    return Application.objects.create(name="web", repository=row)


@pytest.fixture
def dora(transactional_db: None) -> Person:
    return build.person("dora")


@pytest.fixture
def kept(hub: GitHub, app: Application) -> Kept:
    return hub.repositories["acme/web"]


def arrived(app: Application) -> Delivery:
    """Wait for the ping that GitHub was asked for."""
    until = time.monotonic() + 30
    webhook = Webhook.objects.get(repository=app.repository)
    while (came := reading.ping_since(webhook)) is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    return came


def told(kept: Kept) -> None:
    """Wait until GitHub has noted what came of its delivery."""
    until = time.monotonic() + 30
    while not kept.deliveries:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_it_is_installed_signed_and_pinged(app: Application, dora: Person, kept: Kept) -> None:
    done = hooks.install(app, dora, WANTED, "web")

    (hook,) = kept.hooks
    assert done.is_new
    assert hook["events"] == WANTED
    assert (hook["config"]["content_type"], hook["config"]["insecure_ssl"]) == ("json", "0")
    assert hook["config"]["url"] == hooks.address()
    assert arrived(app).event == "ping"


def test_github_gets_the_secret_and_no_record_has_it(
    app: Application, dora: Person, kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.install(app, dora, WANTED, "web")

    (secret,) = kept.hook_secrets.values()
    assert secret == vault.decrypt(Webhook.objects.get().secret_encrypted)
    assert secret not in caplog.text
    assert not Change.objects.filter(note__contains=secret).exists()


def test_one_that_leads_here_is_brought_up_to_date(
    app: Application, dora: Person, kept: Kept
) -> None:
    hooks.install(app, dora, ["push"], "web")
    webhooks.renew_secret(Webhook.objects.get(), app, dora)

    done = hooks.install(app, dora, WANTED, "web")

    assert not done.is_new
    assert [one["events"] for one in kept.hooks] == [WANTED]
    assert [*kept.hook_secrets.values()] == [vault.decrypt(Webhook.objects.get().secret_encrypted)]


def test_one_that_was_made_for_another_name_is_brought_up_to_date(
    app: Application, dora: Person
) -> None:
    webhooks.make(app, dora, "acme/wbe")

    hooks.install(app, dora, WANTED, "web")

    assert arrived(app).event == "ping"
    assert Webhook.objects.get().full_name == "acme/web"


def test_what_works_has_nothing_amiss(app: Application, dora: Person, kept: Kept) -> None:
    hooks.install(app, dora, WANTED, "web")
    told(kept)

    assert hook_checks.check(app, dora, WANTED) == []


def test_what_is_amiss_is_told_in_sentences(app: Application, dora: Person, kept: Kept) -> None:
    hooks.install(app, dora, ["push"], "web")
    told(kept)
    kept.hooks[0] |= {"active": False}
    kept.hooks[0]["config"]["insecure_ssl"] = "1"

    found = " ".join(hook_checks.check(app, dora, ["push", "status"]))

    assert "switched off" in found
    assert "does not check the certificate" in found
    assert "It does not send status." in found


def test_another_secret_there_is_told_as_such(app: Application, dora: Person, kept: Kept) -> None:
    hooks.install(app, dora, WANTED, "web")
    told(kept)
    webhooks.renew_secret(Webhook.objects.get(), app, dora)
    kept.deliveries.clear()
    ping(hooks.caller_of(app), kept.hooks[0]["id"])
    told(kept)

    assert "the answer was 403, so its secret is not the one" in " ".join(
        hook_checks.check(app, dora, WANTED)
    )


def test_a_bad_moment_here_is_told_as_such(app: Application, dora: Person, kept: Kept) -> None:
    hooks.install(app, dora, WANTED, "web")
    told(kept)
    for one in kept.deliveries:
        one |= {"status_code": 503, "status": "Service Unavailable"}

    assert "was not ready at that moment: deliver it again" in " ".join(
        hook_checks.check(app, dora, WANTED)
    )


def test_none_there_is_told(app: Application, dora: Person) -> None:
    (said,) = hook_checks.check(app, dora, WANTED)

    assert said.startswith("acme/web has no webhook at GitHub that leads to http")


def test_a_token_without_the_right_is_told_which(
    app: Application, dora: Person, hub: GitHub
) -> None:
    hub.without_hooks.add(TOKEN)

    with pytest.raises(DeploymentError, match="Webhooks: read and write"):
        hooks.install(app, dora, WANTED, "web")


@pytest.mark.parametrize(
    ("status", "says"), [(403, "Webhooks: read and write"), (422, "reach SHIPMATE_URL")]
)
def test_what_github_refuses_is_explained(
    app: Application, dora: Person, hub: GitHub, status: int, says: str
) -> None:
    ok = Fault(path="/hooks")
    hub.faults.extend([ok, ok, Fault(status=status, message="No", path="/hooks")])

    with pytest.raises(DeploymentError, match=says):
        hooks.install(app, dora, WANTED, "web")


@pytest.mark.parametrize("status", [200, 201, 403])
def test_a_page_of_a_proxy_in_place_of_the_webhook_is_told(
    app: Application, dora: Person, hub: GitHub, status: int
) -> None:
    hub.faults.append(Fault(status, path="/hooks", method="POST", page=b"<html>"))

    with pytest.raises(RepositoryAway, match="A proxy, or something else"):
        hooks.install(app, dora, WANTED, "web")


def test_it_takes_the_right_to_configure(app: Application, hub: GitHub) -> None:
    with pytest.raises(NotAllowed):
        hooks.install(app, build.person("alice"), WANTED, "web")
    assert not [one for one in hub.asked if "hooks" in one]


def test_without_a_credential_the_way_by_hand_is_named(app: Application, dora: Person) -> None:
    ForgeAccess.objects.all().delete()

    with pytest.raises(DeploymentError, match="set the webhook up by hand"):
        hooks.install(app, dora, WANTED, "web")


def test_the_command_waits_for_the_ping(app: Application, dora: Person) -> None:
    out = StringIO()

    call_command("install_webhook", "web", "--as", "dora", stdout=out)

    assert "Installed at GitHub: acme/web tells http" in out.getvalue()
    assert "The webhook works." in out.getvalue()


def test_the_command_says_why_no_ping_comes(app: Application, dora: Person, settings: Any) -> None:
    settings.SHIPMATE_URL = "http://127.0.0.1:1"
    out = StringIO()

    with pytest.raises(CommandError, match="No ping came"):
        call_command("install_webhook", "web", "--as", "dora", "--wait", "3", stdout=out)

    assert "GitHub cannot reach http://127.0.0.1:1/webhooks/github/" in out.getvalue()


def test_the_page_installs_it_and_shows_the_ping_coming(
    app: Application, dora: Person, client: Client, kept: Kept
) -> None:
    client.force_login(dora)

    client.post("/settings/apps/web/-/webhook/install/")
    arrived(app)

    page = client.get("/settings/apps/web/-/webhook/").content.decode()
    assert "it arrived" in page
    assert next(iter(kept.hook_secrets.values())) not in page


def test_the_page_checks_it(app: Application, dora: Person, client: Client, kept: Kept) -> None:
    client.force_login(dora)
    client.post("/settings/apps/web/-/webhook/install/")
    told(kept)

    page = client.post("/settings/apps/web/-/webhook/check/").content.decode()

    assert "Nothing is amiss with the webhook at GitHub." in page
