"""Heaven's deploy:lock and deploy:unlock, created as deployments at GitHub or by its API here.

They lock a place. Nobody approves them: who may not lock is told so, and may ask somebody who may.
"""

from __future__ import annotations

from django.db import transaction

from deployments import lines
from deployments.exceptions import DeploymentError, NotAllowed
from deployments.models import Deployment, Environment, ForgeDeployment, LockTask, Person
from deployments.selectors import code
from deployments.selectors.tasks import LOCK, LOCKS
from deployments.services import lifecycle, locks, queue, refusals
from deployments.services.lifecycle import Door
from deployments.services.looking import Wish

APPROVED = ", so somebody has to approve it."  # how it ends why a deployment needs that


def is_one(place: Environment, task: str) -> bool:
    """Return whether this locks or unlocks; a task of the app that is called so is the app's."""
    return task in LOCKS and task not in place.effective_settings.get("tasks", {})


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


def ask(place: Environment, door: Door, wish: Wish) -> LockTask:
    """Lock or unlock for who asks, and keep that it was asked. The same request counts once.

    A place is locked whatever its repository says, so a ref that means nothing is no hindrance.
    """
    sha = _sha(place, wish.ref)
    with transaction.atomic():
        queue.settle(place.pk)
        known = _known(door)
        if known is not None:
            return known
        done = _do(place, door, wish)
        return LockTask.objects.create(
            environment=place,
            person=door.person,
            task=wish.task,
            ref=wish.ref,
            sha=sha,
            why=wish.why,
            done=done,
            key=door.unique,
            asked=door.asked,
        )


def _known(door: Door) -> LockTask | None:
    """Return what the same request did. Raises Refused if the key was another's."""
    made: Deployment | LockTask | None = lifecycle.find_by_key(door)
    made = made or LockTask.objects.filter(key=door.unique or "").first()
    if isinstance(made, Deployment) or (made is not None and made.asked != door.asked):
        raise lifecycle.another(made)
    return made


def _sha(place: Environment, ref: str) -> str:
    try:
        return code.resolve(place.application, ref).sha
    except DeploymentError:
        return ""


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
