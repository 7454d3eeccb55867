"""How a deployment ended, judged from how its hosts did."""

from __future__ import annotations

import pytest

from deployments.exceptions import HostError
from deployments.runner.follow import Outcome
from deployments.services.verdict import HostVerdict, of_all, of_host

FAILED = HostVerdict("failure", 1, "build ended with 1 on web-1", "command")
LOST = HostVerdict("error", None, "Contact with web-2 was lost.", "lost")


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (Outcome("ended", 0), "success", ""),
        (Outcome("ended", 3), "failure", "command"),
        (Outcome("cancelled"), "cancelled", "lost"),
        (Outcome("gone", 143), "cancelled", "lost"),
        (Outcome("left", detail="41 42"), "error", "lost"),
        (Outcome("left"), "error", "lost"),
        (Outcome("refused", detail="full"), "error", "settings"),
        (Outcome("lost"), "error", "lost"),
        (Outcome("none"), "error", "lost"),
        (Outcome("short"), "error", "lost"),
        (Outcome("broken"), "error", "lost"),
        (HostError("web-1 is down"), "error", "unreachable"),
        (HostError("web-1 has another key", code="host_key"), "error", "host_key"),
    ],
)
def test_each_word_of_a_host_has_its_verdict(
    result: Outcome | HostError, status: str, reason: str
) -> None:
    verdict = of_host("web-1", "build", result, "command")

    assert (verdict.status, verdict.reason) == (status, reason)
    assert status == "success" or "web-1" in verdict.note


def test_a_note_names_its_host_once() -> None:
    verdict = of_host("web-1", "transfer", HostError("10.0.0.1:22 refused"), "command")

    assert verdict.note == "web-1: 10.0.0.1:22 refused"


def test_what_is_left_on_a_host_is_named() -> None:
    assert "41 42" in of_host("web-1", "build", Outcome("left", detail="41 42"), "").note


def test_a_host_that_could_not_look_says_so() -> None:
    assert "could not look" in of_host("web-1", "build", Outcome("left"), "").note


def test_a_failure_before_the_switch_is_a_failure() -> None:
    verdict = of_all([FAILED], 0, 3)

    assert (verdict.status, verdict.reason) == ("failure", "command")
    assert verdict.note == "build ended with 1 on web-1."


def test_an_error_weighs_more_than_a_failure() -> None:
    verdict = of_all([FAILED, LOST], 0, 3)

    assert (verdict.status, verdict.reason) == ("error", "lost")
    assert verdict.note == "build ended with 1 on web-1. Contact with web-2 was lost."


def test_hosts_that_differ_are_partly_done_whatever_the_cause() -> None:
    verdict = of_all([LOST], 2, 3)

    assert (verdict.status, verdict.reason) == ("failure", "partly")
    assert verdict.note.endswith("2 of 3 hosts run the new version.")


def test_a_failure_after_all_have_switched_is_no_mixture() -> None:
    assert of_all([FAILED], 3, 3).reason == "command"
