"""A deployment that somebody created at GitHub is performed here, once, on the authority of whose
account that is here; without one it waits for somebody's approval."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from deployments import rights
from deployments.durations import duration
from deployments.exceptions import DeploymentError, Refused, RepositoryAway
from deployments.forges.github import wishes
from deployments.models import Deployment, Environment, ForgeDeployment, Person, Repository
from deployments.providers.contract import RELEASE
from deployments.selectors import forge_accounts, slugs, tasks
from deployments.services import (
    approvals,
    lifecycle,
    lock_tasks,
    memberships,
    queue,
    refusals,
    reports,
    strangers,
)
from deployments.services.lifecycle import Door
from deployments.services.looking import Look, Wish, look

Status = Deployment.Status
SLOW_CLOCK = 300  # seconds that GitHub's clock may be before this one


@dataclass(frozen=True)
class Creation:
    """What is said of a deployment that was created at GitHub."""

    remote_id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str
    payload: dict[str, Any]
    base_url: str  # of the API that `uid` is counted by
    uid: int  # of who created it
    login: str
    created_at: datetime | None


@dataclass(frozen=True)
class Found:
    """What is to come of it: a deployment, with or without approval, or a refusal in sentences."""

    creation: Creation
    looked_at: datetime  # by which its age is judged
    refusal: str = ""
    place: Environment | None = None
    person: Person | None = None  # whose account it is
    unproved: str = ""  # why nobody can tell whether that account created it; empty: it did
    because: str = ""  # why somebody has to approve it
    wish: Wish = Wish()  # noqa: RUF009  frozen
    seen: Look | None = None


def known(repository: Repository, remote_id: int) -> Deployment | None:
    """Return what this was made into before."""
    made = ForgeDeployment.objects.select_related("deployment")
    found = made.filter(repository=repository, remote_id=remote_id).first()
    return found.deployment if found is not None else None


def look_at(
    repository: Repository,
    creation: Creation,
    unproved: str = "",
    looked_at: datetime | None = None,
) -> Found:
    """Say what is to come of it. Asks the forge, so no transaction is open. Makes nothing.

    `unproved`: why GitHub could not be asked whether this is true. Then it is nobody's.
    `looked_at`: the moment by which its age is judged, if that is not now. Raises RepositoryAway
    where nobody can tell yet whose it is.
    """
    person = None if unproved else forge_accounts.person_of(creation.base_url, creation.uid)
    found = Found(creation, looked_at or timezone.now(), person=person, unproved=unproved)
    try:
        place, wish = _meant(repository, creation)
        found = replace(found, place=place, wish=wish, because=_because(found, place))
        if lock_tasks.is_one(place, wish.task):
            return found
        asker = None if found.because else person
        return replace(found, seen=look(place, asker, wish))
    except RepositoryAway:
        raise  # it is asked again later
    except Refused as error:
        return replace(found, refusal=" ".join(error.reasons))
    except DeploymentError as error:
        return replace(found, refusal=str(error))


def perform(repository: Repository, found: Found) -> str:
    """Make the deployment, unless it was made before, and say what came of it.

    Within the transaction that ends what told of it.
    """
    row = _row(repository, found.creation)
    if row.deployment is not None:
        return f"It is #{row.deployment.pk} here already; nothing is done again."
    if found.place is not None and lock_tasks.is_one(found.place, found.wish.task):
        return lock_tasks.perform(row, found.place, found.person, found.because, found.wish)
    if found.place is None or found.seen is None:
        refusals.note(row, found.refusal, ours=found.place is not None)
        what = f"Deployment {row.remote_id}, which {row.login} created at GitHub"
        return f"{what}, is not performed. {found.refusal}"
    place, seen = found.place, found.seen
    queue.settle(place.pk)  # nothing else is made there until the transaction ends
    found = replace(found, because=found.because or _overtaken(row, place, found.wish))
    made = _make(found, place, seen)
    # The row may be older, of a delivery that said something else.
    ForgeDeployment.objects.filter(pk=row.pk).update(
        **_told(found.creation), deployment=made, refusal="", answer_due_at=None
    )
    return _words(found, made)


def _row(repository: Repository, creation: Creation) -> ForgeDeployment:
    """Return its row, which nobody else changes until the transaction ends."""
    ForgeDeployment.objects.get_or_create(
        repository=repository, remote_id=creation.remote_id, defaults=_told(creation)
    )
    rows = ForgeDeployment.objects.select_for_update(of=("self",)).select_related("deployment")
    return rows.get(repository=repository, remote_id=creation.remote_id)


def _told(creation: Creation) -> dict[str, Any]:
    """Return what is kept of who created it."""
    names = ("base_url", "uid", "login", "created_at")
    return {name: getattr(creation, name) for name in names}


def _meant(repository: Repository, creation: Creation) -> tuple[Environment, Wish]:
    """Return where it is to go and what is wished. It chooses among what is configured here."""
    said = creation.payload
    where = slugs.every_app_of(repository)
    place = slugs.environment_in(where, creation.environment, *wishes.chosen(said))
    return place, Wish(
        ref=creation.sha,
        task=tasks.called(place, creation.task),
        hosts=wishes.hosts(said.get("hosts")),
        parameters=wishes.parameters(said.get("parameters")),
        why=wishes.why(creation.description, said.get("notify")),
        is_patient=True,
    )


def _because(found: Found, place: Environment) -> str:
    """Say why somebody has to approve it; empty: it may begin by itself."""
    creation, person = found.creation, found.person
    if found.unproved:
        why = f"Nobody can tell whether {creation.login} created it at GitHub"
        return f"{why}, so somebody has to approve it. {found.unproved}"
    if person is None:
        forge = strangers.forge_name(creation.base_url)
        why = f"{creation.login} at {forge} is linked to nobody here"
    elif not rights.may(person, "deploy", place):
        why = f"{person} may not deploy to {place}"
    else:
        where = place.application.repository
        why = _old(creation.created_at, found.looked_at) or memberships.doubt(where, creation)
    return f"{why}, so somebody has to approve it." if why else ""


def _old(created_at: datetime | None, looked_at: datetime) -> str:
    if created_at is None:
        return "GitHub does not say when it was created"
    age = (looked_at - created_at).total_seconds()
    if age < -SLOW_CLOCK:
        return "GitHub says that it was created in the future"
    if age <= settings.SHIPMATE_WEBHOOK_FRESH:
        return ""
    return f"It was created at GitHub {duration((timezone.now() - created_at).total_seconds())} ago"


def _overtaken(row: ForgeDeployment, place: Environment, wish: Wish) -> str:
    """Say why somebody has to approve one that comes behind a later one; empty: it does not.

    GitHub delivers in no order, and again what failed: an older release is not put over a newer.
    """
    later = ForgeDeployment.objects.filter(
        repository=row.repository_id, remote_id__gt=row.remote_id
    )
    asked = Q(deployment__status=Status.PENDING, deployment__waits_for=Deployment.Wait.APPROVAL)
    later = later.exclude(asked | Q(deployment__status=Status.CANCELLED))
    there = later.filter(deployment__environment=place, deployment__task=RELEASE)
    if not wish.is_release:
        return ""
    for one in there.select_related("deployment").order_by("-remote_id"):
        made = one.deployment
        if made and (not made.hosts or not wish.hosts or set(made.hosts) & set(wish.hosts)):
            return (
                f"GitHub's later deployment {one.remote_id} came before it, as #{made.pk}, so"
                " somebody has to approve it."
            )
    return ""


def _make(found: Found, place: Environment, seen: Look) -> Deployment:
    """Write it. What waits for approval is looked at again when that is given."""
    creation, wish = found.creation, found.wish
    person = found.person or strangers.stand_in(creation.base_url, creation.uid, creation.login)
    with transaction.atomic(), reports.born_there(creation.remote_id):
        made = lifecycle.create(
            place,
            Door(person, "webhook"),
            note=found.because or seen.away,
            ref=creation.ref or creation.sha,
            sha=creation.sha,
            subject=lifecycle.subject_of(place, seen.resolved),
            hosts=list(wish.hosts),
            task=wish.task,
            parameters=tasks.spelled(place, wish.parameters),
            why=wish.why,
        )
        if found.because:
            approvals.ask(made, found.because)
    return made


def _words(found: Found, made: Deployment) -> str:
    creation = found.creation
    what = f"{creation.login} created deployment {creation.remote_id} at GitHub"
    what = f"It is said that {what}" if found.unproved else what
    brings = f"#{made.pk} brings {made.ref} ({made.sha[:7]}) to {made.environment}"
    if found.because:
        return f"{what}. {brings} once it is approved: {found.because}"
    return f"{what}, and is {made.person} here. {brings}."
