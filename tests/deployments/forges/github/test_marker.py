"""Its own mark is known again, and nobody else's is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from deployments.forges.github import marker

SINCE = datetime(2026, 11, 28, 19, 0, 0, 7, tzinfo=UTC)


def payload(**other: object) -> dict[str, object]:
    return {"name": "web", marker.KEY: marker.made(812, SINCE), **other}


def test_a_payload_of_ours_says_which_deployment_it_is() -> None:
    assert marker.is_ours(payload()) == 812


def test_as_text_it_says_the_same() -> None:
    assert marker.is_ours(json.dumps(payload())) == 812


def test_the_same_number_of_another_day_has_another_mark() -> None:
    assert marker.made(812, SINCE) != marker.made(812, SINCE + timedelta(microseconds=1))


def test_another_number_under_the_same_mark_is_not_ours() -> None:
    forged = marker.made(812, SINCE).replace("812", "813", 1)

    assert marker.is_ours({marker.KEY: forged}) is None


def test_another_installation_has_other_marks(settings: Settings) -> None:
    theirs = payload()
    settings.SECRET_KEY = "another" * 9

    assert marker.is_ours(theirs) is None


def test_a_key_that_was_renewed_is_known(settings: Settings) -> None:
    before, old = payload(), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 9, [old]

    assert marker.is_ours(before) == 812


@pytest.mark.parametrize(
    "odd",
    [None, "", "{", "[" * 9_000, 7, [], {}, {marker.KEY: 812}, {marker.KEY: {"number": 812}},
     {marker.KEY: "812"}, {marker.KEY: "x" * 9_000}, {marker.KEY: "812:\ud800"}],
)  # fmt: skip
def test_what_is_odd_is_not_ours(odd: object) -> None:
    assert marker.is_ours(odd) is None


def test_anothers_is_known_from_ours_and_from_what_is_no_mark() -> None:
    ours = payload()
    theirs = {marker.KEY: f"{str(ours[marker.KEY])[:-3]}xyz"}

    assert marker.is_anothers(theirs)
    assert marker.is_anothers(json.dumps(theirs))
    assert not any(map(marker.is_anothers, (ours, {}, {marker.KEY: "yes"}, {marker.KEY: 812})))
