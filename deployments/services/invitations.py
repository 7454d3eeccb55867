"""Invitations: a link that makes one account with one role. Its text is kept nowhere."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from deployments import changes, rights
from deployments.exceptions import Invalid, NotFound
from deployments.models import Application, Environment, Invitation, Person, Role
from deployments.rights import Scope
from deployments.services import ledger, linked_accounts, people
from deployments.services.linked_accounts import Proof

LONGEST_DAYS = 30


def make(
    by: Person, role: str, scope: Scope = None, *, days: int = 3, note: str = ""
) -> tuple[Invitation, str]:
    """Return the invitation and the text of its link, which is never to be had again."""
    rights.require(by, "administer", scope)
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"An invitation is good for 1 to {LONGEST_DAYS} days.")
    text = secrets.token_urlsafe(32)
    invitation = Invitation(
        by=by,
        role=role,
        note=note.strip(),
        application=scope if isinstance(scope, Application) else None,
        environment=scope if isinstance(scope, Environment) else None,
        digest=_digest(text),
        expires_at=timezone.now() + timedelta(days=days),
    )
    with transaction.atomic():
        ledger.check(invitation)
        invitation.save()
        _record("invitation.made", by, invitation)
    return invitation, text


def open_for(by: Person) -> QuerySet[Invitation]:
    """Return those that nobody has used yet and that `by` may withdraw."""
    found = _open().select_related("by", "application", "environment__application")
    if rights.may(by, "administer"):
        return found
    held = by.roles.filter(name=rights.LEAST["administer"])
    return found.filter(application__role__in=held) | found.filter(environment__role__in=held)


def withdraw(invitation: Invitation, by: Person) -> None:
    """Make the link worthless."""
    rights.require(by, "administer", invitation.scope)
    with transaction.atomic():
        if _open().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
            _record("invitation.withdrawn", by, invitation)


def find(text: str) -> Invitation:
    """Return the invitation of this link. One that is used, over or withdrawn is as good as none,
    and so is one whose maker could not give the role any more."""
    return _whole(_open().filter(digest=_digest(text)))


def _whole(found: QuerySet[Invitation]) -> Invitation:
    invitation = found.select_related("by", "application", "environment__application").first()
    if invitation is None or not rights.may(invitation.by, "administer", invitation.scope):
        raise NotFound(
            "This invitation is of no use: it was used already, its time is over, or it was "
            "withdrawn. Ask whoever sent it for another."
        )
    return invitation


def accept(text: str, *, username: str, name: str, time_zone: str, password: str) -> Person:
    """Make the account and give it the role: once, whoever is quicker."""
    invitation = find(text)
    person = Person(username=username, name=name, time_zone=time_zone)
    _check(person, password)
    person.set_password(password)
    now = timezone.now()
    with transaction.atomic():
        if not _open().filter(pk=invitation.pk).update(used_at=now):
            find(text)  # says why not
        ledger.check(person)
        person.save()
        _used(invitation, person)
    return person


def accept_by(number: int, proof: Proof) -> Person:
    """Make the account of who came by the link and proved an account elsewhere: once."""
    with transaction.atomic():
        invitation = _whole(_open().filter(pk=number))
        if not _open().filter(pk=number).update(used_at=timezone.now()):
            _whole(Invitation.objects.none())  # says why not
        person = linked_accounts.make(proof)
        _used(invitation, person)
    return person


def _used(invitation: Invitation, person: Person) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(person=person)
    _record("invitation.used", person, invitation, new=person.username)
    people.give_role(person, invitation.role, invitation.scope, invitation.by)


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.filter(used_at=None, withdrawn_at=None, expires_at__gt=timezone.now())


def _check(person: Person, password: str) -> None:
    """Refuse what allauth's validators refuse, every fault at once."""
    adapter, faults = get_adapter(), []
    for check, arguments in (
        (adapter.clean_username, (person.username,)),
        (adapter.clean_password, (password, person)),
    ):
        try:
            check(*arguments)
        except ValidationError as error:
            faults += error.messages
    if faults:
        raise Invalid(" ".join(faults))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _record(verb: str, by: Person, invitation: Invitation, new: str = "") -> None:
    changes.record(
        verb,
        person=by,
        via="web",
        application=invitation.application,
        environment=invitation.environment,
        subject=str(invitation),
        new=new or Role.Name(invitation.role).value,
    )
