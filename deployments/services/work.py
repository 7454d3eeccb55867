"""What carrying out a deployment needs at hand, and when it has to stop."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from shlex import quote

from django.utils import timezone

from deployments import rollouts
from deployments.durability import redone_if_lost
from deployments.models import Deployment, PhaseRun, Placement
from deployments.providers.contract import Phase
from deployments.rollouts import Rollout
from deployments.runner.fanout import Fleet
from deployments.runner.follow import Run
from deployments.runner.jobs import Task
from deployments.services.lease import STEP, Lease
from deployments.services.logs import LogWriter
from deployments.services.moves import BEGUN
from deployments.services.verdict import HostVerdict, Verdict

Status = PhaseRun.Status
TICK = 0.1  # seconds between looks at leases, time-outs and the writing of logs
OVER = frozenset({Status.SUCCESS, Status.FAILURE, Status.ERROR, Status.CANCELLED})


@dataclass
class Work:
    """One worker's hold on one deployment."""

    deployment: Deployment
    lease: Lease
    log: LogWriter
    fleet: Fleet
    secrets: dict[str, str] = field(repr=False)
    stopping: Verdict | None = None  # set once the runs on the hosts are being ended
    ending: set[str] = field(default_factory=set)  # hosts that were asked, and have not answered
    silent: float = 0.0  # seconds in which this worker listened, and no host printed
    ticked: float = field(default_factory=time.monotonic)

    @cached_property
    def rollout(self) -> Rollout:
        return rollouts.of(self.deployment.settings)

    @property
    def hosts(self) -> int:
        return len(self.deployment.settings["hosts"])

    def setting(self, name: str, default: int) -> float:
        return float(self.deployment.settings["settings"].get(name) or default)

    def hears(self) -> None:
        self.silent = 0.0

    def tick(self) -> None:
        """Do what is due whatever the hosts do: keep the log, and see that the hold is not lost."""
        now = time.monotonic()
        # A process that stood still has not listened: that is no silence of the hosts.
        self.silent += min(now - self.ticked, STEP)
        self.ticked = now
        self.log.flush_when_due()
        self.lease.check()


def reason_to_stop(work: Work) -> Verdict | None:
    """Return why the deployment goes no further: somebody asked, or time is up."""
    if work.lease.stop_asked.is_set():
        return Verdict(Deployment.Status.CANCELLED)
    if work.deployment.reason:  # a worker before this one began to end it
        return Verdict(Deployment.Status.FAILURE, work.deployment.reason, work.deployment.note)
    silence, total = work.setting("silence_seconds", 600), work.setting("total_seconds", 1800)
    if work.silent > silence:
        return _timed_out(f"nothing was printed for {silence:.0f} seconds")
    if work.lease.spent > total:
        return _timed_out(f"it took longer than {total:.0f} seconds")
    return None


def stop(work: Work, verdict: Verdict) -> None:
    """Keep why the runs are ended before they are, for a worker that may have to go on with it."""
    work.stopping = verdict
    work.lease.write(reason=verdict.reason, note=verdict.note)


def _timed_out(why: str) -> Verdict:
    return Verdict(Deployment.Status.FAILURE, "timed_out", f"Ended because {why}.")


def runs_of(work: Work, phase: Phase, hosts: Iterable[str]) -> dict[str, PhaseRun]:
    """Return the phase's rows on these hosts, by host."""
    # They know their deployment.
    rows = work.deployment.phase_runs.filter(phase=phase.name, host__in=list(hosts))
    return {run.host: run for run in rows}


def are_begun(deployment: Deployment) -> bool:
    """Return whether a host may be at work."""
    return PhaseRun.objects.filter(deployment=deployment, status__in=BEGUN).exists()


def task(work: Work, phase: Phase, run: PhaseRun) -> Task:
    """Return what the host is to do: start, or attach where a worker before has begun."""
    return Task(
        host=run.host,
        run=Run(run.run_id, with_secrets(phase.scripts[run.host], work.secrets)),
        offset=run.offset,
        asked=_begun_for(run),
        known=run.status == Status.RUNNING,
    )


def _begun_for(run: PhaseRun) -> float | None:
    """Return how many seconds ago its host may have been told to start it."""
    if run.status not in BEGUN:
        return None
    return (timezone.now() - run.started_at).total_seconds() if run.started_at else 0


def with_secrets(script: str, secrets: dict[str, str]) -> str:
    """Put the secrets in front; the script travels by stdin and lies on the host 0600."""
    exports = "".join(f"export {name}={quote(value)}\n" for name, value in secrets.items())
    return exports + script


def keep(work: Work, runs: Iterable[PhaseRun], **values: object) -> None:
    """Change phase runs' rows while this worker holds the deployment."""
    with work.lease.fence():
        for run in runs:
            PhaseRun.objects.filter(pk=run.pk).update(**values)
            for name, value in values.items():
                setattr(run, name, value)


def keep_lightly(work: Work, runs: Iterable[PhaseRun], **values: object) -> None:
    """Keep what a host tells again if it is lost: a commit for each of many need not wait."""
    with redone_if_lost():
        keep(work, runs, **values)


def finish(work: Work, run: PhaseRun, verdict: HostVerdict) -> None:
    """Keep how the phase ended on this host, after the last of its output."""
    note = work.log.masker.whole(verdict.note)
    if verdict.status == Status.ERROR:
        work.log.say(run, f"[shipmate] {note}")
    work.log.finish(run)
    keep_lightly(
        work,
        [run],
        status=verdict.status,
        code=verdict.code,
        reason=verdict.reason,
        note=note,
        finished_at=timezone.now(),
    )


def note_version(work: Work, host: str) -> None:
    """Remember what this host runs now. It is noted before the phase ends there: again, if lost."""
    with redone_if_lost(), work.lease.fence():
        Placement.objects.filter(
            environment=work.deployment.environment_id, host__name=host
        ).update(
            current=work.deployment,
            says=work.deployment.sha,
            heard_at=timezone.now(),
            silence="",
        )


def note_brought(work: Work, hosts: Iterable[str]) -> None:
    """Remember what hosts run, as a program said whose word is all that there is."""
    with work.lease.fence():
        Placement.objects.filter(
            environment=work.deployment.environment_id, host__name__in=hosts
        ).update(current=work.deployment, says="", heard_at=None, silence="")


def switched(work: Work) -> int:
    """Return how many hosts run what this deployment brought."""
    return Placement.objects.filter(
        environment=work.deployment.environment_id, current=work.deployment
    ).count()
