"""What ran, what runs, and where one can go back to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deployments.models import Deployment, Environment, Person
from deployments.selectors import releases
from tests.deployments import build

pytestmark = pytest.mark.django_db
SHA = "a" * 40


@pytest.fixture
def here(db: None) -> Environment:
    return build.environment(build.application("plain", Path("/nowhere/plain.git")), "here")


def went_back(here: Environment, alice: Person, to: Deployment) -> Deployment:
    return build.live(here, alice, SHA, kind="rollback", parent=to)


def test_before_the_first_there_is_nothing(here: Environment, alice: Person) -> None:
    assert releases.before_current(here) is None
    build.live(here, alice, SHA)
    assert releases.before_current(here) is None


def test_before_the_current_is_the_newest_that_succeeded(here: Environment, alice: Person) -> None:
    expected = build.live(here, alice, SHA)
    build.deployment(here, alice, SHA, status="failure")
    build.deployment(here, alice, SHA, hosts=["plain-here-1"])
    build.live(here, alice, "b" * 40)

    assert releases.before_current(here) == expected


def test_the_same_commit_deployed_twice_is_no_way_back(here: Environment, alice: Person) -> None:
    expected = build.live(here, alice, SHA)
    build.live(here, alice, "b" * 40)
    build.live(here, alice, "b" * 40)

    assert releases.before_current(here) == expected


def test_before_a_way_back_is_what_ran_before_where_it_led(
    here: Environment, alice: Person
) -> None:
    first, second, _ = (build.live(here, alice, letter * 40) for letter in "bac")

    went_back(here, alice, second)

    assert releases.before_current(here) == first


def test_the_origin_of_a_way_back_to_a_way_back(here: Environment, alice: Person) -> None:
    first = build.live(here, alice, SHA)
    back = went_back(here, alice, first)

    assert releases.origin(went_back(here, alice, back)) == first


def test_before_what_failed_behind_the_switch_is_what_is_current(
    here: Environment, alice: Person
) -> None:
    build.live(here, alice, SHA)
    current = build.live(here, alice, "b" * 40)
    failed = build.deployment(here, alice, "c" * 40, status="failure")
    here.placements.update(current=failed)
    here.refresh_from_db()

    assert releases.before_current(here) == current
    assert releases.on_hosts(here) == failed


def test_a_retry_is_a_release_of_its_own(here: Environment, alice: Person) -> None:
    failed = build.deployment(here, alice, SHA, status="failure")
    again = build.live(here, alice, SHA, kind="retry", parent=failed)

    assert releases.origin(again) == again
    assert list(releases.succeeded(here)) == [again]


def test_newer_is_what_runs_now(here: Environment, alice: Person) -> None:
    old, new = build.live(here, alice, SHA), build.live(here, alice, SHA)
    old.environment.refresh_from_db()

    assert releases.newer_than(old) == new
    assert releases.newer_than(new) is None


def test_newer_is_also_what_failed_behind_the_switch(here: Environment, alice: Person) -> None:
    old = build.live(here, alice, SHA)
    failed = build.switched(here, alice, "b" * 40)

    assert releases.newer_than(old) == failed
    assert releases.newer_than(failed) is None


def test_a_release_ran_until_what_came_after_it_began(here: Environment, alice: Person) -> None:
    first, second = build.live(here, alice, SHA), build.live(here, alice, "b" * 40)
    assert releases.ran_until(here, first) == second.started_at

    failed = build.switched(here, alice, "c" * 40)
    assert releases.ran_until(here, second) == failed.started_at


def release(here: Environment, alice: Person, **frozen: Any) -> Deployment:
    usual = {"hosts": [{"name": "web-1"}], "returns": False, "keep": []}
    return build.deployment(here, alice, SHA, settings={**usual, **frozen})


def test_a_release_is_kept_while_each_since_was_to_keep_it(
    here: Environment, alice: Person
) -> None:
    first = release(here, alice)
    release(here, alice, keep=[first.release_name])
    assert releases.is_kept(first, ["web-1"])

    release(here, alice, keep=["another"])
    assert not releases.is_kept(first, ["web-1"])


def test_a_way_back_without_code_removes_nothing(here: Environment, alice: Person) -> None:
    first = release(here, alice)
    release(here, alice, returns=True)

    assert releases.is_kept(first, ["web-1"])


def test_a_host_that_never_had_it_does_not_keep_it(here: Environment, alice: Person) -> None:
    first = release(here, alice)

    assert not releases.is_kept(first, ["web-1", "web-2"])


def test_what_waits_has_removed_nothing(here: Environment, alice: Person) -> None:
    first = release(here, alice)
    build.deployment(here, alice, SHA, status="queued")

    assert releases.is_kept(first, ["web-1"])
