"""A GitHub App's own webhook tells of each repository that is read with it, and of no other."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from deployments import vault
from deployments.models import (
    Application,
    Change,
    Delivery,
    ForgeAccount,
    Person,
    Repository,
    Webhook,
)
from deployments.models import Deployment as Made
from deployments.selectors.repositories import Opening
from deployments.selectors.webhooks import api_of
from deployments.services import applications, webhooks
from deployments.webhooks.github import signature
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.deployments.webhooks.conftest import URL
from tests.deployments.webhooks.github.conftest import created_now
from tests.servers.github import created
from tests.servers.github.hub import APP, TOKEN, Fault, GitHub

pytestmark = pytest.mark.django_db

SECRET = "the App's own"
Tell = Callable[..., tuple[int, str]]


@pytest.fixture
def opened(hub: GitHub, root: Person, settings: Settings) -> Callable[[str], Application]:
    """Have an app made of a repository that is read with the App."""
    settings.SHIPMATE_GITHUB_URL = hub.address
    settings.SHIPMATE_GITHUB_APP = APP
    settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET = SECRET

    def make(name: str, opening: Opening | None = None) -> Application:
        hub.make(name).commit({"a": "1"}, "Begin")
        hub.installed.add(name)
        opening = opening or Opening("github", APP, hub.pem)
        app = applications.add(name.replace("/", "-"), f"{hub.address}/{name}", root, opening)
        build.environment(app, "production")
        return app

    return make


@pytest.fixture
def web(opened: Callable[[str], Application]) -> Application:
    return opened("acme/web")


@pytest.fixture
def tell(client: Client) -> Tell:
    def send(event: str, body: Any, secret: str = SECRET) -> tuple[int, str]:
        raw = json.dumps(body).encode()
        headers = {
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-Hub-Signature-256": signature.made(secret, raw),
            "X-GitHub-Hook-ID": "77",
            "X-GitHub-Hook-Installation-Target-ID": APP,
            "X-GitHub-Hook-Installation-Target-Type": "integration",
        }
        answer = client.post(URL, raw, "application/json", headers=headers)
        return answer.status_code, str(json.loads(answer.content)["message"])

    return send


def about(name: str) -> dict[str, Any]:
    return {"repository": {"id": 7, "full_name": name}, "ref": "refs/heads/main"}


def told() -> list[str]:
    """Return the repositories that something was kept of."""
    return sorted(Delivery.objects.values_list("repository__applications__name", flat=True))


def test_what_it_tells_is_kept_for_the_repository(web: Application, tell: Tell) -> None:
    assert tell("push", about("Acme/Web")) == (202, "Kept.")

    drain("chat")
    assert told() == ["acme-web"]
    assert Delivery.objects.get().state == "handled"


def test_the_repository_has_a_webhook_whose_secret_nobody_has(web: Application, tell: Tell) -> None:
    tell("push", about("acme/web"))
    tell("push", {**about("acme/web"), "after": "later"})

    made = Webhook.objects.get()
    assert (made.full_name, made.forge_id, made.hook_id) == ("acme/web", 7, "")
    assert vault.decrypt(made.secret_encrypted) != SECRET


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("acme/site", {"repository": {"name": {"from": "Web"}}}),
        ("umbrella/web", {"owner": {"from": {"organization": {"login": "Acme"}}}}),
        ("octocat/web", {"owner": {"from": {"user": {"login": "acme"}}}}),
    ],
)
def test_that_it_has_another_name_is_told(
    web: Application, tell: Tell, name: str, changes: dict[str, Any]
) -> None:
    tell("repository", {**about(name), "action": "renamed", "changes": changes})
    drain("chat")

    assert Webhook.objects.get().full_name == name
    assert Delivery.objects.get().state == "handled"


def renamed(tell: Tell) -> None:
    """GitHub told of the repository, then renamed it, and that was missed."""
    tell("push", about("acme/web"))
    drain("chat")


def test_after_a_rename_it_is_known_by_its_number(web: Application, tell: Tell) -> None:
    renamed(tell)

    assert tell("push", {**about("acme/site"), "after": "later"})[0] == 202

    drain("chat")
    done = Delivery.objects.order_by("-pk")[0]
    assert (told(), done.state) == (["acme-web"] * 2, "handled")
    assert "GitHub calls the repository acme/site now." in done.outcome
    assert done.outcome.endswith("set the new one in the settings of each app, under Repository.")


def test_the_new_name_is_kept_and_the_address_stays_as_somebody_set_it(
    web: Application, tell: Tell
) -> None:
    location = web.repository.location
    renamed(tell)

    tell("push", {**about("acme/site"), "after": "later"})
    tell("push", {**about("acme/web"), "after": "late, of before the rename"})
    drain("chat")

    web.repository.refresh_from_db()
    assert Webhook.objects.get().full_name == "acme/site"
    assert web.repository.location == location
    assert Change.objects.filter(verb="repository.renamed").count() == 1


def test_a_deployment_of_one_that_was_renamed_says_what_to_set(
    hub: GitHub, web: Application, tell: Tell, root: Person
) -> None:
    renamed(tell)
    kept = hub.repositories["acme/web"]
    body = {**created_now(kept.git.git("rev-parse", "main")), **about("acme/site")}
    created.know(kept, body["deployment"])
    moved = b'{"message": "Moved Permanently"}'  # as it answers of all that had an older name
    hub.faults.append(Fault(301, path="/deployments/", page=moved))

    tell("deployment", body)
    drain("chat")

    done = Delivery.objects.order_by("-pk")[0]
    assert not Made.objects.filter(status="queued").exists()
    assert "acme/web has another name or owner at GitHub now; set the address" in done.outcome


def test_once_the_new_address_is_set_it_is_known_by_that(
    opened: Callable[..., Application], web: Application, tell: Tell
) -> None:
    renamed(tell)
    opened("acme/site")

    tell("push", {**about("acme/site"), "after": "later"})

    assert told() == ["acme-site", "acme-web"]
    numbers = Repository.objects.order_by("pk").values_list("forge_id", flat=True)
    assert list(numbers) == [7, 7]


def test_another_one_that_takes_the_old_name_is_what_is_read_now(
    web: Application, tell: Tell
) -> None:
    """The one that had it before is none of ours any more."""
    renamed(tell)
    another = {"repository": {"id": 9, "full_name": "acme/web"}}
    assert tell("push", another)[0] == 202

    assert tell("push", {**about("acme/site"), "after": "later"})[0] == 200


def test_a_number_is_no_proof_where_the_app_has_not_told_it(
    web: Application, tell: Tell, root: Person
) -> None:
    """Whoever keeps a webhook's secret can have that learn any number."""
    _, secret = webhooks.make(web, root)
    tell("push", {"repository": {"id": 8, "full_name": "acme/web"}}, secret)

    assert tell("push", {"repository": {"id": 8, "full_name": "acme/secrets"}})[0] == 200
    assert told() == ["acme-web"]


def test_an_installation_knows_them_by_their_numbers_too(web: Application, tell: Tell) -> None:
    renamed(tell)
    named = {"id": 7, "full_name": "acme/site"}
    body = {"action": "removed", "repositories_removed": [named], "repositories_added": []}

    assert tell("installation_repositories", body)[0] == 202


def test_one_that_is_not_here_is_answered_and_not_kept(web: Application, tell: Tell) -> None:
    status, said = tell("push", about("acme/other"))

    assert (status, said[:15]) == (200, "Nothing is kept")
    assert "If it is one that was renamed, set its new address" in said
    assert not Delivery.objects.exists()


def test_one_that_is_read_with_a_token_is_not_covered(
    opened: Callable[..., Application], tell: Tell
) -> None:
    opened("acme/other", Opening("github", "", TOKEN))

    assert tell("push", about("acme/other"))[0] == 200
    assert not Delivery.objects.exists()


def test_what_a_webhook_is_called_here_is_no_proof(
    opened: Callable[..., Application], web: Application, tell: Tell, root: Person
) -> None:
    """Else whoever keeps one app could read what is told of another's repository."""
    webhooks.make(web, root, "acme/secrets")
    Webhook.objects.update(forge_id=7)

    tell("push", about("acme/secrets"))

    assert not Delivery.objects.exists()


def test_of_another_github_nothing_is_taken(
    web: Application, tell: Tell, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_URL = "https://github.com"

    assert tell("push", about("acme/web"))[0] == 200
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("lacking", ["SHIPMATE_GITHUB_APP", "SHIPMATE_GITHUB_APP_WEBHOOK_SECRET"])
def test_where_it_is_not_set_nothing_is_signed_by_it(
    web: Application, tell: Tell, settings: Settings, lacking: str
) -> None:
    setattr(settings, lacking, "")

    for secret in (SECRET, ""):
        assert tell("push", about("acme/web"), secret)[0] == 403


def test_another_secret_is_refused(web: Application, tell: Tell) -> None:
    assert tell("push", about("acme/web"), "guessed")[0] == 403


def test_a_repositorys_own_secret_counts_as_before(
    web: Application, tell: Tell, root: Person
) -> None:
    _, secret = webhooks.make(web, root)

    assert tell("push", about("acme/web"), secret)[0] == 202
    another = {"repository": {"id": 8, "full_name": "acme/other"}}
    assert tell("push", another, secret)[0] == 403


def test_an_installation_is_told_to_those_that_it_names(
    opened: Callable[..., Application], web: Application, tell: Tell
) -> None:
    opened("acme/shop")
    body: dict[str, Any] = {"action": "removed"}
    body |= {"repositories_removed": [{"full_name": "acme/web"}]}
    body |= {"repositories_added": [], "installation": {"account": {"login": "acme"}}}

    tell("installation_repositories", body)

    assert told() == ["acme-web"]


def test_an_installation_that_ends_is_told_to_all_of_its_owner(
    opened: Callable[..., Application], web: Application, tell: Tell
) -> None:
    opened("acme/shop")
    opened("other/web")

    tell("installation", {"action": "suspend", "installation": {"account": {"login": "Acme"}}})
    drain("chat")

    assert told() == ["acme-shop", "acme-web"]
    assert all(Webhook.objects.values_list("access_lost", flat=True))


@pytest.mark.parametrize("odd", [{}, {"repository": []}, {"repositories": [None, {}]}, [], None])
def test_what_is_about_nothing_is_answered(web: Application, tell: Tell, odd: object) -> None:
    assert tell("ping", odd)[0] == 200
    assert not Delivery.objects.exists()


def test_what_is_created_is_asked_of_github_all_the_same(
    hub: GitHub, web: Application, tell: Tell, root: Person
) -> None:
    kept = hub.repositories["acme/web"]
    body = {**created_now(kept.git.git("rev-parse", "main")), **about("acme/web")}
    who = body["deployment"]["creator"]
    ForgeAccount.objects.create(
        person=root, base_url=api_of(web.repository), uid=who["id"], login=who["login"]
    )
    tell("deployment", body)
    drain("chat")
    assert not Made.objects.exists()

    created.know(kept, body["deployment"])
    tell("deployment", {**body, "again": True})
    drain("chat")

    assert Made.objects.get().person == root
