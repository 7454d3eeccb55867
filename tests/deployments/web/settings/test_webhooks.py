"""The page of an app's webhook: its address, its secret shown once, and when GitHub was heard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from deployments import vault
from deployments.models import Application, Change, ForgeAccess, Webhook

pytestmark = pytest.mark.django_db

PLACE = "/settings/apps/hello/-/webhook/"


def page(client: Client, address: str = PLACE) -> str:
    return " ".join(client.get(address).content.decode().split())


def shown_secret(text: str) -> str:
    found = re.search(r'data-copy="([\w-]{43})"', text)
    return found[1] if found else ""


def make(client: Client, name: str = "acme/hello") -> str:
    return client.post(PLACE, {"full_name": name}).content.decode()


def test_the_secret_is_shown_once_and_kept_encrypted(as_dora: Client, hello: Application) -> None:
    secret = shown_secret(make(as_dora))

    kept = Webhook.objects.get()
    assert vault.decrypt(kept.secret_encrypted) == secret
    assert secret.encode() not in bytes(kept.secret_encrypted)
    assert secret not in page(as_dora)
    assert Change.objects.get(verb="webhook.added").subject == "acme/hello"


def test_it_tells_the_address_to_paste(as_dora: Client, hello: Application) -> None:
    make(as_dora)

    assert "http://127.0.0.1:8000/webhooks/github/" in page(as_dora)
    assert "nothing heard from GitHub yet" in page(as_dora)


def test_the_app_tells_when_github_was_heard(as_dora: Client, hello: Application) -> None:
    make(as_dora)
    Webhook.objects.update(heard_at=timezone.now() - timedelta(minutes=12))

    shown = page(as_dora, "/settings/apps/hello/")

    assert re.search(r"last heard from GitHub <time[^>]*>12 min ago", shown)


def test_it_says_that_github_cannot_be_asked_and_what_to_do(
    as_dora: Client, hello: Application
) -> None:
    make(as_dora)

    shown = page(as_dora)
    assert "each waits for somebody's approval" in shown
    assert 'href="/settings/apps/hello/">Set one</a>' in shown


def test_with_a_credential_it_says_that_github_is_asked(
    as_dora: Client, hello: Application
) -> None:
    make(as_dora)
    repository = hello.repository
    repository.forge = "github"
    repository.save()
    ForgeAccess.objects.create(repository=repository, secret_encrypted=vault.encrypt("token"))

    shown = page(as_dora)
    assert "GitHub itself is asked before anything begins" in shown
    assert "by its own webhook" not in shown


def test_of_a_github_app_that_tells_itself_it_says_so(
    as_dora: Client, hello: Application, settings: Settings
) -> None:
    settings.SHIPMATE_GITHUB_APP, settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET = "4711", "hidden"
    assert "by its own webhook" not in page(as_dora)
    repository = hello.repository
    repository.forge, repository.location = "github", "https://github.com/acme/hello"
    repository.save()
    ForgeAccess.objects.create(
        repository=repository, app="4711", secret_encrypted=vault.encrypt("key")
    )

    assert "by its own webhook, so the repository needs none" in page(as_dora)


def test_of_a_repository_that_was_renamed_it_says_what_to_set(
    as_dora: Client, hello: Application
) -> None:
    make(as_dora, "acme/site")
    assert "GitHub calls the repository" not in page(as_dora)  # git alone reads any mirror
    repository = hello.repository
    repository.forge, repository.location = "github", "https://github.com/acme/hello"
    repository.save()

    shown = page(as_dora)

    assert "GitHub calls the repository acme/site now." in shown
    assert 'href="/settings/apps/hello/">Set the new one</a>' in shown


def test_another_secret_takes_the_place_of_the_first(as_dora: Client, hello: Application) -> None:
    first = shown_secret(make(as_dora))

    second = shown_secret(as_dora.post(f"{PLACE}secret/").content.decode())

    assert second not in ("", first)
    assert vault.decrypt(Webhook.objects.get().secret_encrypted) == second


def test_it_is_taken_away(as_dora: Client, hello: Application) -> None:
    make(as_dora)

    as_dora.post(f"{PLACE}remove/")

    assert not Webhook.objects.exists()
    assert Change.objects.filter(verb="webhook.removed").exists()


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("https://github.com/acme/web.git", "acme/web"),
        ("git@github.com:acme/web.git", "acme/web"),
        ("ssh://git@ghe.acme.example:2222/acme/web", "acme/web"),
        ("https://gitlab.com/group/team/web", ""),
    ],
)
def test_the_name_is_read_from_the_address(
    as_dora: Client, hello: Application, location: str, name: str
) -> None:
    hello.repository.location = location
    hello.repository.save()

    assert ('value="acme/web"' in page(as_dora)) == bool(name)


@pytest.mark.parametrize("name", ["hello", "a/b/c", "a b/c", "acme/"])
def test_a_name_that_is_none_is_refused(as_dora: Client, hello: Application, name: str) -> None:
    assert "as owner/name, such as acme/web" in make(as_dora, name)
    assert not Webhook.objects.exists()


def test_a_second_is_refused(as_dora: Client, hello: Application) -> None:
    make(as_dora)

    assert "has a webhook already" not in page(as_dora)
    make(as_dora)
    assert Webhook.objects.count() == 1


@pytest.mark.parametrize("address", ["", "secret/", "remove/"])
def test_who_keeps_no_settings_may_not(as_alice: Client, hello: Application, address: str) -> None:
    assert as_alice.post(f"{PLACE}{address}", {"full_name": "acme/web"}).status_code == 403
    assert not Webhook.objects.exists()


def test_what_is_not_there_cannot_be_renewed(as_dora: Client, hello: Application) -> None:
    assert as_dora.post(f"{PLACE}secret/").status_code == 404
