"""Where people are signed in, and how that ends."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.exceptions import NotAllowed
from deployments.models import Change, Person
from deployments.services import people, sessions
from tests.deployments import build


def signed_in(person: Person, agent: str = "Firefox/140.0 (X11; Linux)") -> Client:
    client = Client(headers={"user-agent": agent, "sec-fetch-mode": "navigate"})
    client.force_login(person)
    client.get("/settings/me/")
    return client


def test_each_session_is_seen_with_its_device(alice: Person) -> None:
    signed_in(alice)
    signed_in(alice, "curl/8.5")

    assert {each.user_agent[:4] for each in sessions.of(alice)} == {"Fire", "curl"}


def test_being_seen_is_written_once_a_minute(alice: Person) -> None:
    client = signed_in(alice)
    before = sessions.of(alice).get().last_seen_at

    client.get("/settings/me/")

    assert sessions.of(alice).get().last_seen_at == before


def test_what_an_open_page_asks_for_shows_nobody(as_alice: Client, alice: Person) -> None:
    as_alice.get("/settings/me/", headers={"sec-fetch-mode": "cors"})

    assert not sessions.of(alice).exists()


def test_a_session_that_is_ended_is_signed_out(alice: Person) -> None:
    client = signed_in(alice)

    sessions.end(sessions.of(alice).get(), by=alice)

    assert client.get("/settings/me/").status_code == 302
    assert Change.objects.get(verb="session.ended").subject == "alice"


def test_all_others_end_and_this_one_stays(alice: Person) -> None:
    here, there = signed_in(alice), signed_in(alice)

    sessions.end_all(alice, by=alice, keep=here.session.session_key or "")

    assert here.get("/settings/me/").status_code == 200
    assert there.get("/settings/me/").status_code == 302


def test_nobody_ends_anothers_session(alice: Person, dora: Person) -> None:
    signed_in(alice)

    with pytest.raises(NotAllowed):
        sessions.end(sessions.of(alice).get(), by=dora)
    with pytest.raises(NotAllowed):
        sessions.end_all(alice, by=dora)


def test_who_is_let_in_again_has_to_sign_in_again(alice: Person, root: Person) -> None:
    client = signed_in(alice)

    people.set_active(alice, False, root)
    people.set_active(alice, True, root)

    assert client.get("/settings/me/").status_code == 302
    assert not sessions.of(alice).exists()


def test_who_changes_the_password_stays_in_here_alone(alice: Person) -> None:
    here, there = signed_in(alice), signed_in(alice)
    new = "tall ships in the bay"
    sent = {"oldpassword": build.PASSWORD, "password1": new, "password2": new}

    here.post("/accounts/password/change/", sent)

    assert here.get("/settings/me/").status_code == 200
    assert there.get("/settings/me/").status_code == 302
    assert sessions.of(alice).count() == 1
    assert Change.objects.filter(verb="person.new_password", person=alice).exists()


def test_a_new_password_leaves_no_session_in_the_list(alice: Person, root: Person) -> None:
    signed_in(alice)

    people.new_password(alice, root)

    assert not sessions.of(alice).exists()
