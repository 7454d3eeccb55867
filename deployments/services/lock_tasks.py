"""Heaven's deploy:lock and deploy:unlock, created as deployments at GitHub: they lock a place here.

Nobody approves them: who may not lock is told so, and may ask somebody who may.
"""

from __future__ import annotations

from django.db import transaction

from deployments import lines
from deployments.exceptions import DeploymentError, NotAllowed
from deployments.models import Environment, ForgeDeployment, Person
from deployments.services import locks, refusals
from deployments.services.lifecycle import Door
from deployments.services.looking import Wish

LOCK, UNLOCK = "deploy:lock", "deploy:unlock"
APPROVED = ", so somebody has to approve it."  # how it ends why a deployment needs that


def is_one(place: Environment, task: str) -> bool:
    """Return whether this locks or unlocks; a task of the app that is called so is the app's."""
    return task in (LOCK, UNLOCK) and task not in place.effective_settings.get("tasks", {})


def perform(
    row: ForgeDeployment, place: Environment, person: Person | None, because: str, wish: Wish
) -> str:
    """Lock or unlock once, however often it is told, and say what came of it.

    Within the transaction that ends what told of it. `because`: why it is not the person's wish.
    """
    asked = f"{row.login} asked for {wish.task} of {place} at GitHub."
    if row.done:
        return f"{asked} {row.done} Nothing is done again."
    try:
        if person is None or because:
            raise NotAllowed(_not_theirs(place, because, wish.task))
        with transaction.atomic():
            done = _do(place, Door(person, "webhook"), wish)
    except DeploymentError as error:
        refusals.note(row, str(error), ours=True)
        return f"{asked} {error}"
    refusals.note_done(row, done)
    return f"{asked} {done}"


def _do(place: Environment, door: Door, wish: Wish) -> str:
    if wish.task == LOCK:
        locks.take(place, door, reason=wish.why)
        return f"{place} was locked by {door.person}."
    locks.release(place, door)
    return f"{place} was unlocked by {door.person}."


def _not_theirs(place: Environment, because: str, task: str) -> str:
    line = (lines.lock if task == LOCK else lines.unlock)(place.application.name, place.name)
    why, _, advice = because.partition(APPROVED)
    return f"{why}, and a lock is approved by nobody.{advice} Say “{line}” here."
