"""The code on its way to the hosts. Doing it again after a crash is harmless."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from deployments.models import PhaseRun
from deployments.providers.contract import Phase
from deployments.runner.delivery import Delivery
from deployments.runner.flow import Done, Progress, Told, Trouble
from deployments.runner.follow import Outcome
from deployments.selectors import code
from deployments.services.packing import Packer
from deployments.services.verdict import of_host
from deployments.services.work import TICK, Work, finish, keep


def send(work: Work, phase: Phase, runs: list[PhaseRun], stop_if_asked: Callable[[], None]) -> None:
    """Bring the commit's code to each host; a host that could not take it has ended."""
    deployment = work.deployment
    mirror = code.mirror(deployment.environment.application, deployment.sha)
    packer = Packer(mirror, deployment.sha)
    keep(work, runs, started_at=timezone.now())
    by_host = {run.host: run for run in runs}
    deliveries = {
        host: Delivery(packer, phase.upload, phase.trees.get(host, "")) for host in by_host
    }
    work.hears()
    for event in work.fleet.deliver(deliveries, tick=TICK):
        if packer.problem is not None:
            raise packer.problem
        if isinstance(event, Progress | Told | Done) or packer.is_busy:
            work.hears()
        if isinstance(event, Trouble | Told):
            work.log.say(by_host[event.host], f"[shipmate] {event.text}")
        if isinstance(event, Done):
            _note(work, by_host[event.host], event)
        work.tick()
        stop_if_asked()


def _note(work: Work, run: PhaseRun, event: Done) -> None:
    if isinstance(event.result, Outcome) and event.result.word == "ended":
        keep(work, [run], sent=event.result.position or 0, base=event.result.detail)
    else:
        finish(work, run, of_host(run.host, run.phase, event.result, "command"))
