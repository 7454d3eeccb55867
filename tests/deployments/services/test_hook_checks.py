"""The webhook of a GitHub App is looked at: over real HTTP, and as GitHub's description has it."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from deployments.exceptions import DeploymentError, NotAllowed
from deployments.models import Application, Person
from deployments.selectors.repositories import Opening
from deployments.services import applications, hook_checks, hooks
from deployments.webhooks.github.events import WANTED
from tests.deployments import build
from tests.servers.github import webhooks as sending
from tests.servers.github.hub import APP, RIGHTS, Fault, GitHub, Json

pytestmark = pytest.mark.django_db

SECRET = "the App's own"


@pytest.fixture
def app(hub: GitHub, root: Person, settings: Settings) -> Application:
    settings.SHIPMATE_URL = "https://ship.example.com"
    settings.SHIPMATE_GITHUB_URL = hub.address
    settings.SHIPMATE_GITHUB_APP = APP
    settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET = SECRET
    hub.make("acme/web").commit({"a": "1"}, "Begin")
    hub.installed.add("acme/web")
    return applications.add("web", f"{hub.address}/acme/web", root, Opening("github", APP, hub.pem))


@pytest.fixture
def hook(hub: GitHub, app: Application) -> Json:
    return sending.of_app(hub, hooks.address(), SECRET, list(WANTED))


def found(app: Application, by: Person) -> list[str]:
    return hook_checks.check(app, by, WANTED)


def test_what_is_right_has_nothing_amiss(app: Application, hook: Json, root: Person) -> None:
    assert found(app, root) == []


def test_it_is_asked_as_the_app_and_nothing_is_changed(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    hub.asked.clear()

    found(app, root)

    assert {"GET /app", "GET /app/hook/config"} <= set(hub.asked)
    assert any(asked.startswith("GET /app/hook/deliveries?") for asked in hub.asked)
    posted = [asked for asked in hub.asked if not asked.startswith("GET")]
    assert [asked for asked in posted if "access_tokens" not in asked] == []


def test_none_is_told_with_the_address_to_set(app: Application, root: Person) -> None:
    said = found(app, root)[0]

    assert said == (
        "The App Shipmate has no webhook that is active. Switch it on in the settings of the App at"
        " GitHub, with https://ship.example.com/webhooks/github/ as Payload URL."
    )


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (
            {"url": "https://old.example.com/"},
            "leads to https://old.example.com/: set https://ship",
        ),
        ({"content_type": ""}, "Its content type is not set: set application/json"),
        ({"secret": ""}, "It has no secret: set SHIPMATE_GITHUB_APP_WEBHOOK_SECRET as its secret"),
        ({"insecure_ssl": "1"}, "GitHub does not check the certificate"),
    ],
)
def test_what_is_set_otherwise_is_told(
    app: Application, hook: Json, root: Person, config: Json, says: str
) -> None:
    hook["config"] |= config

    (said,) = found(app, root)

    assert says in said


def test_events_that_it_does_not_subscribe_to_are_named(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    hub.app.events = [event for event in WANTED if event not in ("status", "check_run")]

    assert found(app, root) == [
        "The App does not subscribe to check_run, status. Tick them in the settings of the App at"
        " GitHub, under Permissions & events."
    ]


def test_permissions_that_it_lacks_are_named(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    hub.app.permissions = {**RIGHTS, "deployments": "read"}
    del hub.app.permissions["pull_requests"]
    hub.app.accepted = dict(hub.app.permissions)

    assert found(app, root) == [
        "The App lacks Deployments: write, Pull requests: read. Set that in the settings of the App"
        " at GitHub, under Permissions & events."
    ]


def test_what_its_owner_has_not_accepted_is_told_as_such(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    del hub.app.accepted["statuses"]

    (said,) = found(app, root)

    assert "The owner of acme/web has not accepted" in said
    assert "Statuses: read" in said


def test_an_installation_that_is_suspended_or_gone_is_told(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    hub.app.is_suspended = True
    assert "is suspended. Its owner lifts that" in found(app, root)[0]

    hub.installed.clear()
    assert found(app, root) == [
        "The App is not installed on acme/web. Install it there, from its page at GitHub."
    ]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (401, "set SHIPMATE_GITHUB_APP_WEBHOOK_SECRET as its secret."),
        (403, "its secret is not the one in SHIPMATE_GITHUB_APP_WEBHOOK_SECRET"),
        (502, "GitHub cannot reach https://ship.example.com/webhooks/github/"),
    ],
)
def test_what_was_not_taken_is_told_with_what_to_do(
    hub: GitHub, app: Application, hook: Json, root: Person, code: int, says: str
) -> None:
    sending.send(hub.app, {**hook, "config": {"url": "http://127.0.0.1:1/"}}, "push", {}).join(30)
    hub.app.deliveries[0]["status_code"] = code

    assert says in " ".join(found(app, root))


def test_one_of_the_repositorys_own_beside_it_is_told(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    kept = hub.repositories["acme/web"]
    sending.make(hub, kept, {"config": hook["config"], "events": ["push"]})

    assert "acme/web has a webhook of its own that leads here, too" in found(app, root)[0]


def test_an_app_that_may_see_no_webhooks_is_no_worse(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    hub.faults.append(Fault(404, message="Not Found", path="/repos/acme/web/hooks"))

    assert found(app, root) == []


def test_a_key_that_github_does_not_take_is_told(
    hub: GitHub, app: Application, hook: Json, root: Person
) -> None:
    hub.faults.append(Fault(401, message="Bad credentials", path="/app"))

    with pytest.raises(DeploymentError, match="does not take the credential"):
        found(app, root)


def test_it_takes_the_right_to_configure(app: Application, hub: GitHub) -> None:
    with pytest.raises(NotAllowed):
        found(app, build.person("alice"))


def test_the_command_tells_it(hub: GitHub, app: Application, hook: Json, root: Person) -> None:
    hub.app.events = []
    out = StringIO()

    call_command("install_webhook", "web", "--as", root.username, "--check", stdout=out)

    assert "The App does not subscribe to check_run, check_suite" in out.getvalue()


def test_the_page_tells_it_where_nothing_was_heard_yet(
    hub: GitHub, app: Application, hook: Json, root: Person, client: Client
) -> None:
    client.force_login(root)
    place = "/settings/apps/web/-/webhook/"
    shown: Any = client.get(place)
    assert 'action="/settings/apps/web/-/webhook/check/"' in shown.content.decode()

    shown = client.post(f"{place}check/")

    assert "Nothing is amiss with the webhook of the App at GitHub." in shown.content.decode()
