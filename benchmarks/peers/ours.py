"""Shipmate's runner as a deployment uses it: each run durable, under the wrapper, in one fleet.

A turn is five phases. The first signs in to each host; the others go over the kept connections.
"""

from __future__ import annotations

import time
from uuid import uuid4

from benchmarks.peers import turns
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Done, Output
from deployments.runner.follow import Outcome, Run
from deployments.runner.hosts import Target
from deployments.runner.jobs import Task

FURTHER = 4
TICK = 0.1


def main() -> None:
    hosts = turns.inventory()
    private = hosts.login.read_text()
    targets = [
        Target(host.name, "127.0.0.1", host.port, hosts.user, private, (host.host_key,))
        for host in hosts.hosts
    ]

    def turn() -> dict[str, float]:
        began, cpu = time.perf_counter(), turns.used()
        with Fleet(targets) as fleet:
            _phase(fleet, hosts)
            first, first_cpu = time.perf_counter(), turns.used()
            for _ in range(FURTHER):
                _phase(fleet, hosts)
            last, last_cpu = time.perf_counter(), turns.used()
        closing, closing_cpu = time.perf_counter() - last, turns.used() - last_cpu
        return {
            "seconds": first - began + closing,
            "cpu": first_cpu - cpu + closing_cpu,
            "kept_seconds": (last - first) / FURTHER,
            "kept_cpu": (last_cpu - first_cpu) / FURTHER,
        }

    turns.answer(turn)


def _phase(fleet: Fleet, hosts: turns.Inventory) -> None:
    nobody_else = uuid4().hex
    tasks = [
        Task(host.name, Run(f"{nobody_else}.{host.name}", turns.SCRIPT)) for host in hosts.hosts
    ]
    said = {host.name: b"" for host in hosts.hosts}
    done = 0
    for event in fleet.run(tasks, tick=TICK):
        match event:
            case Output(host=name, data=data):
                said[name] += data
            case Done(host=name, result=Outcome(word="ended", code=0)):
                done += said[name].endswith(f"{turns.LAST_LINE}\n".encode())
    turns.expect(done, hosts)


if __name__ == "__main__":
    main()
