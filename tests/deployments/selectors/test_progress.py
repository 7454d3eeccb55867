"""How far what runs is, and when it will be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.models import Deployment, Environment, Person
from deployments.selectors import progress
from deployments.selectors.progress import Progress
from tests.deployments import build

SHA = "a" * 40


def past(environment: Environment, person: Person, seconds: float, **fields: Any) -> Deployment:
    end = timezone.now() - timedelta(hours=1)
    begun = end - timedelta(seconds=seconds)
    return build.deployment(environment, person, SHA, started_at=begun, finished_at=end, **fields)


def going(environment: Environment, person: Person, seconds: float, **fields: Any) -> Deployment:
    begun = timezone.now() - timedelta(seconds=seconds)
    return build.deployment(
        environment, person, SHA, status="in_progress", started_at=begun, **fields
    )


def phase(deployment: Deployment, name: str, after: float, seconds: float | None) -> None:
    """Write one phase: begun so many seconds after the deployment, and maybe ended."""
    began = (deployment.started_at or timezone.now()) + timedelta(seconds=after)
    ended = began + timedelta(seconds=seconds) if seconds is not None else None
    deployment.phase_runs.create(
        host="web-1", phase=name, position=0, started_at=began, finished_at=ended
    )


def of(deployment: Deployment) -> Progress:
    return progress.of([deployment])[deployment.pk]


def test_the_middle_of_past_ones_tells_the_whole(qa: Environment, alice: Person) -> None:
    for seconds in (60, 100, 900):
        past(qa, alice, seconds)

    found = of(going(qa, alice, 25))

    assert (found.percent, round(found.left or 0)) == (25, 75)


def test_it_is_never_said_to_be_done_before_it_is(qa: Environment, alice: Person) -> None:
    past(qa, alice, 60)

    found = of(going(qa, alice, 600))

    assert (found.percent, found.left) == (95, 0)


def test_without_a_past_it_is_as_far_as_its_phases(qa: Environment, alice: Person) -> None:
    found = of(going(qa, alice, 600, progress=100))

    assert (found.percent, found.left) == (95, None)


def test_going_back_takes_another_time(qa: Environment, alice: Person) -> None:
    past(qa, alice, 600)
    past(qa, alice, 10, kind="rollback")

    assert round(of(going(qa, alice, 5, kind="rollback")).left or 0) == 5


def test_phases_that_ended_early_bring_the_end_nearer(qa: Environment, alice: Person) -> None:
    before = past(qa, alice, 100)
    phase(before, "build", 0, 80)
    phase(before, "restart", 80, 20)
    now = going(qa, alice, 15)
    phase(now, "build", 0, 10)
    phase(now, "restart", 10, None)

    assert round(of(now).left or 0) == 15


def test_what_failed_or_ran_elsewhere_tells_nothing(
    qa: Environment, production: Environment, alice: Person
) -> None:
    past(qa, alice, 60, status="failure")
    past(production, alice, 60)
    past(qa, alice, 60, task="migrate")

    assert of(going(qa, alice, 30)).left is None


def test_many_cost_as_many_queries_as_one(
    qa: Environment,
    production: Environment,
    alice: Person,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    one, other = going(qa, alice, 1), going(production, alice, 1)

    with django_assert_num_queries(3):
        progress.of([one])
    with django_assert_num_queries(3):
        progress.of([one, other])
    with django_assert_num_queries(0):
        progress.of([])


def test_what_is_usual_leaves_out_going_back_and_other_tasks(
    qa: Environment, alice: Person
) -> None:
    phase(past(qa, alice, 100), "build", 0, 80)
    phase(past(qa, alice, 10, kind="rollback"), "build", 0, 1)
    phase(past(qa, alice, 5, task="migrations"), "build", 0, 1)

    assert progress.usual(qa, "deploy") == progress.Usual({"build": 80}, 100)


def test_without_a_past_nothing_is_usual(qa: Environment) -> None:
    assert progress.usual(qa, "deploy") == progress.Usual({}, None)


# ---- Batches and pauses ----


def batched(deployment: Deployment, batch: int, after: float, seconds: float | None) -> None:
    """Write the switch of one batch."""
    phase(deployment, f"switch of {batch}", after, seconds)
    deployment.phase_runs.filter(phase=f"switch of {batch}").update(
        phase="switch", batch=batch, host=f"web-{batch}"
    )


def test_each_batch_is_counted_by_itself(qa: Environment, alice: Person) -> None:
    before = past(qa, alice, 100)
    for batch in range(4):
        batched(before, batch, 25 * batch, 20)
    now = going(qa, alice, 30)
    batched(now, 0, 0, 20)
    batched(now, 1, 25, None)
    now.phase_runs.create(host="web-2", phase="switch", position=0, batch=2)

    assert round(of(now).left or 0) == 15 + 20


def test_hosts_that_failed_are_not_waited_for(qa: Environment, alice: Person) -> None:
    before = past(qa, alice, 50)
    phase(before, "build", 0, 20)
    batched(before, 0, 20, 30)
    now = going(qa, alice, 20)
    phase(now, "build", 0, 20)
    now.phase_runs.update(status="failure")
    now.phase_runs.create(host="web-1", phase="switch", position=1)

    assert (of(now).left, of(now).percent) == (0, 95)


def test_the_time_of_a_pause_does_not_count(qa: Environment, alice: Person) -> None:
    now = timezone.now()
    begun, ended = now - timedelta(hours=3), now - timedelta(hours=1)
    build.deployment(
        qa, alice, SHA, started_at=begun, finished_at=ended,
        paused_at=begun + timedelta(seconds=50), went_on_at=ended - timedelta(seconds=50),
    )  # fmt: skip

    assert round(of(going(qa, alice, 40)).left or 0) == 60


def test_while_it_is_paused_nobody_knows_how_long_it_takes(qa: Environment, alice: Person) -> None:
    past(qa, alice, 100)
    paused_at = timezone.now() - timedelta(seconds=975)

    found = of(going(qa, alice, 1000, paused_at=paused_at, lease_until=None))

    assert (found.percent, found.left, round(found.elapsed)) == (25, None, 25)
