"""What runs on which worker, what waits for what, and who does the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from deployments.models import Deployment, Lock, Person, Worker
from deployments.selectors import approvals, board, locks, progress, waiting
from deployments.selectors.progress import Progress
from deployments.selectors.waiting import Reason

ROLES = {
    "deploy": "Deploy workers carry out deployments.",
    "chat": "Chat workers answer in chat, and ask repositories.",
    "sweeper": "The sweeper finds again what was lost, and ends what is overdue.",
}
WITHOUT = {
    "deploy": "Nothing will start until a worker runs.",
    "chat": "Nobody answers in chat, and no repository is asked, until one runs.",
    "sweeper": "What is lost stays lost, and locks do not end, until it runs.",
}


@dataclass(frozen=True)
class Going:
    deployment: Deployment
    progress: Progress | None
    heard: datetime | None  # when its worker last said that it lives


@dataclass(frozen=True)
class Waits:
    deployment: Deployment
    reason: Reason
    place: int  # of those that wait for a turn; 0: it does not yet
    is_asked: bool  # for the approval of who looks


@dataclass(frozen=True)
class Machine:
    """The processes of one role on one machine."""

    name: str
    processes: int  # that were heard of lately
    heard: datetime
    started: datetime

    @property
    def is_silent(self) -> bool:
        return not self.processes


@dataclass(frozen=True)
class Crew:
    role: str
    does: str
    machines: list[Machine]

    @property
    def alive(self) -> int:
        return sum(machine.processes for machine in self.machines)

    @property
    def without(self) -> str:
        """Say what follows from there being none."""
        return "" if self.alive else WITHOUT[self.role]


@dataclass(frozen=True)
class Queue:
    going: list[Going]
    waiting: list[Waits]
    crews: list[Crew]


def queue(person: Person, silent_since: datetime) -> Queue:
    """Return all of it that the person may see, in as many queries for one as for a thousand."""
    unfinished = board.unfinished(person)
    hearts = list(Worker.objects.order_by("name"))
    crews = [_crew(role, hearts, silent_since) for role in ROLES]
    going = [one for one in unfinished if one.status == Deployment.Status.IN_PROGRESS]
    how_far = progress.of(going)
    seen = {heart.name: heart.seen_at for heart in hearts}
    return Queue(
        [Going(one, how_far.get(one.pk), seen.get(f"deploy@{one.worker}")) for one in going],
        _waiting(person, unfinished, crews[0].alive),
        crews,
    )


def _waiting(person: Person, unfinished: Sequence[Deployment], workers: int) -> list[Waits]:
    """Return what waits: first whose turn comes first."""
    why = waiting.reasons(unfinished, _held(unfinished), workers, person)
    places = waiting.places(unfinished)
    asked = {one.pk for one in approvals.among(person, unfinished)}
    found = [
        Waits(one, why[one.pk], places.get(one.pk, 0), one.pk in asked)
        for one in unfinished
        if one.pk in why
    ]
    return sorted(found, key=lambda each: (each.place == 0, each.place, each.deployment.pk))


def _held(unfinished: Sequence[Deployment]) -> dict[int, Lock]:
    return locks.of({one.environment_id: one.environment for one in unfinished}.values())


def _crew(role: str, hearts: Sequence[Worker], silent_since: datetime) -> Crew:
    by_machine: dict[str, list[Worker]] = {}
    for heart in hearts:
        if heart.role == role:
            machine = heart.name.partition("@")[2].rpartition(":")[0] or heart.name
            by_machine.setdefault(machine, []).append(heart)
    return Crew(role, ROLES[role], [_machine(*each, silent_since) for each in by_machine.items()])


def _machine(name: str, hearts: Sequence[Worker], silent_since: datetime) -> Machine:
    alive = [heart for heart in hearts if heart.seen_at > silent_since]
    return Machine(
        name,
        len(alive),
        max(heart.seen_at for heart in hearts),
        min(heart.started_at for heart in alive or hearts),
    )
