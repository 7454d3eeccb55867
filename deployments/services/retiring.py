"""Names and ends: renaming, archiving and removing applications and environments.

What was deployed is never removed: its history, logs and record stay. What was deployed once is
archived; only what never was can be removed.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from deployments import changes, rights
from deployments.exceptions import Invalid
from deployments.models import Application, Deployment, Environment, Person
from deployments.services import ledger
from deployments.services.applications import check_name
from deployments.services.environments import check_meanings, folder

Thing = Application | Environment


def rename(thing: Thing, name: str, person: Person) -> None:
    """Give another name. Folders on hosts stay where they are: their paths are written down."""
    rights.require(person, "configure", thing)
    with transaction.atomic():
        kept = _locked(thing)
        _refuse_while_busy(thing, "renamed")
        old, kept.name = kept.name, name
        if isinstance(kept, Application):
            check_name(name)
        ledger.check(kept)
        if isinstance(kept, Environment):
            check_meanings(kept)
        for environment in _environments(thing):
            _keep_folder(environment)
        kept.save(update_fields=["name"])
        if isinstance(kept, Environment):
            _follow_default(kept, old)
        _record("renamed", kept, person, subject=name, old=old, new=name)
    thing.name = name


def archive(thing: Thing, person: Person) -> None:
    """Deploy nothing there any more and leave it out of the board. Hosts are not touched."""
    rights.require(person, "configure", thing)
    with transaction.atomic():
        _locked(thing)
        _refuse_while_busy(thing, "archived")
        rows = type(thing)._default_manager.filter(pk=thing.pk, archived_at=None)
        if rows.update(archived_at=timezone.now()):
            _record("archived", thing, person, subject=thing.name)


def revive(thing: Thing, person: Person) -> None:
    """Bring it back as it was."""
    rights.require(person, "configure", thing)
    with transaction.atomic():
        rows = type(thing)._default_manager.filter(pk=thing.pk).exclude(archived_at=None)
        if rows.update(archived_at=None):
            _record("revived", thing, person, subject=thing.name)


def remove(thing: Thing, person: Person) -> None:
    """Remove what nothing was ever deployed to, with its settings, secrets and roles."""
    scope = thing if isinstance(thing, Application) else thing.application
    rights.require(person, "configure", scope)
    with transaction.atomic():
        kept = _locked(thing)
        count = Deployment.objects.filter(environment__in=_environments(thing)).count()
        if count:
            raise Invalid(
                f"{thing} has {count} deployment{'s' * (count > 1)}, and their history would go "
                "with it. Archive it instead."
            )
        outlives = scope if scope != thing else None
        _record("removed", outlives, person, about=thing)
        kept.delete()


def _record(
    what: str,
    scope: Thing | None,
    person: Person,
    *,
    about: Thing | None = None,
    subject: str = "",
    old: str = "",
    new: str = "",
) -> None:
    """Record it of a thing that stays, or `about` one that goes."""
    named = about or scope
    kind = "application" if isinstance(named, Application) else "environment"
    changes.record(
        f"{kind}.{what}",
        person=person,
        via="web",
        application=scope if isinstance(scope, Application) else None,
        environment=scope if isinstance(scope, Environment) else None,
        subject=subject or str(named),
        old=old,
        new=new,
    )


def _refuse_while_busy(thing: Thing, what: str) -> None:
    busy = Deployment.objects.filter(
        environment__in=_environments(thing), status__in=["pending", "queued", "in_progress"]
    )
    numbers = [f"#{number}" for number in busy.order_by("pk").values_list("pk", flat=True)[:5]]
    if numbers:
        raise Invalid(
            f"{thing} is not {what} while {', '.join(numbers)} is not over. Wait for it, or "
            "cancel it first."
        )


def _environments(thing: Thing) -> Iterable[Environment]:
    if isinstance(thing, Application):
        return Environment.objects.filter(application=thing).select_related("application")
    return Environment.objects.filter(pk=thing.pk).select_related("application")


def _keep_folder(environment: Environment) -> None:
    environment.settings = {**environment.settings, "path": folder(environment)}
    environment.save(update_fields=["settings"])


def _follow_default(environment: Environment, old: str) -> None:
    Application.objects.filter(pk=environment.application_id, default_environment=old).update(
        default_environment=environment.name
    )


def _locked(thing: Thing) -> Thing:
    """Return it as it is now, and let nobody ask for a deployment there until the end."""
    rows = Environment.objects.select_for_update(of=("self",)).select_related("application")
    if isinstance(thing, Environment):
        return rows.get(pk=thing.pk)
    list(rows.filter(application=thing).order_by("pk"))  # first, as whoever asks does
    return Application.objects.select_for_update(of=("self",)).get(pk=thing.pk)
