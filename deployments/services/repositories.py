"""Repositories, and what opens them at their forge."""

from __future__ import annotations

from deployments import changes, vault
from deployments.models import ForgeAccess, Person, Repository
from deployments.selectors.repositories import Look
from deployments.services import ledger


def keep(seen: Look, person: Person, *, via: str = "web") -> Repository:
    """Return the repository that was looked at, kept; two applications may share one.

    Called inside a transaction.
    """
    forge, given = seen.opening.forge, {"name": seen.name, "forge": seen.opening.forge}
    known = Repository.objects.select_for_update().filter(location=seen.location).first()
    if known is None:
        ledger.check(Repository(location=seen.location, **given))
        known, _ = Repository.objects.get_or_create(location=seen.location, defaults=given)
    if known.forge != forge:
        changes.record(
            "repository.changed", person=person, via=via,
            subject=f"{known} forge", old=known.forge, new=forge,
        )  # fmt: skip
        known.forge = forge
        known.save(update_fields=["forge"])
    _open(known, seen, person, via)
    return known


def _open(repository: Repository, seen: Look, person: Person, via: str) -> None:
    """Keep what opens it, in place of what did; git alone takes nothing along."""
    if seen.opening.forge != "github":
        if ForgeAccess.objects.filter(repository=repository).delete()[0]:
            _record("access.removed", repository, person, via)
        return
    if not seen.opening.secret:
        return
    mark = vault.fingerprint(seen.opening.secret)
    ForgeAccess.objects.update_or_create(
        repository=repository,
        defaults={
            "app": seen.opening.app,
            "secret_encrypted": vault.encrypt(seen.opening.secret),
            "fingerprint": mark,
            "failures": 0,
            "trouble": "",
            "rest_until": None,
        },
    )
    _record("access.set", repository, person, via, mark)


def _record(verb: str, repository: Repository, person: Person, via: str, mark: str = "") -> None:
    changes.record(verb, person=person, via=via, subject=str(repository), new=mark)
