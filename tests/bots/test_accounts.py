"""An account is tied to a person by proof on both sides."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bots import accounts, connections
from bots.language.identity import blanked
from bots.models import ChatAccount, LinkRequest
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Change, Person
from tests.bots.talking import Talk
from tests.deployments import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db: None) -> ChatAccount:
    made, _ = connections.make("hubot", "", "deployer", build.maker())
    return accounts.known(made, "U1", "ana")


def said(account: ChatAccount, line: str) -> str:
    speaker = Speaker(accounts.person_of(account), "chat", "room:1:", account=account)
    return plain.render(receive(line, speaker) or pytest.fail("no answer"))


def opened(person: Person, account: ChatAccount) -> tuple[Client, str]:
    """Ask for an address, and return a browser that has just signed in, and the address."""
    client = Client()
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": build.PASSWORD})
    return client, accounts.ask(account).removeprefix("http://testserver")


def path(address: str) -> str:
    return "/" + address.split("/", 3)[3] if address.startswith("http") else address


def word_of(client: Client, address: str) -> str:
    page = client.post(f"{path(address)}agree/").content.decode()
    found = re.search(r"link ([0-9a-z]{4}-[0-9a-z]{4})", page)
    assert found, page
    return found[1]


def test_an_account_is_tied_by_an_address_and_a_word(account: ChatAccount, alice: Person) -> None:
    client, address = opened(alice, account)
    page = client.get(path(address)).content.decode()
    assert "hubot" in page and "U1" in page

    assert "Now I know you" in said(account, f"link {word_of(client, address)}")
    account.refresh_from_db()
    assert account.person == alice
    told = Change.objects.get(verb="account.linked")
    assert (told.person, told.subject) == (alice, "ana on hubot")


def test_opening_the_address_alone_ties_nothing(account: ChatAccount, alice: Person) -> None:
    client, address = opened(alice, account)
    client.get(path(address))
    word_of(client, address)

    account.refresh_from_db()
    assert account.person is None


def test_another_account_cannot_use_the_word(account: ChatAccount, alice: Person) -> None:
    client, address = opened(alice, account)
    other = accounts.known(account.connection, "U2", "eve")

    assert "That is not the word" in said(other, f"link {word_of(client, address)}")


@pytest.mark.parametrize("word", ["aaaa-aaaa", "-", "x" * 400])
def test_no_other_word_will_do(word: str, account: ChatAccount, alice: Person) -> None:
    client, address = opened(alice, account)
    word_of(client, address)

    assert "That is not the word" in said(account, f"link {word}")
    account.refresh_from_db()
    assert account.person is None


def test_nobody_else_opens_an_address_that_somebody_has(
    account: ChatAccount, alice: Person, bob: Person
) -> None:
    client, address = opened(alice, account)
    word_of(client, address)
    other = Client()
    other.force_login(bob)
    other.post("/accounts/reauthenticate/", {"password": build.PASSWORD})

    assert "Somebody else has opened" in other.post(f"{path(address)}agree/").content.decode()


def test_a_word_counts_once(account: ChatAccount, alice: Person) -> None:
    client, address = opened(alice, account)
    word = word_of(client, address)
    said(account, f"link {word}")
    said(account, "forget me")

    assert "That is not the word" in said(account, f"link {word}")


def test_ten_minutes_are_enough(account: ChatAccount, alice: Person) -> None:
    client, address = opened(alice, account)
    word = word_of(client, address)
    LinkRequest.objects.update(asked_at=timezone.now() - timedelta(minutes=11))

    assert "of no use any more" in client.get(path(address)).content.decode()
    assert "its time is over" in said(account, f"link {word}")


def test_a_new_address_makes_the_old_one_useless(account: ChatAccount, alice: Person) -> None:
    client, address = opened(alice, account)
    accounts.ask(account)

    assert client.get(path(address)).status_code == 400


def test_who_is_signed_in_already_is_asked_for_the_password_again(
    account: ChatAccount, client: Client, alice: Person
) -> None:
    client.force_login(alice)
    answer = client.get(path(accounts.ask(account)))

    assert answer.status_code == 302 and "reauthenticate" in answer.headers["Location"]


def test_without_a_sign_in_there_is_no_page(account: ChatAccount) -> None:
    answer = Client().get(path(accounts.ask(account)))

    assert answer.status_code == 302 and "/accounts/" in answer.headers["Location"]


def test_the_address_is_kept_only_as_a_digest(account: ChatAccount) -> None:
    secret = accounts.ask(account).rstrip("/").rpartition("/")[2]

    assert secret not in str(LinkRequest.objects.values().get())


def test_whoever_is_tied_is_not_tied_again(account: ChatAccount, alice: Person) -> None:
    account.person = alice

    assert "is Alice’s already" in said(account, "link")


def test_an_account_may_be_forgotten(account: ChatAccount, alice: Person) -> None:
    ChatAccount.objects.update(person=alice)
    account.refresh_from_db()

    assert "tied to nobody any more" in said(account, "forget me")
    account.refresh_from_db()
    assert account.person is None
    assert Change.objects.get(verb="account.unlinked").old == "Alice"


def test_nobody_but_its_owner_and_administrators_unties_it(
    account: ChatAccount, alice: Person, bob: Person, root: Person
) -> None:
    account.person = alice
    account.save()

    with pytest.raises(NotAllowed):
        accounts.forget(account, bob)
    accounts.forget(account, root)


def test_who_am_i_says_roles_and_the_ceiling(account: ChatAccount, alice: Person) -> None:
    assert "nobody I know" in said(account, "who am i")
    account.person = alice
    answer = said(account, "who am i")

    assert "You are Alice (alice): deployer of everything." in answer
    assert "no more than a deployer" in answer


def test_in_the_built_in_chat_people_are_known(say: Talk) -> None:
    assert "so this is you already: Alice" in say("shipmate link")
    assert "You are Alice (alice): deployer of everything." in say("shipmate who am i")
    assert "Sign out to leave" in say("shipmate forget me")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("deploy-token:verify:github", "deploy-token:verify:github"),
        ("deploy-token", "deploy-token"),
        ("shipmate deploy-token:set:github ghp_1", "shipmate deploy-token:…"),
        ("deploy-token:ghp_1", "deploy-token:…"),
        ("my deploy-token is ghp_1\nghp_2", "my deploy-token:…"),
        ("deploy web", "deploy web"),
    ],
)
def test_tokens_are_blanked_before_anything_is_kept(typed: str, kept: str) -> None:
    assert blanked(typed) == kept


def test_the_built_in_chat_keeps_no_token(say: Talk) -> None:
    answer = say("shipmate deploy-token:set:github ghp_1")

    assert "I kept nothing of it" in answer
    assert not any("ghp_1" in text for text in say.texts())


def test_a_stale_link_is_refused_in_words() -> None:
    with pytest.raises(Invalid, match="Say “link”"):
        accounts.asked("nonsense")
