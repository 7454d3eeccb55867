"""The code on its way to the hosts. Doing it again after a crash is harmless."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from django.utils import timezone

from deployments.forges import archive
from deployments.models import PhaseRun
from deployments.runner.flow import Done, Progress, Trouble
from deployments.runner.follow import Outcome
from deployments.selectors import code
from deployments.services.verdict import of_host
from deployments.services.work import TICK, Work, finish, keep

BLOCK = 1 << 18


def send(work: Work, name: str, runs: list[PhaseRun], stop_if_asked: Callable[[], None]) -> None:
    """Send the commit's archive to each host; a host that could not take it has ended."""
    deployment = work.deployment
    mirror = code.mirror(deployment.environment.application, deployment.sha)
    made = archive.archive(mirror, deployment.sha)
    keep(work, runs, started_at=timezone.now())
    for run in runs:
        work.log.say(run, f"[shipmate] sending {made.files} files, {made.size / 1000:,.0f} kB")

    def chunks(compressed: bool) -> Iterator[bytes]:
        return _blocks(made.path) if compressed else archive.uncompressed(made.path)

    by_host = {run.host: run for run in runs}
    work.hears()
    for event in work.fleet.upload(by_host, name, chunks, tick=TICK):
        if isinstance(event, Progress | Done):
            work.hears()
        if isinstance(event, Trouble):
            work.log.say(by_host[event.host], f"[shipmate] {event.text}")
        if isinstance(event, Done):
            _note(work, by_host[event.host], event)
        work.tick()
        stop_if_asked()


def _note(work: Work, run: PhaseRun, event: Done) -> None:
    if isinstance(event.result, Outcome) and event.result.word == "ended":
        keep(work, [run], sent=event.result.position or 0)
    else:
        finish(work, run, of_host(run.host, run.phase, event.result, "command"))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
