"""A deployment's facts, as they are told."""

from __future__ import annotations

from bots.portraits import diff_url, portrait
from deployments.models import Environment, Person
from deployments.services import lifecycle
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


def test_what_is_the_same_has_no_diff(qa: Environment) -> None:
    assert diff_url(qa, A, A) == ""
    assert diff_url(qa, "", A) == ""
