"""Invitations by link: one account each, for a while, kept as a hash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from deployments.exceptions import Invalid, NotAllowed, NotFound
from deployments.models import Application, Change, Environment, Invitation, Person, Role
from deployments.services import invitations
from tests.deployments import build

EMIL = {"username": "emil", "name": "Emil", "time_zone": "Europe/Rome", "password": build.PASSWORD}


def test_whoever_has_the_link_becomes_somebody_with_the_role(
    root: Person, production: Environment
) -> None:
    _, text = invitations.make(root, "deployer", production)

    emil = invitations.accept(text, **EMIL)

    assert emil.roles.get().environment == production
    assert emil.check_password(build.PASSWORD)
    assert emil.time_zone == "Europe/Rome"


def test_only_the_hash_is_kept(root: Person) -> None:
    _, text = invitations.make(root, "viewer", note="Emil")

    assert text not in str(list(Invitation.objects.values())) + str(list(Change.objects.values()))


def test_a_link_makes_one_account(root: Person) -> None:
    _, text = invitations.make(root, "viewer")
    invitations.accept(text, **EMIL)

    with pytest.raises(NotFound, match="used already"):
        invitations.accept(text, **{**EMIL, "username": "otto"})


def test_its_time_is_over(root: Person) -> None:
    _, text = invitations.make(root, "viewer", days=1)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(NotFound):
        invitations.find(text)


def test_one_that_is_withdrawn_is_of_no_use(root: Person) -> None:
    invitation, text = invitations.make(root, "viewer")

    invitations.withdraw(invitation, root)

    with pytest.raises(NotFound):
        invitations.find(text)
    assert not invitations.open_for(root).exists()


def test_it_counts_as_long_as_its_maker_may_give_the_role(root: Person) -> None:
    _, text = invitations.make(root, "admin")
    Role.objects.filter(person=root).update(name="viewer")

    with pytest.raises(NotFound):
        invitations.find(text)


@pytest.mark.parametrize("days", [0, 31])
def test_it_is_good_for_a_while(root: Person, days: int) -> None:
    with pytest.raises(Invalid, match="1 to 30 days"):
        invitations.make(root, "viewer", days=days)


def test_only_administrators_invite(dora: Person, hello: Application) -> None:
    with pytest.raises(NotAllowed):
        invitations.make(dora, "viewer", hello)


def test_the_administrator_of_an_app_invites_to_it_alone(
    alice: Person, root: Person, hello: Application
) -> None:
    Role.objects.create(person=alice, name="admin", application=hello)
    mine, _ = invitations.make(alice, "viewer", hello)
    invitations.make(root, "viewer")

    with pytest.raises(NotAllowed):
        invitations.make(alice, "viewer")
    assert list(invitations.open_for(alice)) == [mine]


def test_every_fault_is_said_and_the_link_stays_good(root: Person) -> None:
    _, text = invitations.make(root, "viewer")

    with pytest.raises(Invalid, match=r"username .*already.*too common"):
        invitations.accept(text, **{**EMIL, "username": "root", "password": "password"})

    assert invitations.accept(text, **EMIL).username == "emil"


def test_what_happened_is_recorded(root: Person) -> None:
    _, text = invitations.make(root, "viewer", note="Emil")
    invitations.accept(text, **EMIL)

    told = [(c.verb, str(c.person), c.new) for c in Change.objects.order_by("id")]
    assert told == [
        ("invitation.made", "Root", "viewer"),
        ("invitation.used", "Emil", "emil"),
        ("role.given", "Root", "viewer"),
    ]


@pytest.mark.django_db(transaction=True)
def test_of_many_who_come_at_once_one_gets_in() -> None:
    _, text = invitations.make(build.person("root"), "viewer")
    ready = Barrier(4)

    def come(number: int) -> bool:
        ready.wait()
        try:
            invitations.accept(text, **{**EMIL, "username": f"emil-{number}"})
        except NotFound:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(come, range(4)))

    assert came.count(True) == 1
    assert Person.objects.filter(username__startswith="emil").count() == 1
