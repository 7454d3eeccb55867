"""The link that lets somebody in, and the pages that make it."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.test import Client

from deployments.models import Application, Invitation, Person, Role
from deployments.services import invitations
from deployments.web import invitation as door
from tests.deployments import build

MINE = {
    "username": "emil", "name": "Emil", "time_zone": "Europe/Rome",
    "password": build.PASSWORD, "again": build.PASSWORD,
}  # fmt: skip
INVITE = {"role": "deployer", "scope": "everywhere", "days": "3", "note": "Emil"}


@pytest.fixture(autouse=True)
def nobody_came_before() -> None:
    cache.clear()


@pytest.fixture
def link(root: Person) -> str:
    return f"/invitation/{invitations.make(root, 'deployer')[1]}/"


def test_the_page_shows_the_link_once(client: Client, root: Person) -> None:
    client.force_login(root)

    shown = client.post("/settings/people/-/invite/", INVITE).content.decode()

    link = re.search(r"http://testserver(/invitation/[\w-]{40,}/)", shown)
    assert link
    assert Client().get(link[1]).status_code == 200
    assert link[1] not in client.get("/settings/people/").content.decode()


def test_who_comes_by_it_is_signed_in_with_the_role(client: Client, link: str) -> None:
    answer = client.post(link, MINE, follow=True)

    assert "Welcome aboard, Emil." in answer.content.decode()
    assert Person.objects.get(username="emil").roles.get().name == "deployer"
    assert Client().post(link, {**MINE, "username": "otto"}).status_code == 404


def test_faults_stand_at_the_form_and_no_password_comes_back(client: Client, link: str) -> None:
    shown = client.post(link, {**MINE, "username": "root", "again": "other"}).content.decode()
    assert "The two passwords differ." in shown

    shown = client.post(link, {**MINE, "username": "root"}).content.decode()
    assert "already" in shown
    assert build.PASSWORD not in shown


def test_a_link_that_is_none_says_what_to_do(client: Client, db: None) -> None:
    answer = client.get("/invitation/nothing/")

    assert answer.status_code == 404
    assert "Ask whoever sent it for another." in answer.content.decode()


def test_whoever_is_signed_in_keeps_the_link_for_another(as_bob: Client, link: str) -> None:
    assert "You are signed in as Bob" in as_bob.get(link).content.decode()
    assert Client().get(link).status_code == 200


def test_nobody_tries_links(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "RATE", "3/m/ip")

    answers = [client.get(f"/invitation/guess-{number}/").status_code for number in range(4)]

    assert answers == [404, 404, 404, 429]


def test_an_invitation_is_withdrawn(client: Client, root: Person, link: str) -> None:
    client.force_login(root)

    client.post(f"/settings/people/-/invitations/{Invitation.objects.get().pk}/withdraw/")

    assert Client().get(link).status_code == 404


def test_who_may_not_invite_is_told_who_can(as_dora: Client, root: Person) -> None:
    answer = as_dora.post("/settings/people/-/invite/", INVITE)

    assert answer.status_code == 403
    assert "Ask root." in answer.content.decode()


def test_the_administrator_of_an_app_invites_to_it(
    as_alice: Client, alice: Person, hello: Application
) -> None:
    Role.objects.create(person=alice, name="admin", application=hello)

    shown = as_alice.get("/settings/people/").content.decode()

    assert "Invite somebody" in shown
    assert "New person" not in shown
