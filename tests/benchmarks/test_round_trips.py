"""How often a phase waits for the way to its host and back, whatever the machine is busy with."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.fanout import limits
from benchmarks.round_trips import round_trips
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Done
from deployments.runner.follow import Outcome, Run
from deployments.runner.jobs import Task
from tests.deployments.runner.observing import new_id
from tests.servers import sshd

pytestmark = [pytest.mark.slow, pytest.mark.sshd]
TRIES = 3  # what else the machine does can only add to what is counted


class Phases:
    """Two phases on one host: the first one signs in, the next finds the connection there."""

    def __init__(self, host: sshd.Sshd, port: int) -> None:
        self.target = host.target(port=port)

    def turn(self) -> dict[str, float]:
        began = time.perf_counter()
        with Fleet([self.target]) as fleet:
            did(fleet)
            first = time.perf_counter()
            did(fleet)
            kept = time.perf_counter() - first
        return {"seconds": first - began, "kept_seconds": kept}


def did(fleet: Fleet) -> None:
    task = Task("web-1", Run(new_id(), "mkdir -p a; echo one >a/b; cat a/b"))
    (done,) = [event for event in fleet.run([task], tick=0.1) if isinstance(event, Done)]
    assert done.result == Outcome("ended", 0, 4)


def test_a_phase_is_over_in_few_round_trips(tmp_path: Path) -> None:
    with sshd.running(tmp_path / "web-1") as host:

        @contextmanager
        def phases(port: int) -> Iterator[Phases]:
            yield Phases(host, port)

        for _ in range(TRIES):
            found = round_trips(phases, host.port)
            over = {name: found[name] for name, most in limits(found).items() if found[name] > most}
            if not over:
                break

    assert found.keys() == {"round_trips_cold", "round_trips_kept"}
    assert over == {}
