"""What waits, for what, and who or what clears it. Told from what is at hand; asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from deployments.models import Deployment, Environment, Lock, Person
from deployments.selectors import locks

Status = Deployment.Status
Wait = Deployment.Wait
# What is told of a pending one that has no note, and who or what lets it go on.
CLEARED_BY = {
    Wait.APPROVAL: ("Nobody has approved it yet.", "It goes on when somebody who may approves it."),
    Wait.REPOSITORY: (
        "Its repository has not answered yet.",
        "It is asked again and again, and goes on when it answers.",
    ),
    Wait.MERGE: (
        "The default branch is merged into it first.",
        "It goes on by itself when that is done and its checks have passed.",
    ),
    Wait.CHECKS: ("Its checks have not passed yet.", "It goes on when they have passed."),
}


@dataclass(frozen=True)
class Reason:
    """Why one deployment does not begin yet."""

    code: str  # approval, repository, merge, checks, locked, running, behind, no_worker, worker
    text: str
    clears: str
    url: str = ""


def reasons(
    unfinished: Sequence[Deployment],
    held: Mapping[int, Lock],
    workers: int,
    reader: Person | None = None,
) -> dict[int, Reason]:
    """Return the reason of each that waits. They come with their people and environments."""
    going = {one.environment_id: one for one in unfinished if one.status == Status.IN_PROGRESS}
    ahead: dict[int, Deployment] = {}
    found = {}
    for one in sorted(unfinished, key=_turn):
        place = one.environment_id
        if one.status == Status.PENDING:
            found[one.pk] = _cleared_by(one)
        elif one.status == Status.QUEUED:
            lock = held.get(place)
            if lock is not None and lock.person_id != one.person_id:
                found[one.pk] = _locked(lock, reader)
                continue  # others need not wait for it
            found[one.pk] = _behind(going.get(place), ahead.get(place)) or _worker(workers)
            ahead[place] = one
    return found


def places(unfinished: Sequence[Deployment]) -> dict[int, int]:
    """Return whose turn it is when: 1, 2, 3 … of those that wait for a turn."""
    queued = [one for one in unfinished if one.status == Status.QUEUED]
    return {one.pk: place for place, one in enumerate(sorted(queued, key=_turn), 1)}


def lines(unfinished: Sequence[Deployment]) -> dict[int, list[Deployment]]:
    """Return what is on its way in each environment: what runs comes before what waits for it."""
    found: dict[int, list[Deployment]] = defaultdict(list)
    for one in sorted(unfinished, key=lambda d: (d.status != Status.IN_PROGRESS, d.pk)):
        found[one.environment_id].append(one)
    return found


def of(environments: Sequence[Environment]) -> dict[int, str]:
    """Say of each environment what is pending there, and for what it waits. One query."""
    rows = Deployment.objects.filter(environment__in=[e.pk for e in environments])
    found = defaultdict[int, list[str]](list)
    pending = rows.filter(status=Status.PENDING).order_by("pk")
    for number, place, wait in pending.values_list("pk", "environment", "waits_for"):
        found[place].append(f"#{number} waits for its {wait or Wait.REPOSITORY}")
    return {place: ", ".join(said) for place, said in found.items()}


def _turn(one: Deployment) -> tuple[bool, datetime, int]:
    moment = one.queued_at or one.created_at
    return one.queued_at is None, moment, one.pk


def _cleared_by(one: Deployment) -> Reason:
    wait = Wait(one.waits_for or Wait.REPOSITORY)
    text, clears = CLEARED_BY[wait]
    return Reason(wait.value, one.note or text, clears)


def _locked(lock: Lock, reader: Person | None) -> Reason:
    because = f": {lock.reason}" if lock.reason else ""
    return Reason(
        "locked",
        f"locked by {lock.person} {locks.end(lock, reader)}{because}",
        f"{lock.person} or a maintainer opens it.",
        f"{lock.environment.get_absolute_url()}#lock",
    )


def _behind(going: Deployment | None, ahead: Deployment | None) -> Reason | None:
    """Return what comes first in the same place: what waits there, or else what runs there."""
    first = ahead or going
    if first is None:
        return None
    code = "behind" if ahead else "running"
    pause = ", which is paused" if first.is_paused else ""
    text = f"after #{first.pk} by {first.person}{pause}"
    return Reason(code, text, "It begins when that has ended.", first.get_absolute_url())


def _worker(workers: int) -> Reason:
    if not workers:
        clears = "An administrator starts one: script/server."
        return Reason("no_worker", "until a deploy worker runs", clears)
    return Reason("worker", "next when a worker is free", "It begins by itself.")
