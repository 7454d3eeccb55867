"""/settings/connections/: administrators only; a secret is shown once."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from bots import accounts, connections
from bots.models import ChatAccount, ChatConnection, ChatRoom
from deployments import vault
from deployments.models import Change, Person
from tests.deployments import build

pytestmark = pytest.mark.slow

PAGE = "/settings/connections/"


@pytest.fixture
def as_root(client: Client, root: Person) -> Client:
    client.force_login(root)
    return client


@pytest.fixture
def hubot(db: None) -> ChatConnection:
    return connections.make("hubot", "https://hubot.example/say", "deployer", build.maker())[0]


def page(client: Client, address: str = PAGE) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_before_the_first_the_page_says_what_one_is_for(as_root: Client) -> None:
    assert "No connections yet" in page(as_root)


def test_the_secret_is_shown_once_and_kept_encrypted(as_root: Client) -> None:
    sent = {"name": "hubot", "url": "https://hubot.example/say", "ceiling": "viewer"}
    answer = as_root.post(PAGE, sent).content.decode()

    made = ChatConnection.objects.get()
    secret = vault.decrypt(made.secret_encrypted)
    assert secret in answer and secret.encode() not in bytes(made.secret_encrypted)
    assert secret not in page(as_root, f"{PAGE}hubot/")
    assert secret not in str(list(Change.objects.values()))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "No Name"}, "name"),
        ({"url": "javascript:alert(1)"}, "valid URL"),
        ({"ceiling": "admin"}, "valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    as_root: Client, wrong: dict[str, str], said: str
) -> None:
    answer = as_root.post(PAGE, {"name": "hubot", "url": "", "ceiling": "viewer", **wrong})

    assert said in answer.content.decode()
    assert not ChatConnection.objects.exists()


def test_a_name_counts_once(as_root: Client, hubot: ChatConnection) -> None:
    answer = as_root.post(PAGE, {"name": "hubot", "url": "", "ceiling": "viewer"})

    assert "already exists" in answer.content.decode()


def test_address_and_ceiling_are_changed_and_recorded(
    as_root: Client, hubot: ChatConnection
) -> None:
    as_root.post(f"{PAGE}hubot/", {"url": "https://new.example/", "ceiling": "viewer"})

    hubot.refresh_from_db()
    assert (hubot.url, hubot.ceiling) == ("https://new.example/", "viewer")
    assert Change.objects.filter(verb="connection.changed").count() == 2


def test_another_secret_makes_the_old_one_useless(as_root: Client, hubot: ChatConnection) -> None:
    before = vault.decrypt(hubot.secret_encrypted)
    answer = as_root.post(f"{PAGE}hubot/secret/").content.decode()

    hubot.refresh_from_db()
    assert vault.decrypt(hubot.secret_encrypted) != before
    assert vault.decrypt(hubot.secret_encrypted) in answer


def test_accounts_are_listed_and_untied(
    as_root: Client, hubot: ChatConnection, alice: Person
) -> None:
    account = accounts.known(hubot, "U1", "ana there")
    ChatAccount.objects.update(person=alice, linked_at="2026-01-01T00:00Z")
    assert re.search("ana there.*U1.*Alice", page(as_root, f"{PAGE}hubot/"))

    as_root.post(f"{PAGE}hubot/accounts/{account.pk}/untie/")
    account.refresh_from_db()
    assert account.person is None


def test_a_connection_is_taken_away(as_root: Client, hubot: ChatConnection) -> None:
    as_root.post(f"{PAGE}hubot/remove/")

    assert not ChatConnection.objects.exists()
    assert Change.objects.filter(verb="connection.removed").exists()


@pytest.mark.parametrize("address", ["", "hubot/"])
def test_only_administrators_see_them(as_dora: Client, hubot: ChatConnection, address: str) -> None:
    assert as_dora.get(f"{PAGE}{address}").status_code == 403
    assert "Chat connections" not in page(as_dora, "/settings/")


@pytest.mark.parametrize("address", ["", "hubot/", "hubot/secret/", "hubot/remove/"])
def test_only_administrators_change_them(
    as_dora: Client, hubot: ChatConnection, address: str
) -> None:
    sent = {"name": "other", "url": "", "ceiling": "maintainer"}

    assert as_dora.post(f"{PAGE}{address}", sent).status_code == 403
    assert ChatConnection.objects.get().url == hubot.url


def test_signs_are_allowed_on_the_page_and_forbidden_again(
    as_root: Client, hubot: ChatConnection
) -> None:
    room = ChatRoom.objects.create(
        platform="http", connection=hubot, external_id="R1", name="Deploys"
    )
    address = f"{PAGE}hubot/rooms/{room.pk}/signs/"
    assert "Allow “.” and “!” for its name" in page(as_root, f"{PAGE}hubot/")

    as_root.post(address, {"allow": "yes"})

    room.refresh_from_db()
    assert room.signs
    assert "Only lines with its name" in page(as_root, f"{PAGE}hubot/")
    assert Change.objects.filter(verb="room.signs", subject="hubot").exists()

    as_root.post(address, {"allow": "no"})
    room.refresh_from_db()
    assert not room.signs


def test_only_administrators_allow_signs(as_alice: Client, hubot: ChatConnection) -> None:
    room = ChatRoom.objects.create(platform="http", connection=hubot, external_id="R1", name="D")

    assert as_alice.post(f"{PAGE}hubot/rooms/{room.pk}/signs/", {"allow": "yes"}).status_code == 403
    room.refresh_from_db()
    assert not room.signs
