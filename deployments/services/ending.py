"""Ending what runs on hosts, and remembering what could not be ended until its host has looked."""

from __future__ import annotations

from deployments import changes
from deployments.models import Deployment, PhaseRun
from deployments.runner.flow import Cancelled, Result, Trouble
from deployments.runner.follow import Outcome, Run
from deployments.runner.jobs import Task
from deployments.runner.masking import mask_text
from deployments.selectors import phases
from deployments.services.verdict import HostVerdict, Stopped, Verdict, mixed, of_host
from deployments.services.work import (
    OVER,
    TICK,
    Status,
    Work,
    are_begun,
    keep,
    reason_to_stop,
    stop,
    switched,
)

GRACE = 10.0  # seconds between asking a command to end and ending it
_GONE = ("gone", "cancelled")


def end_when_asked(work: Work, runs: list[PhaseRun]) -> None:
    """End the runs when somebody asked for it, or when time is up."""
    if work.stopping is None and (verdict := reason_to_stop(work)) is not None:
        stop(work, verdict)
        left = [run.host for run in runs if run.status not in OVER]
        work.ending.update(left)
        work.fleet.request_cancel(left, grace=GRACE)


def stop_between(work: Work) -> None:
    """Where no host is at work, stopping is saying so."""
    verdict = reason_to_stop(work)
    if verdict is not None and not are_begun(work.deployment):
        work.stopping = verdict
        raise Stopped(after_stopping(work, []))


def after_stopping(work: Work, failed: list[HostVerdict]) -> Verdict:
    """Say what could not be ended, or not be asked, rather than that all is well."""
    verdict = work.stopping or Verdict(Deployment.Status.CANCELLED)
    unknown = (verdict.note for verdict in failed if verdict.status == Status.ERROR)
    doubts = dict.fromkeys([*phases.doubts(work.deployment), *unknown])
    sentences = (f"{doubt.rstrip('.')}." for doubt in doubts)
    notes = [verdict.note, *sentences, mixed(switched(work), work.hosts)]
    return Verdict(verdict.status, verdict.reason, " ".join(filter(None, notes)))


def note_what_is_left(work: Work, run: PhaseRun, result: Result) -> None:
    """Keep what a host said to a wish to end a run, unless nothing is left there."""
    if isinstance(result, Outcome) and result.word in _GONE:
        _keep_doubt(work, run, "")
        return
    note = mask_text(of_host(run.host, run.phase, result, "").note, work.secrets.values())
    if isinstance(result, Outcome):  # what kept the host from answering was told as it happened
        work.log.say(run, f"[shipmate] {note}")
        _keep_doubt(work, run, note)
    elif not run.doubt:  # what the host said before stands until it says something else
        _keep_doubt(work, run, note)


def look_again(work: Work) -> None:
    """Have hosts end, and look for, what they could not end for a worker before this one."""
    doubted = {run.host: run for run in work.deployment.phase_runs.exclude(doubt="")}
    tasks = [Task(host, Run(run.run_id, script="")) for host, run in doubted.items()]
    for event in work.fleet.end(tasks, grace=GRACE, tick=TICK) if tasks else ():
        work.tick()
        match event:
            case Trouble(host=host, text=text):
                work.log.say(doubted[host], f"[shipmate] {text}")
            case Cancelled(host=host, result=result):
                note_what_is_left(work, doubted[host], result)
                _correct(work, doubted[host], result)


def _correct(work: Work, run: PhaseRun, result: Result) -> None:
    """Take back that a run may still be there, once its host has said that it is not."""
    if run.status == Status.ERROR and not run.doubt and isinstance(result, Outcome):
        keep(work, [run], status=Status.CANCELLED, code=result.code, reason="", note="")


def _keep_doubt(work: Work, run: PhaseRun, text: str) -> None:
    """Keep it with its Change, so that thread and page tell of it at once."""
    if text == run.doubt:
        return
    with work.lease.fence():
        PhaseRun.objects.filter(pk=run.pk).update(doubt=text)
        changes.record("deployment.doubt", deployment=work.deployment, subject=run.host, note=text)
    run.doubt = text
