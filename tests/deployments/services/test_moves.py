"""A status changes by the table, once, and together with all that goes with it; or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from django.db import connection

from deployments import changes
from deployments.models import Change, Deployment, Environment, Person
from deployments.services.moves import claim, move
from tests.deployments import build
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import SHA, copy, enqueue, fall_silent
from tests.deployments.services.queueing import bells, drain, lose

pytestmark = pytest.mark.django_db

ALLOWED = {
    ("pending", "queued"),
    ("pending", "cancelled"),
    ("pending", "error"),
    ("queued", "in_progress"),
    ("queued", "cancelled"),
    ("queued", "error"),
    ("in_progress", "success"),
    ("in_progress", "failure"),
    ("in_progress", "error"),
    ("in_progress", "cancelled"),
}
EVERY = [status.value for status in Deployment.Status]
FORBIDDEN = sorted(set(product(EVERY, EVERY)) - ALLOWED)


@pytest.mark.parametrize(("old", "new"), sorted(ALLOWED))
def test_what_the_table_allows_happens(
    here: Environment, alice: Person, old: str, new: str
) -> None:
    deployment = build.deployment(here, alice, SHA, status=old)

    assert move(deployment, new, reason="command", note="because")

    kept = copy(deployment)
    assert (kept.status, kept.reason, kept.note) == (new, "command", "because")
    assert deployment.status == new


@pytest.mark.parametrize(("old", "new"), FORBIDDEN)
def test_what_the_table_does_not_allow_changes_nothing(
    here: Environment, alice: Person, old: str, new: str
) -> None:
    deployment = build.deployment(here, alice, SHA, status=old)
    before = Change.objects.count()

    assert not move(deployment, new)

    assert copy(deployment).status == deployment.status == old
    assert Change.objects.count() == before


def test_a_move_is_remembered_with_who_and_why(queued: Deployment, alice: Person) -> None:
    move(queued, "cancelled", reason="", note="cancelled by Alice", person=alice, via="chat")

    change = Change.objects.latest("pk")
    assert (change.old, change.new, change.note) == ("queued", "cancelled", "cancelled by Alice")
    assert (change.person, change.via, change.deployment) == (alice, "chat", queued)


def test_a_copy_whose_status_is_old_writes_nothing(queued: Deployment) -> None:
    stale = copy(queued)
    move(queued, "cancelled")

    assert not move(stale, "error", note="too late")

    assert copy(queued).status == "cancelled"


def test_a_copy_whose_epoch_is_old_writes_nothing(queued: Deployment) -> None:
    claim(queued, "first")
    stale = copy(queued)
    fall_silent(queued)
    assert claim(copy(queued), "second")

    assert not move(stale, "success")

    assert copy(queued).status == "in_progress"


def test_a_claim_raises_the_epoch_in_the_copy_too(queued: Deployment) -> None:
    claim(queued, "first")

    assert queued.epoch == copy(queued).epoch == 1
    assert move(queued, "success")


@pytest.mark.usefixtures("carrier")
def test_nothing_happens_when_a_handler_fails(here: Environment, alice: Person) -> None:
    deployment = build.deployment(here, alice, SHA, status="in_progress", epoch=1)
    waiting = build.deployment(here, alice, SHA, status="queued")
    before = Change.objects.count()

    with pytest.raises(ValueError, match="broken"):
        _succeed_under_a_broken_handler(deployment)

    assert copy(deployment).status == deployment.status == "in_progress"
    assert Environment.objects.get(pk=here.pk).current is None
    assert Change.objects.count() == before
    assert ("deployments.tasks.run", (waiting.pk,)) not in bells()


def _succeed_under_a_broken_handler(deployment: Deployment) -> None:
    def handler(change: Change) -> None:
        raise ValueError("whoever follows is broken")

    changes.subscribe(handler)
    try:
        move(deployment, "success")
    finally:
        changes._handlers.remove(handler)


def test_success_on_all_hosts_is_what_runs(queued: Deployment, here: Environment) -> None:
    claim(queued, "first")

    move(queued, "success")

    assert Environment.objects.get(pk=here.pk).current == queued


def test_success_on_some_hosts_is_not_what_runs(here: Environment, alice: Person) -> None:
    deployment = build.deployment(here, alice, SHA, status="in_progress", hosts=["plain-here-1"])

    move(deployment, "success")

    assert Environment.objects.get(pk=here.pk).current is None


@pytest.mark.parametrize("ending", ["failure", "error", "cancelled"])
def test_what_did_not_succeed_is_not_what_runs(
    queued: Deployment, here: Environment, ending: str
) -> None:
    claim(queued, "first")

    move(queued, ending)

    assert Environment.objects.get(pk=here.pk).current is None


def test_an_ended_deployment_is_held_by_nobody(queued: Deployment) -> None:
    claim(queued, "first")

    move(queued, "failure")

    kept = copy(queued)
    assert (kept.lease_until, kept.phase) == (None, "")
    assert kept.finished_at is not None


@pytest.mark.usefixtures("carrier")
def test_one_runs_and_the_next_starts_when_it_ends(here: Environment, alice: Person) -> None:
    first, second = enqueue(here, alice), enqueue(here, alice)
    assert claim(copy(first), "one")
    assert not claim(copy(second), "two")
    lose()

    move(copy(first), "failure")

    assert bells() == [("deployments.tasks.run", (second.pk,))]
    assert claim(copy(second), "two")


def test_bells_in_the_wrong_order_start_nothing_in_the_wrong_order(
    here: Environment, alice: Person
) -> None:
    first, second = enqueue(here, alice), enqueue(here, alice)

    assert not claim(copy(second), "quick")
    assert claim(copy(first), "slow")


@pytest.mark.usefixtures("carrier")
def test_what_is_cancelled_makes_way_for_the_next(here: Environment, alice: Person) -> None:
    first, second = enqueue(here, alice), enqueue(here, alice)
    lose()

    move(first, "cancelled")

    assert bells() == [("deployments.tasks.run", (second.pk,))]


def test_two_environments_run_side_by_side(
    here: Environment, there: Environment, alice: Person
) -> None:
    one, other = enqueue(here, alice), enqueue(there, alice)

    assert claim(copy(one), "one")
    assert claim(copy(other), "two")


def test_the_database_itself_refuses_two_that_run(here: Environment, alice: Person) -> None:
    build.deployment(here, alice, SHA, status="in_progress")
    other = build.deployment(here, alice, SHA, status="queued")

    assert not move(other, "in_progress")

    assert copy(other).status == other.status == "queued"


def test_a_run_is_not_taken_over_while_its_lease_holds(queued: Deployment) -> None:
    claim(queued, "first")

    assert not claim(copy(queued), "second")

    assert copy(queued).worker == "first"


def test_a_run_is_taken_over_when_its_lease_is_over(queued: Deployment) -> None:
    claim(queued, "first")
    fall_silent(queued)
    later = copy(queued)

    assert claim(later, "second")

    assert (later.worker, later.epoch) == ("second", 2)
    change = Change.objects.latest("pk")
    assert (change.verb, change.old, change.new) == ("deployment.taken_over", "first", "second")


def test_a_copy_whose_epoch_is_old_takes_nothing_over(queued: Deployment) -> None:
    claim(queued, "first")
    stale = copy(queued)
    fall_silent(queued)
    assert claim(copy(queued), "second")
    fall_silent(queued)

    assert not claim(stale, "third")

    assert copy(queued).worker == "second"


@pytest.mark.usefixtures("carrier")
def test_a_bell_that_rings_twice_starts_it_once(queued: Deployment) -> None:
    assert claim(copy(queued), "first")
    assert not claim(copy(queued), "second")
    assert queued.pk == Change.objects.get(new="in_progress").deployment_id


CLAIM = """
from deployments.models import Deployment
from deployments.services.moves import claim
print(claim(Deployment.objects.get(pk={number}), "somebody"))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_claim_it_at_once_and_one_gets_it(queued: Deployment) -> None:
    said = elsewhere.race(CLAIM.format(number=queued.pk), 3)

    assert sorted(said) == ["False", "False", "True"]
    assert copy(queued).epoch == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_take_it_over_at_once_and_one_gets_it(queued: Deployment) -> None:
    claim(queued, "first")
    fall_silent(queued)

    said = elsewhere.race(CLAIM.format(number=queued.pk), 3)

    assert sorted(said) == ["False", "False", "True"]
    assert copy(queued).epoch == 2


SUCCEED = """
from deployments.models import Deployment
from deployments.services.moves import move
print(move(Deployment.objects.get(pk={number}), "{new}"))
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_processes_end_it_at_once_and_it_ends_once(queued: Deployment) -> None:
    claim(queued, "first")
    ends = [
        elsewhere.process(SUCCEED.format(number=queued.pk, new=n)) for n in ("success", "error")
    ]

    elsewhere.go(*ends)

    assert sorted(elsewhere.answers(*ends)) == ["False", "True"]
    assert Change.objects.filter(deployment=queued, old="in_progress").count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_deployments_claimed_at_once_do_not_run_at_once(
    here: Environment, alice: Person
) -> None:
    pair = [build.deployment(here, alice, SHA, status="queued") for _ in range(2)]
    claims = [elsewhere.process(CLAIM.format(number=one.pk)) for one in pair]

    elsewhere.go(*claims)

    assert sorted(elsewhere.answers(*claims)) == ["False", "True"]
    assert Deployment.objects.filter(status="in_progress").count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_all_that_wait_may_be_cancelled_at_once(here: Environment, alice: Person) -> None:
    """Each that ends rings for the next, which may be the one that another is just ending."""
    waiting = [build.deployment(here, alice, SHA, status="queued") for _ in range(24)]

    with ThreadPoolExecutor(6) as pool:
        ended = list(pool.map(cancel_apart, waiting))

    assert all(ended)


def cancel_apart(deployment: Deployment) -> bool:
    """Cancel it on a connection of its own."""
    try:
        return move(deployment, "cancelled")
    finally:
        connection.close()


@pytest.mark.usefixtures("carrier")
def test_a_bell_for_what_is_gone_or_ended_does_nothing(queued: Deployment) -> None:
    move(queued, "cancelled")

    assert drain() == 1

    assert copy(queued).status == "cancelled"
