"""Accounts elsewhere that are proven to be a person's, and let them in from then on.

The proof is a round trip: the person went there, signed in, and came back with what only that
account gets. Neither login nor e-mail address ever stands for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.account.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from deployments import changes, rights, typed
from deployments.exceptions import Invalid
from deployments.models import ForgeAccount, Person, VerifiedAddress
from deployments.selectors import ways
from deployments.selectors.ways import Way
from deployments.services import ledger, people

TAKEN = "{} is linked to somebody else here. Unlink it there first, or ask an administrator."
LONGEST_ADDRESS = 254
LONGEST = 140  # of a username; Django's own limit leaves room for a number behind it


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven: this account, at this place, is in the hands of who came back."""

    way: Way
    uid: str
    login: str
    name: str = ""
    # E-mail addresses that the other side has verified; None: it did not tell this time.
    addresses: tuple[str, ...] | None = ()

    def __str__(self) -> str:
        return f"{self.login} at {self.way.name}"


def of(person: Person) -> QuerySet[SocialAccount]:
    """Return the person's accounts elsewhere, also where that way in is not set any more."""
    mine: QuerySet[SocialAccount] = SocialAccount.objects.filter(user=person).order_by("pk")
    return mine


def named(person: Person) -> list[tuple[SocialAccount, str]]:
    """Return them, each with what it is called."""
    return [(account, name_of(account)) for account in of(person)]


def owner(proof: Proof) -> Person | None:
    """Return whose account it is here."""
    known = SocialAccount.objects.select_related("user")
    found = known.filter(provider=proof.way.place, uid=proof.uid).first()
    return found.user if found else None


def link(person: Person, proof: Proof) -> bool:
    """Let the account stand for the person; return whether it did not before."""
    if owner(proof) == person:
        return False
    try:
        with transaction.atomic():
            _link(person, proof)
    except IntegrityError:  # also of two at the same time
        raise Invalid(TAKEN.format(proof)) from None
    return True


def seen(proof: Proof) -> None:
    """Keep what the account is called now, and which addresses it has."""
    known = SocialAccount.objects.filter(provider=proof.way.place, uid=proof.uid)
    with transaction.atomic():
        account = known.select_for_update().first()
        if account is None:
            return
        known.update(extra_data={"login": proof.login})
        _keep_addresses(account, proof)
        if proof.way.key == "github":
            number = int(proof.uid)
            row = ForgeAccount.objects.filter(base_url=proof.way.place, uid=number)
            row.update(login=proof.login, member_at=_member_at(proof))


def unlink(person: Person, account: int) -> str:
    """End it, unless it is the only way in; return what it was called."""
    with transaction.atomic():
        kept = Person.objects.select_for_update().get(pk=person.pk)
        found = of(kept).filter(pk=account).first()
        if found is None:
            raise Invalid("This account is not linked to yours any more.")
        if not _other_ways_in(kept, found):
            raise Invalid(
                "This is your only way in. Ask an administrator for a password first, or link"
                " another account."
            )
        _unlink(found)
        changes.record("sign_in.unlinked", person=person, via="web", subject=name_of(found))
    return name_of(found)


def remove(person: Person, account: int, by: Person) -> str:
    """Let an administrator end it, also where it is the only way in; return what it was called."""
    rights.require(by, "administer")
    with transaction.atomic():
        found = of(person).filter(pk=account).first()
        if found is None:
            raise Invalid(f"This account is not linked to {person} any more.")
        _unlink(found)
        about = f"{person.username} as {name_of(found)}"
        changes.record("sign_in.removed", person=by, via="web", subject=about)
    return name_of(found)


def name_of(account: SocialAccount) -> str:
    """Say which account it is: octocat at GitHub."""
    way = ways.at(account.provider)
    login = str(account.extra_data.get("login") or account.uid)
    return f"{login} at {way.name if way else account.provider}"


def join(proof: Proof, role: str) -> Person:
    """Make a person of a member whom nobody knows here yet, with the role that settings state."""
    with transaction.atomic():
        made = make(proof)
        changes.record(
            "person.joined", person=made, via="web", subject=made.username, new=str(proof)
        )
        people.give_role(made, role, None, None, via="web")
    return made


def make(proof: Proof) -> Person:
    """Make a person without a password, whose way in is this account. Nobody's name is taken."""
    made = Person(username=_free_name(proof.login), name=typed.line(proof.name)[:120])
    made.set_unusable_password()
    try:
        with transaction.atomic():
            ledger.check(made)
            made.save()
            _link(made, proof)
    except IntegrityError:  # in another tab, at the same moment
        raise Invalid(TAKEN.format(proof)) from None
    return made


def _link(person: Person, proof: Proof) -> None:
    account = SocialAccount.objects.create(
        user=person,
        provider=proof.way.place,
        uid=proof.uid,
        extra_data={"login": proof.login},
    )
    _keep_addresses(account, proof)
    if proof.way.key == "github":
        ForgeAccount.objects.create(
            person=person,
            base_url=proof.way.place,
            uid=int(proof.uid),
            login=proof.login,
            member_at=_member_at(proof),
        )
    changes.record("sign_in.linked", person=person, via="web", subject=str(proof), new=proof.uid)


def _member_at(proof: Proof) -> datetime | None:
    """Return since when it is known to be a member's: who is none proves nothing here."""
    return timezone.now() if proof.way.members else None


def _keep_addresses(account: SocialAccount, proof: Proof) -> None:
    if proof.addresses is None:
        return
    now = {each.lower() for each in proof.addresses if 0 < len(each) <= LONGEST_ADDRESS}
    kept = VerifiedAddress.objects.filter(account=account)
    kept.exclude(address__in=now).delete()
    new = now - set(kept.values_list("address", flat=True))
    VerifiedAddress.objects.bulk_create(
        VerifiedAddress(account=account, address=each) for each in sorted(new)
    )


def _unlink(account: SocialAccount) -> None:
    if account.uid.isdigit():
        row = ForgeAccount.objects.filter(person=account.user, base_url=account.provider)
        row.filter(uid=int(account.uid)).delete()
    account.delete()


def _other_ways_in(person: Person, account: SocialAccount) -> bool:
    if person.has_usable_password():
        return True
    places = [way.place for way in ways.ways()]
    return of(person).exclude(pk=account.pk).filter(provider__in=places).exists()


def _free_name(login: str) -> str:
    """Return a username like the login that nobody has; a number tells two apart."""
    wanted = re.sub(r"[^\w.@+-]", "-", login)[:LONGEST].strip("-") or "person"
    number = 1
    while True:
        name = wanted if number == 1 else f"{wanted}-{number}"
        try:
            get_adapter().clean_username(name)
        except ValidationError:
            number += 1
        else:
            return name
