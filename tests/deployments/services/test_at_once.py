"""Words that are given in one moment: one counts, and who was too late is told so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from deployments.exceptions import DeploymentError, Invalid
from deployments.models import Approval, Change, Deployment, Environment, Lock, Person
from deployments.services import approvals, clearing, lifecycle, locks
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.conftest import SHA, copy

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROUNDS = 5
ENDS = ("error", "cancelled")
Doing = Callable[[Deployment, Person], object]


def expire(deployment: Deployment, _: Person) -> None:
    if not clearing.end_if_late(deployment):
        raise Invalid("somebody was first")


def approve(deployment: Deployment, person: Person) -> None:
    approvals.approve(deployment, Door(person, "web"))


def reject(deployment: Deployment, person: Person) -> None:
    approvals.reject(deployment, Door(person, "chat"), "no")


def cancel(deployment: Deployment, person: Person) -> None:
    lifecycle.cancel(deployment, Door(person, "api"))


def lock(deployment: Deployment, person: Person) -> None:
    locks.take(deployment.environment, Door(person, "web"))


@pytest.fixture
def approvers(dora: Person, root: Person) -> list[Person]:
    return [dora, root]


def asked(place: Environment) -> Deployment:
    """One whose time to be approved is over just now."""
    made = build.deployment(place, build.maker(), SHA, status="pending")
    with transaction.atomic():
        approvals.ask(made, "It is old.")
    long_ago = timezone.now() - timedelta(days=30)
    Deployment.objects.filter(pk=made.pk).update(waits_since=long_ago)
    return copy(made)


def at_once(*doings: Callable[[], object]) -> list[str]:
    """Do all in one moment; return what each was told: nothing, where it was done."""
    told, barrier = [""] * len(doings), threading.Barrier(len(doings))

    def one(number: int) -> None:
        barrier.wait(60)
        try:
            doings[number]()
        except DeploymentError as error:
            told[number] = str(error)
        except Exception as error:  # noqa: BLE001  said in the thread that waits
            told[number] = f"broke: {error!r}"
        finally:
            connection.close()

    running = [threading.Thread(target=one, args=(number,)) for number in range(len(doings))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(120)
    assert not any(thread.is_alive() for thread in running)
    assert not any(said.startswith("broke") for said in told), told
    return told


def raced(
    place: Environment, approvers: list[Person], *doings: Doing
) -> list[tuple[Deployment, list[str]]]:
    """Return what became of each round, and what everybody was told."""
    found = []
    for _ in range(ROUNDS):
        made = asked(place)
        each = [
            partial(doing, copy(made), person)
            for doing, person in zip(doings, approvers, strict=True)
        ]
        found.append((made, at_once(*each)))
    return [(copy(made), told) for made, told in found]


def ends(deployment: Deployment) -> int:
    return Change.objects.filter(
        deployment=deployment, verb="deployment.status", new__in=ENDS
    ).count()


def test_what_was_approved_in_the_last_moment_is_not_ended(here: Environment, dora: Person) -> None:
    late = asked(here)
    approve(copy(late), dora)

    assert not clearing.end_if_late(late)
    assert copy(late).status == "pending"


def test_what_got_more_time_meanwhile_is_not_ended(here: Environment, alice: Person) -> None:
    long_ago = timezone.now() - timedelta(days=30)
    made = build.deployment(here, alice, SHA, status="pending", waits_since=long_ago)
    Deployment.objects.filter(pk=made.pk).update(waits_for="checks", waits_since=timezone.now())

    assert not clearing.end_if_late(made)
    assert copy(made).status == "pending"


def test_who_approves_too_late_is_told_why(here: Environment, dora: Person) -> None:
    late = asked(here)
    assert clearing.end_if_late(copy(late))

    with pytest.raises(Invalid, match=r"ended in an error; .* Nobody approved it in time\."):
        approve(late, dora)


def test_of_a_word_and_the_end_of_its_time_one_counts(
    here: Environment, approvers: list[Person]
) -> None:
    for made, (late, approved) in raced(here, approvers, expire, approve):
        answer = Approval.objects.get(deployment=made)
        if approved == "":
            assert (late, made.status, answer.approved) == ("somebody was first", "pending", True)
        else:
            assert (late, made.status, answer.approved) == ("", "error", None)
            assert "Nobody approved it in time." in approved


@pytest.mark.parametrize(
    "doings", [(expire, reject), (expire, cancel), (reject, cancel), (cancel, cancel)]
)
def test_of_two_that_end_it_one_does_and_the_other_is_told(
    here: Environment, approvers: list[Person], doings: tuple[Doing, Doing]
) -> None:
    for made, told in raced(here, approvers, *doings):
        assert ends(made) == told.count("") == 1
        assert (made.status == "error") == (doings[0] is expire and told[0] == "")


def test_of_two_answers_one_counts(here: Environment, approvers: list[Person]) -> None:
    for made, told in raced(here, approvers, approve, reject):
        assert told.count("") == 1
        assert (made.status == "cancelled") == (told[1] == "")
        assert "already" in "".join(told)


def test_what_is_approved_and_cancelled_is_cancelled(
    here: Environment, approvers: list[Person]
) -> None:
    for made, (approved, cancelled) in raced(here, approvers, approve, cancel):
        answer = Approval.objects.get(deployment=made).approved
        assert (cancelled, made.status, ends(made)) == ("", "cancelled", 1)
        assert answer is (True if approved == "" else None)


def test_a_lock_hinders_no_word_and_no_word_a_lock(
    here: Environment, approvers: list[Person]
) -> None:
    for doing, status in ((approve, "pending"), (reject, "cancelled"), (cancel, "cancelled")):
        for made, told in raced(here, approvers, doing, lock):
            assert (told, made.status) == (["", ""], status)
    assert Lock.objects.get(released_at=None).person == approvers[1]


def test_of_two_who_lock_one_has_it(here: Environment, approvers: list[Person]) -> None:
    for _, told in raced(here, approvers, lock, lock):
        assert told.count("") == 1
        assert "locked" in "".join(told)
