"""How a release reaches its hosts: batches, a first host, and how many may fail."""

from __future__ import annotations

from typing import Any

import pytest

from deployments import rollouts
from deployments.providers import provider, ssh_settings
from deployments.rollouts import Rollout, Step
from tests.deployments.providers.local_host import context

HOSTS = [f"web-{number}" for number in range(1, 11)]


def sizes(hosts: int = 10, **settings: Any) -> list[int]:
    return [len(batch) for batch in rollouts.freeze(HOSTS[:hosts], settings)["batches"]]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ("", [10]),
        ("1", [1] * 10),
        ("4", [4, 4, 2]),
        ("10", [10]),
        ("99", [10]),
        ("50%", [5, 5]),
        ("25%", [2, 2, 2, 2, 2]),  # never more than the share
        ("1%", [1] * 10),  # and never none
        ("100%", [10]),
    ],
)
def test_hosts_come_in_batches(batch: str, expected: list[int]) -> None:
    assert sizes(batch=batch) == expected


@pytest.mark.parametrize("first", ["pause", "health"])
def test_the_first_host_is_a_batch_of_its_own(first: str) -> None:
    assert sizes(first=first) == [1, 9]
    assert sizes(first=first, batch="4") == [1, 4, 4, 1]


def test_one_host_is_all_there_is() -> None:
    frozen = rollouts.freeze(["web-1"], {"first": "pause", "batch": "25%"})

    assert (frozen["batches"], frozen["first"]) == ([["web-1"]], "")


def test_each_host_is_in_one_batch_in_its_order() -> None:
    frozen = rollouts.freeze(HOSTS, {"first": "pause", "batch": "33%"})

    assert [host for batch in frozen["batches"] for host in batch] == HOSTS


@pytest.mark.parametrize(
    ("may_fail", "expected"), [("", 0), ("0", 0), ("3", 3), ("25%", 2), ("9%", 0), ("100%", 10)]
)
def test_so_many_hosts_may_fail(may_fail: str, expected: int) -> None:
    assert rollouts.freeze(HOSTS, {"may_fail": may_fail})["may_fail"] == expected


def test_what_must_not_end_halfway_is_one_batch() -> None:
    assert rollouts.of({"rollout": rollouts.at_once(HOSTS)}) == Rollout((tuple(HOSTS),))


def test_what_was_frozen_before_there_were_rollouts_is_one_batch() -> None:
    assert rollouts.of({"hosts": [{"name": "web-1"}, {"name": "web-2"}]}).batches == (
        ("web-1", "web-2"),
    )


def test_what_is_frozen_is_read_as_it_was() -> None:
    frozen = rollouts.freeze(HOSTS, {"first": "pause", "pause_seconds": 60, "roll_back": True})

    read = rollouts.of({"rollout": frozen})

    assert (read.pauses, read.pause_seconds, read.roll_back, read.may_fail) == (True, 60, True, 0)
    assert (read.batch_of("web-1"), read.batch_of("web-2")) == (0, 1)


# ---- Steps ----

PAIR = ("web-1", "web-2")


def pair(**settings: Any) -> Rollout:
    return rollouts.of({"rollout": rollouts.freeze(PAIR, settings)})


def test_all_at_once_is_phase_after_phase() -> None:
    steps = rollouts.steps([(PAIR, False), (PAIR, True), (PAIR, True), (PAIR, False)], pair())

    assert steps == [Step(at, 0, PAIR) for at in range(4)]


def test_a_batch_has_its_phases_behind_it_before_the_next_begins() -> None:
    phases = [(PAIR, False), (PAIR, True), (PAIR, True), (PAIR, False)]

    assert rollouts.steps(phases, pair(batch="1")) == [
        Step(0, 0, PAIR),
        Step(1, 0, ("web-1",)),
        Step(2, 0, ("web-1",)),
        Step(1, 1, ("web-2",)),
        Step(2, 1, ("web-2",)),
        Step(3, 0, PAIR),
    ]


def test_the_pause_stands_before_the_second_batch_alone() -> None:
    steps = rollouts.steps([(HOSTS, True), (HOSTS, True)], rollouts.of({
        "rollout": rollouts.freeze(HOSTS, {"first": "pause", "batch": "5"})
    }))  # fmt: skip

    assert [(s.phase, s.batch) for s in steps if s.is_behind_pause] == [(0, 1)]


def test_what_goes_on_by_its_checks_does_not_pause() -> None:
    steps = rollouts.steps([(PAIR, True)], pair(first="health"))

    assert [step.is_behind_pause for step in steps] == [False, False]


# ---- In words ----


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, ""),
        ({"batch": "25%"}, "5 batches of at most 2"),
        ({"batch": "1", "may_fail": "10%"}, "10 batches of 1, up to 1 may fail"),
        ({"first": "health"}, "web-1 first, where its checks pass then the others at once"),
        (
            {"first": "pause", "batch": "4"},
            "web-1 first, a pause until somebody says “go on”, then 3 batches of at most 4",
        ),
        (
            {"first": "pause", "pause_seconds": 600, "roll_back": True},
            "web-1 first, a pause of 10 m 00 s, then the others at once, "
            "rolled back by itself where a host stops the rest",
        ),
    ],
)
def test_the_order_is_said_in_words(settings: dict[str, Any], said: str) -> None:
    assert rollouts.words(rollouts.of({"rollout": rollouts.freeze(HOSTS, settings)})) == said


# ---- What is wrong is said ----


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch": "0"}, "“batch” is “0”; it takes a number of hosts, or a share such as 25%."),
        ({"batch": "0%"}, "“batch” is “0%”"),
        ({"batch": "101%"}, "“batch” is “101%”"),
        ({"batch": "-1"}, "“batch” is “-1”"),
        ({"batch": "few"}, "“batch” is “few”"),
        ({"batch": "٣"}, "“batch” is “٣”"),
        ({"batch": 3}, "“batch” takes a text, not 3."),
        ({"may_fail": "half"}, "“may_fail” is “half”"),
        ({"may_fail": "101%"}, "“may_fail” is “101%”"),
        ({"first": "last"}, "“first” is “last”; it is empty, pause or health."),
        ({"pause_seconds": -1}, "“pause_seconds” is -1; it takes a number from 0 to 86400."),
        ({"pause_seconds": 86_401}, "“pause_seconds” is 86401"),
        ({"pause_seconds": True}, "“pause_seconds” is True"),
        ({"roll_back": "yes"}, "“roll_back” is true or false, not 'yes'."),
        ({"first": "health"}, "“first” waits for the first host’s checks, and there are none"),
    ],
)
def test_what_is_wrong_is_said_once(settings: dict[str, Any], said: str) -> None:
    (problem,) = provider("ssh").validate(settings)

    assert problem.startswith(said)


@pytest.mark.parametrize(
    "settings",
    [
        {"batch": "1", "first": "pause", "pause_seconds": 600, "may_fail": "25%"},
        {"batch": "25%", "may_fail": "0", "roll_back": True},
        {"first": "health", "check": ["true"]},
        {"first": "health", "check_url": "http://{host}/up"},
    ],
)
def test_what_is_right_is_not_spoken_of(settings: dict[str, Any]) -> None:
    assert provider("ssh").validate(settings) == []


def test_the_settings_stand_among_those_of_the_provider() -> None:
    assert rollouts.DEFAULTS.items() <= ssh_settings.DEFAULTS.items()


def test_switching_restarting_and_checking_go_by_batches() -> None:
    everything = {"build": ["b"], "once": ["o"], "restart": ["r"], "check": ["c"]}
    planned = provider("ssh").phases(context(settings=everything))

    assert [p.name for p in planned if p.by_batch] == ["switch", "restart", "check"]
