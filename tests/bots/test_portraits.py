"""A deployment's facts, as they are told."""

from __future__ import annotations

from django.utils import timezone

from bots.portraits import diff_url, portrait
from deployments.models import Environment, Person
from deployments.services import lifecycle, locks
from deployments.services.lifecycle import Door
from tests.deployments import build

A, B = "a" * 40, "b" * 40


def test_before_it_begins_the_previous_one_is_what_runs_now(qa: Environment, alice: Person) -> None:
    live = build.live(qa, alice, A)
    queued = build.deployment(qa, alice, B, status="queued", previous=None)

    view = portrait(queued, "https://ship.test")

    assert (view.previous, view.previous_sha) == (live.pk, A)
    assert view.diff_url == f"https://ship.test/compare/hello/{A}...{B}/"


def test_what_failed_behind_the_switch_is_the_previous_one(qa: Environment, alice: Person) -> None:
    build.live(qa, alice, A)
    failed = build.switched(qa, alice, B)
    queued = build.deployment(qa, alice, A, status="queued", previous=None)

    assert portrait(queued).previous == failed.pk
    assert portrait(queued, row=True).previous is None


def test_the_first_one_has_no_previous_one_for_ever(qa: Environment, alice: Person) -> None:
    first = build.live(qa, alice, A)
    build.live(qa, alice, B)

    assert portrait(first).previous is None


def test_who_cancelled_it_is_told_even_where_it_had_not_begun(
    qa: Environment, alice: Person, dora: Person
) -> None:
    queued = build.deployment(qa, alice, A, status="queued")

    lifecycle.cancel(queued, Door(dora, "chat"))

    assert (portrait(queued).stopped_by, portrait(queued).note) == ("Dora", "")


def test_a_lock_is_the_reason_of_what_waits_for_nothing_else(
    qa: Environment, alice: Person, dora: Person
) -> None:
    pending = build.deployment(qa, alice, B, status="pending", note="ci failed")
    queued = build.deployment(qa, alice, B, status="queued")
    locks.take(qa, Door(dora, "chat"))

    assert portrait(pending).note == "ci failed"
    assert portrait(queued).note.startswith("Dora locked hello/qa")


LEFT = "web-1: processes are left that could not be ended: 41"


def test_what_could_not_be_ended_is_told_while_it_is_being_cancelled(
    qa: Environment, alice: Person
) -> None:
    running = build.deployment(qa, alice, A, status="in_progress", stop_at=timezone.now())
    build.phase(running, "build", 1, "cancelled", doubt=LEFT)

    assert portrait(running).note == LEFT


def test_what_could_not_be_ended_is_told_of_what_was_cancelled(
    qa: Environment, alice: Person
) -> None:
    ended = build.deployment(qa, alice, A, status="cancelled", stop_by=alice, note=LEFT)

    assert (portrait(ended).stopped_by, portrait(ended).note) == ("Alice", LEFT)


def test_what_is_the_same_has_no_diff(qa: Environment) -> None:
    assert diff_url(qa, A, A) == ""
    assert diff_url(qa, "", A) == ""
