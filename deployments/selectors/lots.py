"""What became of a deployment on each of its hosts, and what each runs now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deployments import rollouts
from deployments.models import Deployment, PhaseRun, Placement
from deployments.selectors.phases import Phases

Status = PhaseRun.Status
ENDED = {"failure": "failed", "error": "could not be done", "cancelled": "was cancelled"}
NAMED = 8  # hosts of one kind that are named


@dataclass(frozen=True)
class Lot:
    """One host: how far it came."""

    host: str
    batch: int  # from 1
    status: str  # of a phase; success: all that matters ended well
    phase: str = ""  # where it stands or ended; empty: it has all behind it
    code: int | None = None
    note: str = ""
    runs: Deployment | None = None  # now, as last heard

    @property
    def is_done(self) -> bool:
        return self.status == Status.SUCCESS

    @property
    def words(self) -> str:
        """Say it in few words: “done”, “restart failed”, “not begun”."""
        if self.is_done:
            return "done"
        if self.status in ENDED:
            return f"{self.phase} {ENDED[self.status]}"
        if self.status == Status.WAITING:
            return f"waits for {self.phase}" if self.phase else "not begun"
        return f"{self.phase} is running"


def lots(deployment: Deployment, table: Phases) -> list[Lot]:
    """Return the lot of each host in the order of the batches."""
    rollout = rollouts.of(deployment.settings)
    placed = Placement.objects.filter(environment=deployment.environment_id)
    now = {row.host.name: row.current for row in placed.select_related("host", "current")}
    found = [
        _lot(row.host, row.mine, rollout.batch_of(row.host) + 1, now.get(row.host), deployment)
        for row in table.hosts
    ]
    return sorted(found, key=lambda lot: lot.batch)


def _lot(
    host: str, runs: Sequence[PhaseRun], batch: int, now: Deployment | None, one: Deployment
) -> Lot:
    left = [run for run in runs if not run.optional and run.status != Status.SUCCESS]
    if not left:
        return Lot(host, batch, Status.SUCCESS, runs=now)
    ended = next((run for run in left if run.status in ENDED), left[0])
    if ended.status == Status.WAITING and one.is_finished:
        return Lot(host, batch, Status.WAITING, runs=now)
    return Lot(host, batch, ended.status, ended.phase, ended.code, ended.note, now)


def in_short(found: Iterable[Lot]) -> list[str]:
    """Say the same in a line for each kind: “restart failed: web-2, web-3”."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for lot in found:
        kinds[lot.words].append(lot.host)
    return [f"{words}: {_named(hosts)}" for words, hosts in kinds.items()]


def _named(hosts: list[str]) -> str:
    more = f" and {len(hosts) - NAMED} more" if len(hosts) > NAMED else ""
    return ", ".join(hosts[:NAMED]) + more
