"""How far a deployment is on each of its hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from deployments.models import Deployment, PhaseRun

Status = PhaseRun.Status
WRONG = (Status.FAILURE, Status.ERROR)


@dataclass(frozen=True)
class PhaseSum:
    """One phase across all of its hosts."""

    name: str
    runs: list[PhaseRun]

    @property
    def status(self) -> str:
        """Return what is worst, or least far, among the hosts."""
        found = {run.status for run in self.runs}
        order = ("failure", "error", "cancelled", "running", "starting", "waiting")
        return next((status for status in order if status in found), "success")

    @property
    def done(self) -> int:
        return sum(run.status == Status.SUCCESS for run in self.runs)

    @property
    def started_at(self) -> datetime | None:
        return min((run.started_at for run in self.runs if run.started_at), default=None)

    @property
    def seconds(self) -> float | None:
        """Return how long it took on all hosts together, once it has ended on all."""
        ends = [run.finished_at for run in self.runs if run.finished_at]
        if self.started_at is None or len(ends) < len(self.runs):
            return None
        return (max(ends) - self.started_at).total_seconds()


@dataclass(frozen=True)
class HostRow:
    """One host across all phases; None where a phase is not for it."""

    host: str
    runs: list[PhaseRun | None]

    @property
    def mine(self) -> list[PhaseRun]:
        return [run for run in self.runs if run is not None]

    @property
    def status(self) -> str:
        return PhaseSum(self.host, self.mine).status

    @property
    def done(self) -> int:
        return sum(run.status == Status.SUCCESS for run in self.mine)

    @property
    def sent(self) -> int:
        return sum(run.sent for run in self.mine)

    @property
    def base(self) -> str:
        """Return the commit whose tree on the host was changed by what was sent."""
        return next((run.base for run in self.mine if run.base), "")

    @property
    def is_done(self) -> bool:
        """Return whether all that matters ended well there."""
        return all(run.status == Status.SUCCESS for run in self.mine if not run.optional)


@dataclass(frozen=True)
class Phases:
    phases: list[PhaseSum]
    hosts: list[HostRow]

    @property
    def done(self) -> int:
        """Return how many hosts have all their phases behind them."""
        return sum(host.is_done for host in self.hosts)

    @property
    def doubts(self) -> list[str]:
        """Return what hosts could not end, until they have looked again."""
        return [run.doubt for phase in self.phases for run in phase.runs if run.doubt]

    @property
    def has_long_names(self) -> bool:
        return any(len(host.host) > 7 for host in self.hosts)

    def only(self, host: str) -> Phases:
        """Return the table of one host alone."""
        phases = [PhaseSum(p.name, [r for r in p.runs if r.host == host]) for p in self.phases]
        rows = [row for row in self.hosts if row.host == host]
        return Phases([phase for phase in phases if phase.runs], rows)

    def named(self, phase: str) -> PhaseSum | None:
        return next((found for found in self.phases if found.name == phase), None)


def phases(deployment: Deployment) -> Phases:
    """Return the table of hosts and phases."""
    runs = list(deployment.phase_runs.all())
    names = list(dict.fromkeys(run.phase for run in runs))
    by_place = {(run.host, run.phase): run for run in runs}
    hosts = sorted({run.host for run in runs})
    return Phases(
        [PhaseSum(name, [run for run in runs if run.phase == name]) for name in names],
        [HostRow(host, [by_place.get((host, name)) for name in names]) for host in hosts],
    )


def first_wrong(found: Phases) -> PhaseRun | None:
    """Return the first phase that did not end well."""
    runs: Iterable[PhaseRun] = (run for phase in found.phases for run in phase.runs)
    return next((run for run in runs if run.status in WRONG), None)


def failed_hosts(deployment: Deployment) -> list[str]:
    """Return the hosts on which not all that matters has ended well, in their order."""
    left = deployment.phase_runs.exclude(optional=True).exclude(status=Status.SUCCESS)
    names = set(left.order_by().values_list("host", flat=True))
    return [host["name"] for host in deployment.settings.get("hosts", []) if host["name"] in names]


def doubts(deployment: Deployment) -> list[str]:
    """Return what hosts could not end, in sentences that stand until they have looked again."""
    return list(deployment.phase_runs.exclude(doubt="").values_list("doubt", flat=True))


def usual_seconds(deployment: Deployment) -> float | None:
    """Return how long one like it took in the middle of the last ten that succeeded."""
    past = Deployment.objects.filter(
        environment=deployment.environment_id, status="success", task=deployment.task
    ).exclude(pk=deployment.pk)
    if deployment.kind == Deployment.Kind.ROLLBACK:
        past = past.filter(kind=Deployment.Kind.ROLLBACK)
    else:
        past = past.exclude(kind=Deployment.Kind.ROLLBACK)
    took = [seconds for one in past[:10] if (seconds := one.seconds) is not None]
    return median(took) if took else None
