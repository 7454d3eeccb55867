"""The phases of a deployment over SSH."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.providers import provider
from deployments.providers.contract import HostSpec, Phase
from deployments.providers.ssh import once_host
from tests.deployments.providers.local_host import context

PAIR = (HostSpec("web-1", "10.0.0.1", ("web",)), HostSpec("db-1", "10.0.0.2", ("db",)))


def phases(returns: bool = False, **settings: Any) -> list[Phase]:
    return provider("ssh").phases(context(hosts=PAIR, settings=settings, returns=returns))


def names(planned: list[Phase]) -> list[str]:
    return [phase.name for phase in planned]


def test_the_same_context_gives_the_same_phases() -> None:
    made = provider("ssh")

    assert made.validate({}) == []
    assert made.phases(context()) == made.phases(context())


def test_steps_that_are_empty_are_left_out() -> None:
    assert names(phases()) == ["transfer", "switch", "clean"]


def test_all_steps_stand_in_their_order() -> None:
    planned = phases(build=["b"], once=["o"], restart=["r"], check=["c"])

    assert names(planned) == [
        *("transfer", "build", "once", "switch", "restart", "check", "clean"),
    ]


def test_each_phase_is_for_every_host_but_once() -> None:
    planned = phases(build=["b"], once=["o"], once_role="db")

    assert {phase.name: list(phase.scripts) for phase in planned}["once"] == ["db-1"]
    assert all(list(p.scripts) == ["web-1", "db-1"] for p in planned if p.name != "once")


@pytest.mark.parametrize(("role", "expected"), [("", "web-1"), ("db", "db-1"), ("x", "web-1")])
def test_once_is_done_by_the_first_with_the_role(role: str, expected: str) -> None:
    assert once_host(PAIR, role).name == expected


def test_only_the_switch_says_what_a_host_runs() -> None:
    assert [phase.name for phase in phases(restart=["r"]) if phase.confirm] == ["switch"]


def test_only_cleaning_may_fail() -> None:
    assert [phase.name for phase in phases(check=["c"]) if phase.optional] == ["clean"]


def test_a_failed_check_is_a_matter_of_health() -> None:
    check = phases(check_url="http://{host}/", check_seconds=7)[-2]

    assert (check.name, check.on_failure) == ("check", "health")
    assert (check.probe, check.probe_seconds) == ("http://{host}/", 7)


def test_a_way_back_is_one_phase_without_code() -> None:
    (back,) = phases(returns=True, build=["b"], once=["o"], restart=["r"], check_url="http://h/")

    assert (back.upload, back.probe) == ("", "http://h/")
    assert list(back.confirm) == ["web-1", "db-1"]


def test_scripts_are_not_shown_where_phases_are() -> None:
    assert "releases" not in repr(phases())
