"""Second factors: codes of an authenticator app, and recovery codes. allauth keeps and checks them;
here is what Shipmate adds: the record, who owes one, and the way back for who lost a telephone."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction

from deployments import changes, rights
from deployments.exceptions import Invalid
from deployments.models import Person
from deployments.rights import RANK

KINDS = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def has_one(person: Person) -> bool:
    """Return whether signing in takes more than the password."""
    mine = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP)
    return bool(mine.exists())


def is_owed(person: Person, least: str) -> bool:
    """Return whether the person has that role or more somewhere, and no second factor."""
    names = [name for name, rank in RANK.items() if rank >= RANK[least]]
    held = person.is_superuser or person.roles.filter(name__in=names).exists()
    return held and not has_one(person)


def record(verb: str, person: Person, kind: str, by: Person | None = None) -> None:
    """Record that a second factor was added, removed or made anew, by its owner or by another."""
    with transaction.atomic():
        changes.record(
            f"second_factor.{verb}",
            person=by or person,
            via="web",
            subject=person.username,
            new=KINDS.get(Authenticator.Type(kind), kind),
        )


def remove(person: Person, by: Person) -> None:
    """Let a person who lost the telephone sign in with the password alone, until they set up
    another."""
    rights.require(by, "administer")
    if not has_one(person):
        raise Invalid(f"{person} has no second factor.")
    with transaction.atomic():
        Authenticator.objects.filter(user=person).delete()
        record("removed", person, Authenticator.Type.TOTP, by)
