"""“When green”: a deployment waits for its checks, and goes on by itself when they have passed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import sweeper
from deployments.exceptions import Refused
from deployments.models import Application, Change, Deployment, Environment, Person
from deployments.services import checks, clearing, gates, lifecycle, locks
from deployments.services.lifecycle import Door
from tests.deployments.services.conftest import copy, tip
from tests.deployments.services.queueing import drain
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def gated(qa: Environment) -> Environment:
    """Wants ci."""
    qa.checks, qa.required_contexts = "named", ["ci"]
    qa.save()
    return qa


@pytest.fixture
def asked(gated: Environment, at_the_door: Door) -> Deployment:
    return lifecycle.request(gated, "main", at_the_door, when_green=True)


def say(hello: Application, sha: str, by: Person, state: str, context: str = "ci") -> None:
    checks.report(hello.repository, sha, by, context=context, state=state)


def test_it_waits_for_its_checks_with_its_commit_decided(
    asked: Deployment, repository: Repository
) -> None:
    sha = tip(repository)

    assert (asked.status, asked.waits_for, asked.sha) == ("pending", "checks", sha)
    assert asked.note == f"{sha[:7]} waits for its checks: ci was not reported."


@pytest.mark.usefixtures("carrier")
def test_it_goes_on_by_itself_as_soon_as_a_check_is_reported(
    asked: Deployment, hello: Application, alice: Person
) -> None:
    say(hello, asked.sha, alice, "success")
    drain("chat")

    assert (copy(asked).status, copy(asked).note) == ("queued", gates.GREEN)


@pytest.mark.usefixtures("carrier")
def test_the_note_tells_how_far_the_checks_have_come(
    asked: Deployment, hello: Application, alice: Person
) -> None:
    say(hello, asked.sha, alice, "pending")
    drain("chat")

    kept = copy(asked)
    assert kept.note == f"{kept.sha[:7]} waits for its checks: ci has not ended yet."
    assert Change.objects.filter(deployment=kept, verb="deployment.waits").count() == 1


def test_how_far_a_check_has_come_is_no_change_each_time(
    asked: Deployment, hello: Application, alice: Person
) -> None:
    for done in range(5):
        checks.report(
            hello.repository, asked.sha, alice,
            context="ci", state="pending", description=f"{done} of 80",
        )  # fmt: skip
        clearing.clear(copy(asked))

    assert copy(asked).note.endswith("waits for its checks: ci has not ended yet.")
    assert Change.objects.filter(deployment=asked, verb="deployment.waits").count() == 1


def test_what_is_green_already_starts_at_once_and_says_so(
    gated: Environment, at_the_door: Door, alice: Person, repository: Repository
) -> None:
    say(gated.application, tip(repository), alice, "success")

    made = lifecycle.request(gated, "main", at_the_door, when_green=True)

    assert (made.status, made.note) == ("queued", "Its checks have passed.")


def test_where_no_check_is_asked_for_all_that_were_reported_count(
    qa: Environment, at_the_door: Door, alice: Person
) -> None:
    asked = lifecycle.request(qa, "main", at_the_door, when_green=True)
    assert asked.note.endswith("no check was reported.")
    say(qa.application, asked.sha, alice, "success", "build")
    say(qa.application, asked.sha, alice, "pending", "lint")

    clearing.clear(copy(asked))
    assert copy(asked).note.endswith(": lint has not ended yet.")
    say(qa.application, asked.sha, alice, "success", "lint")
    clearing.clear(copy(asked))

    assert copy(asked).status == "queued"


def test_a_red_check_is_waited_for_too(
    gated: Environment, at_the_door: Door, alice: Person, repository: Repository
) -> None:
    say(gated.application, tip(repository), alice, "failure")
    asked = lifecycle.request(gated, "main", at_the_door, when_green=True)
    say(gated.application, asked.sha, alice, "success")

    clearing.clear(copy(asked))

    assert copy(asked).status == "queued"


def test_what_else_is_in_the_way_is_refused_with_every_reason(
    gated: Environment, at_the_door: Door, dora: Person
) -> None:
    locks.take(gated, Door(dora, "web"))

    with pytest.raises(Refused, match="locked"):
        lifecycle.request(gated, "main", at_the_door, hosts=["nowhere"], when_green=True)

    assert not Deployment.objects.exists()


def test_what_is_refused_for_its_checks_offers_to_wait_for_them(
    gated: Environment, dora: Person, repository: Repository
) -> None:
    with pytest.raises(Refused) as refused:
        lifecycle.request(gated, "main", Door(dora, "web"), why="now")

    assert refused.value.lines == (
        "deploy hello/main to qa when green because now",
        f"deploy! hello/{tip(repository)[:7]} to qa",
    )


def test_to_go_past_checks_and_to_wait_for_them_is_nonsense(
    gated: Environment, dora: Person
) -> None:
    with pytest.raises(Refused, match="say one of them"):
        lifecycle.request(gated, "main", Door(dora, "web"), force=True, when_green=True)


def test_a_task_waits_for_no_check(gated: Environment, at_the_door: Door) -> None:
    with pytest.raises(Refused, match="no check is waited for"):
        lifecycle.request(gated, "main", at_the_door, task="migrate", when_green=True)


def test_what_waits_can_be_cancelled_and_asked_for_again(
    asked: Deployment, at_the_door: Door, hello: Application, alice: Person
) -> None:
    lifecycle.cancel(asked, at_the_door)

    again = lifecycle.retry(copy(asked), at_the_door)

    assert (again.status, again.waits_for, again.sha) == ("pending", "checks", asked.sha)
    say(hello, asked.sha, alice, "success")
    clearing.clear(copy(again))
    assert copy(again).status == "queued"


def test_it_keeps_its_commit_though_the_branch_moves(
    asked: Deployment, hello: Application, alice: Person, repository: Repository
) -> None:
    repository.commit({"app.py": "four\n"}, "Say it again")
    say(hello, asked.sha, alice, "success")

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).sha) == ("queued", asked.sha)


# ---- When it is looked at ----


def test_the_clock_does_not_ring_before_it_is_time(asked: Deployment) -> None:
    sweeper.clear_pending()
    assert copy(asked).rung_at is None

    Deployment.objects.update(look_at=timezone.now() - timedelta(seconds=1))
    sweeper.clear_pending()

    assert copy(asked).rung_at is not None


@pytest.mark.parametrize(("waited", "least", "most"), [(0, 12, 18), (400, 40, 60), (9999, 96, 144)])
def test_the_pauses_grow_with_the_time_that_it_has_waited(
    waited: int, least: int, most: int
) -> None:
    now = timezone.now()

    pause = (gates.next_look(now - timedelta(seconds=waited)) - now).total_seconds()

    assert least - 1 < pause < most + 1


# ---- What is told ----


def told(deployment: Deployment, verb: str) -> list[str]:
    return list(deployment.changes.filter(verb=verb).values_list("note", flat=True))


def long_ago(deployment: Deployment, seconds: int) -> None:
    since = timezone.now() - timedelta(seconds=seconds)
    Deployment.objects.filter(pk=deployment.pk).update(waits_since=since, look_at=None)


def test_a_check_that_turns_red_is_told_once(
    asked: Deployment, hello: Application, alice: Person
) -> None:
    for state in ("failure", "pending", "failure"):
        say(hello, asked.sha, alice, state)
        clearing.clear(copy(asked))

    assert copy(asked).status == "pending"
    assert told(asked, gates.RED) == ["ci failed"]


def test_who_asks_while_a_check_is_red_is_not_told_of_it_again(
    gated: Environment, at_the_door: Door, alice: Person, repository: Repository
) -> None:
    say(gated.application, tip(repository), alice, "failure")
    asked = lifecycle.request(gated, "main", at_the_door, when_green=True)

    clearing.clear(copy(asked))

    change = asked.changes.get(verb=gates.RED)
    assert change.person == alice


def test_a_check_that_never_comes_is_told_once_with_what_was_reported(
    asked: Deployment, hello: Application, alice: Person
) -> None:
    say(hello, asked.sha, alice, "success", "ci2")
    say(hello, asked.sha, alice, "success", "lint")
    for _ in range(2):
        long_ago(asked, 1_000)
        clearing.clear(copy(asked))

    said = (
        "ci has not been reported for over 15 min; is its name right? Did you mean ci2? "
        "Reported on this commit: ci2, lint."
    )
    assert copy(asked).note == f"{asked.sha[:7]} waits for its checks. {said}"
    assert told(asked, gates.SILENT) == [said]


def test_before_that_nothing_is_told(asked: Deployment) -> None:
    long_ago(asked, 800)

    clearing.clear(copy(asked))

    assert told(asked, gates.SILENT) == []


def test_one_that_never_comes_ends_it_in_time_with_that_reason(asked: Deployment) -> None:
    long_ago(asked, 1_000)
    clearing.clear(copy(asked))
    long_ago(asked, 90_000)

    clearing.clear(copy(asked))

    kept = copy(asked)
    assert (kept.status, kept.reason) == ("error", "settings")
    assert "is its name right?" in kept.note
