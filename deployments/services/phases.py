"""One phase on some hosts at once: sent, started or attached to, followed, judged, asked."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from django.utils import timezone

from deployments.models import PhaseRun
from deployments.providers.contract import Phase
from deployments.runner.flow import Cancelled, Done, Event, Known, Output, Result, Trouble
from deployments.runner.follow import Outcome, Run
from deployments.runner.jobs import Task
from deployments.services import plan, probes, sending, workplaces
from deployments.services.ending import (
    end_when_asked,
    note_what_is_left,
    stop_between,
)
from deployments.services.verdict import (
    HostVerdict,
    of_host,
)
from deployments.services.work import (
    OVER,
    TICK,
    Status,
    Work,
    finish,
    keep,
    keep_lightly,
    note_brought,
    note_version,
    reason_to_stop,
    stop,
    task,
)

Runs = dict[str, PhaseRun]
_WELL = HostVerdict(Status.SUCCESS, 0, "", "")


def do(work: Work, phase: Phase, runs: Runs) -> None:
    """Do one phase on the hosts where it has not ended yet."""
    fresh = [run for run in runs.values() if run.status == Status.WAITING]
    if fresh:
        stop_between(work)
    if fresh and plan.runs_here(work.deployment):
        _lay_out(work, fresh)
    if phase.upload and fresh:
        sending.send(work, phase, fresh, lambda: stop_between(work))
    left = {host: run for host, run in runs.items() if run.status not in OVER}
    good = _run(work, phase, left) if left else []
    if phase.confirm:
        _look_what_runs(work, phase, runs, good)
    if phase.brings and good:
        note_brought(work, phase.brings)
    _probe(work, phase, {host: left[host] for host in good})


def _lay_out(work: Work, fresh: list[PhaseRun]) -> None:
    """See to it that what runs on this machine has its folder."""
    made = workplaces.lay_out(work.deployment, plan.targets(work.deployment))
    work.hears()
    if made and (sha := work.deployment.sha):
        machine = work.deployment.settings["machine"]["name"]
        work.log.say(fresh[0], f"[shipmate] on {machine}, in a folder of its own, at {sha[:7]}")


def _run(work: Work, phase: Phase, runs: Runs) -> list[str]:
    """Start or attach; return the hosts where the script ended well."""
    tasks = [task(work, phase, run) for run in runs.values()]
    # Written before the hosts hear of it: a worker that takes over then knows that they may have.
    waiting = [run for run in runs.values() if run.status == Status.WAITING]
    keep(work, waiting, status=Status.STARTING, started_at=timezone.now())
    work.hears()
    events = work.fleet.run(tasks, tick=TICK)
    # Before the hosts hear of it too: what is not wanted any more must not begin.
    end_when_asked(work, list(runs.values()))
    return _follow(work, phase, runs, events)


def _follow(work: Work, phase: Phase, runs: Runs, events: Iterable[Event | None]) -> list[str]:
    """Take what the hosts send until each has ended; return those that ended well.

    Where a run is to be ended, its own end is not all: what it started may live on. It is kept
    once the host has looked, so that a worker that takes over asks again.
    """
    good: list[str] = []
    ended: dict[str, Result] = {}
    for event in events:
        match event:
            case Done(host=host, result=Outcome(word="ended", code=0)):
                good.append(host)
            case Done(host=host, result=result):
                ended[host] = result
            case Cancelled(host=host, result=result):
                work.ending.discard(host)
                note_what_is_left(work, runs[host], result)
            case Output() | Known() | Trouble():
                _take(work, runs[event.host], event)
        for host in ended.keys() - work.ending:
            finish(work, runs[host], _judge(work, phase, runs[host], ended.pop(host)))
        work.tick()
        end_when_asked(work, [run for host, run in runs.items() if host not in good])
    return good


def _take(work: Work, run: PhaseRun, event: Output | Known | Trouble) -> None:
    match event:
        case Output(data=data):
            work.hears()
            work.log.take(run, data)
        case Known():
            keep_lightly(work, [run], status=Status.RUNNING)
        case Trouble(text=text):
            work.log.say(run, f"[shipmate] {text}")


def _judge(work: Work, phase: Phase, run: PhaseRun, result: Result) -> HostVerdict:
    """Judge how a run ended; one that was ended by us did not fail by itself."""
    verdict = of_host(run.host, phase.name, result, phase.on_failure)
    ended_by_us = work.stopping or reason_to_stop(work)
    if ended_by_us and verdict.status in (Status.FAILURE, Status.CANCELLED):
        return HostVerdict(Status.CANCELLED, verdict.code, "", "")
    return verdict


def _look_what_runs(work: Work, phase: Phase, runs: Runs, good: list[str]) -> None:
    """Remember which hosts run the release; ask those where it began and did not end well."""
    for host in good:
        note_version(work, host)
    asked = [
        Task(run.host, Run(f"{run.run_id}-look-{work.deployment.epoch}", phase.confirm[run.host]))
        for run in runs.values()
        if run.status in OVER - {Status.SUCCESS} and run.reason != "unreachable"
    ]
    for event in work.fleet.run(asked, tick=TICK) if asked else ():
        work.tick()
        match event:
            case Done(host=host, result=Outcome(word="ended", code=0)):
                note_version(work, host)


def _probe(work: Work, phase: Phase, runs: Runs) -> None:
    """Ask each host's address, where one must answer, and end the phase there."""
    if runs and phase.probe and work.stopping is None:
        _ask(work, phase, runs)
    for run in runs.values():
        if run.status not in OVER:
            unasked = HostVerdict(Status.CANCELLED, 0, "", "") if phase.probe else _WELL
            finish(work, run, unasked)


def _ask(work: Work, phase: Phase, runs: Runs) -> None:
    """Ask until each has answered well or its time is up, or until the deployment is to stop."""
    addresses = {host["name"]: host["address"] for host in work.deployment.settings["hosts"]}
    urls = {host: phase.probe.replace("{host}", addresses.get(host, host)) for host in runs}
    with closing(probes.ask_all(urls, phase.probe_seconds, TICK)) as answers:
        for told in answers:
            work.hears()
            if told is not None:
                _take_answer(work, runs[told.host], told)
            work.tick()
            if (verdict := reason_to_stop(work)) is not None:
                stop(work, verdict)
                return


def _take_answer(work: Work, run: PhaseRun, told: probes.Told) -> None:
    work.log.say(run, told.text)
    if told.over and told.problem:
        finish(work, run, HostVerdict(Status.FAILURE, 0, told.problem, "health"))
    elif told.over:
        finish(work, run, _WELL)
