"""Again, back, and stop: who may ask for them, and of what."""

from __future__ import annotations

import pytest

from deployments.exceptions import Invalid, NotAllowed, Refused
from deployments.models import Change, Deployment, Environment, Person
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from deployments.services.moves import claim, move
from tests.deployments import build
from tests.deployments.services.conftest import SHA, copy
from tests.deployments.services.queueing import bells

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize("ended", ["failure", "error", "cancelled"])
def test_what_did_not_succeed_is_deployed_again(
    here: Environment, at_the_door: Door, alice: Person, ended: str
) -> None:
    old = build.deployment(here, alice, SHA, status=ended, ref="v2", hosts=["plain-here-1"])

    new = lifecycle.retry(old, at_the_door)

    assert (new.kind, new.parent, new.status) == ("retry", old, "queued")
    assert (new.sha, new.ref, new.hosts) == (SHA, "v2", ["plain-here-1"])
    assert copy(old).status == ended


@pytest.mark.parametrize("status", ["pending", "queued", "in_progress", "success"])
def test_nothing_else_is_retried(
    here: Environment, at_the_door: Door, alice: Person, status: str
) -> None:
    old = build.deployment(here, alice, SHA, status=status)

    with pytest.raises(Invalid, match="To deploy it anew: deploy plain/main to here"):
        lifecycle.retry(old, at_the_door)


def test_a_retry_of_what_never_found_its_commit_asks_for_the_same_hosts(
    qa: Environment, at_the_door: Door, alice: Person
) -> None:
    old = build.deployment(qa, alice, "", status="error", ref="main", hosts=["hello-qa-1"])

    new = lifecycle.retry(old, at_the_door)

    assert (new.status, new.hosts) == ("queued", ["hello-qa-1"])


def test_a_retry_is_refused_as_a_request_is(here: Environment, bob: Person, alice: Person) -> None:
    old = build.deployment(here, alice, SHA, status="failure")

    with pytest.raises(Refused, match="Bob may not deploy to plain/here: it takes a deployer"):
        lifecycle.retry(old, Door(bob, "web"))


@pytest.mark.usefixtures("carrier")
def test_a_retry_with_the_same_key_is_made_once(here: Environment, alice: Person) -> None:
    old, door = build.deployment(here, alice, SHA, status="failure"), Door(alice, "chat", "k")

    assert lifecycle.retry(old, door) == lifecycle.retry(old, door)


@pytest.mark.usefixtures("carrier")
def test_a_way_back_that_failed_is_gone_again(
    here: Environment, at_the_door: Door, alice: Person
) -> None:
    target, _ = build.live(here, alice, SHA), build.live(here, alice, "b" * 40)
    back = lifecycle.rollback(here, at_the_door)
    claim(back, "one")
    move(back, "failure")

    again = lifecycle.retry(back, at_the_door)

    assert (again.kind, again.parent) == ("rollback", target)


@pytest.mark.usefixtures("carrier")
def test_the_way_back_leads_to_what_ran_before(
    here: Environment, at_the_door: Door, alice: Person
) -> None:
    first = build.live(here, alice, SHA)
    build.deployment(here, alice, "c" * 40, status="failure")
    build.live(here, alice, "b" * 40)

    back = lifecycle.rollback(here, at_the_door)

    assert (back.kind, back.parent, back.sha) == ("rollback", first, SHA)
    assert back.why == f"return to #{first.pk}"


def test_there_is_no_way_back_from_the_first(
    here: Environment, at_the_door: Door, alice: Person
) -> None:
    build.live(here, alice, SHA)

    with pytest.raises(Invalid, match="Nothing ran in plain/here before"):
        lifecycle.rollback(here, at_the_door)


def test_there_is_no_way_back_to_what_failed_or_ran_elsewhere(
    here: Environment, there: Environment, at_the_door: Door, alice: Person
) -> None:
    failed = build.deployment(here, alice, SHA, status="failure")
    foreign = build.live(there, alice, SHA)

    for target in (failed, foreign):
        with pytest.raises(Invalid, match=f"#{target.pk} never ran in plain/here"):
            lifecycle.rollback(here, at_the_door, target)


def test_who_may_not_deploy_may_not_go_back(here: Environment, bob: Person, alice: Person) -> None:
    build.live(here, alice, SHA)
    build.live(here, alice, "b" * 40)

    with pytest.raises(Refused):
        lifecycle.rollback(here, Door(bob, "web"))


@pytest.mark.usefixtures("carrier")
def test_what_waits_is_cancelled_at_once(queued: Deployment, at_the_door: Door) -> None:
    cancelled = lifecycle.cancel(queued, at_the_door)

    assert (cancelled.status, cancelled.note) == ("cancelled", "cancelled by Alice")


@pytest.mark.usefixtures("carrier")
def test_what_runs_is_only_asked_to_stop(
    queued: Deployment, at_the_door: Door, alice: Person
) -> None:
    claim(queued, "one")

    asked = lifecycle.cancel(copy(queued), at_the_door)

    assert (asked.status, asked.stop_by) == ("in_progress", alice)
    assert Change.objects.latest("pk").verb == "deployment.stopping"


def test_asking_twice_to_stop_is_remembered_once(queued: Deployment, at_the_door: Door) -> None:
    claim(queued, "one")

    lifecycle.cancel(copy(queued), at_the_door)
    lifecycle.cancel(copy(queued), at_the_door)

    assert Change.objects.filter(verb="deployment.stopping").count() == 1


@pytest.mark.parametrize("ended", ["success", "failure", "error", "cancelled"])
def test_what_has_ended_cannot_be_cancelled(
    here: Environment, at_the_door: Door, alice: Person, ended: str
) -> None:
    deployment = build.deployment(here, alice, SHA, status=ended)

    with pytest.raises(Invalid, match="there is nothing to cancel"):
        lifecycle.cancel(deployment, at_the_door)


def test_one_that_was_queued_a_moment_ago_is_cancelled(
    here: Environment, at_the_door: Door, alice: Person
) -> None:
    pending = build.deployment(here, alice, SHA, status="pending")
    stale = copy(pending)
    move(pending, "queued")

    assert lifecycle.cancel(stale, at_the_door).status == "cancelled"


def test_one_that_was_started_a_moment_ago_is_asked_to_stop(
    queued: Deployment, at_the_door: Door
) -> None:
    stale = copy(queued)
    claim(queued, "one")

    assert lifecycle.cancel(stale, at_the_door).stop_at is not None


def test_one_that_ended_a_moment_ago_is_not_said_to_be_stopping(
    queued: Deployment, at_the_door: Door
) -> None:
    claim(queued, "one")
    stale = copy(queued)
    move(queued, "success")

    with pytest.raises(Invalid, match="succeeded; there is nothing to cancel"):
        lifecycle.cancel(stale, at_the_door)


def test_anothers_deployment_is_cancelled_by_a_maintainer(queued: Deployment, dora: Person) -> None:
    assert lifecycle.cancel(queued, Door(dora, "web")).status == "cancelled"


def test_anothers_deployment_is_not_cancelled_by_a_deployer(
    here: Environment, dora: Person, at_the_door: Door
) -> None:
    deployment = build.deployment(here, dora, SHA, status="queued")

    with pytest.raises(NotAllowed, match=r"it takes a maintainer\. Ask dora"):
        lifecycle.cancel(deployment, at_the_door)
    assert copy(deployment).status == "queued"


@pytest.mark.usefixtures("carrier")
def test_a_cancelled_request_makes_way(
    queued: Deployment, at_the_door: Door, here: Environment
) -> None:
    later = build.deployment(here, at_the_door.person, SHA, status="queued")

    lifecycle.cancel(queued, at_the_door)

    assert bells()[-1] == ("deployments.tasks.run", (later.pk,))
