"""The phases of a deployment in their order: on all hosts at once, or batch by batch.

The order comes from what was frozen, and how far it is from the rows: whoever takes over goes on
at the same step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.utils import timezone

from deployments import rollouts
from deployments.models import Deployment, PhaseRun
from deployments.providers.contract import Phase
from deployments.selectors import pauses
from deployments.services import phases
from deployments.services.ending import after_stopping, look_again, stop_between
from deployments.services.verdict import (
    HostVerdict,
    Paused,
    Stopped,
    Verdict,
    mixed,
    of_all,
    without,
)
from deployments.services.work import Status, Work, reason_to_stop, runs_of, switched


def carry_out(work: Work, planned: list[Phase]) -> Verdict:
    """Do each step unless it is done. A host that fails takes no further part."""
    look_again(work)
    steps = rollouts.steps([(list(p.scripts), p.by_batch) for p in planned], work.rollout)
    failed: dict[str, HostVerdict] = {}
    for position, step in enumerate(steps):
        phase = planned[step.phase]
        if step.is_behind_pause:
            _wait(work)
        work.lease.write(phase=phase.name, progress=100 * position // len(steps))
        fresh = _do(work, phase, [host for host in step.hosts if host not in failed])
        if not phase.optional:
            failed |= fresh
            if _is_over(work, phase, failed):
                return of_all(list(failed.values()), switched(work), work.hosts)
    if failed:
        return without(list(failed.values()), work.hosts)
    return Verdict(Deployment.Status.SUCCESS)


def _wait(work: Work) -> None:
    """Go past the pause where it is over; else end the task, or what nobody let go on."""
    deployment = work.deployment
    if deployment.went_on_at is not None:
        return
    stop_between(work)
    if deployment.paused_at is None or timezone.now() < pauses.given_up_at(deployment):
        raise Paused
    first, runs = pauses.first_host(deployment), mixed(switched(work), work.hosts)
    note = f"It was paused after {first}, and nobody let it go on in time. {runs}"
    raise Stopped(Verdict(Deployment.Status.FAILURE, "partly", note.strip()))


def _do(work: Work, phase: Phase, hosts: Iterable[str]) -> dict[str, HostVerdict]:
    """Do one step; return the hosts where it did not end well."""
    runs = runs_of(work, phase, hosts)
    phases.do(work, phase, runs)
    judged = {host: _failure(run) for host, run in runs.items()}
    failed = {host: verdict for host, verdict in judged.items() if verdict is not None}
    if failed and work.stopping is None:
        work.stopping = reason_to_stop(work)
    if work.stopping is not None:
        raise Stopped(after_stopping(work, list(failed.values())))
    return failed


def _is_over(work: Work, phase: Phase, failed: Collection[str]) -> bool:
    """Return whether the rest is stopped: more failed than may, or one that all depend on."""
    rollout = work.rollout
    if len(failed) > rollout.may_fail or len(failed) == work.hosts:
        return bool(failed)
    needed = set(phase.scripts) if len(phase.scripts) < work.hosts else set()  # it is for all
    if rollout.first:
        needed.update(rollout.batches[0])
    return not needed.isdisjoint(failed)


def _failure(run: PhaseRun) -> HostVerdict | None:
    """Judge a run by its row, also one that an earlier worker finished."""
    if run.status == Status.SUCCESS:
        return None
    return HostVerdict(run.status, run.code, run.note, run.reason or "lost")
