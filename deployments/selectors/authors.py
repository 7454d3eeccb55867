"""Who of the people here wrote commits, by accounts that they proved to be theirs.

Whoever commits may write any name and address into it: this is for showing, never for rights.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Lower

from deployments.forges.contract import Commit
from deployments.forges.github import places
from deployments.models import ForgeAccount, Person, VerifiedAddress

# What GitHub writes for those who keep their address to themselves; long ago without the number.
NOREPLY = re.compile(
    r"(?:(?P<uid>[1-9][0-9]{0,17})\+)?(?P<login>[a-z0-9_-]{1,100})"
    r"@users\.noreply\.(?P<host>[a-z0-9][a-z0-9.-]*(?::[0-9]+)?)"
)


@dataclass(frozen=True, slots=True)
class _Account:
    """What an address of GitHub says: the number, or else the login alone."""

    base_url: str
    uid: int | None
    login: str


def of(commits: Iterable[Commit]) -> dict[str, Person]:
    """Return the people among the authors, by the address that stands in the commit."""
    addresses = {one.author_email for one in commits if one.author_email}
    accounts = {each: found for each in addresses if (found := _account(each))}
    people = _by_accounts(accounts) if accounts else {}
    others = addresses - set(accounts)
    return people | (_by_addresses(others) if others else {})


def names(commits: Iterable[Commit]) -> dict[str, str]:
    """Return who wrote each commit, by its sha: the person, or the name that stands in it."""
    several = list(commits)
    people = of(several)
    return {one.sha: str(people.get(one.author_email, one.author_name)) for one in several}


def _account(address: str) -> _Account | None:
    found = NOREPLY.fullmatch(address.lower())
    if found is None:
        return None
    uid = int(found["uid"]) if found["uid"] else None
    return _Account(places.api_of(f"https://{found['host']}"), uid, found["login"])


def _by_accounts(accounts: dict[str, _Account]) -> dict[str, Person]:
    urls = {each.base_url for each in accounts.values()}
    numbers = {each.uid for each in accounts.values() if each.uid is not None}
    logins = {each.login for each in accounts.values() if each.uid is None}
    meant = Q(uid__in=numbers) | Q(lowered__in=logins)
    known = ForgeAccount.objects.filter(base_url__in=urls).annotate(lowered=Lower("login"))
    rows = list(known.filter(meant).select_related("person"))
    by_number = {(row.base_url, row.uid): row.person for row in rows}
    # A login that two accounts had one after the other says nothing.
    called = [(row.base_url, row.login.lower()) for row in rows]
    by_login = {
        key: row.person for key, row in zip(called, rows, strict=True) if called.count(key) == 1
    }
    found = {
        address: by_number.get((each.base_url, each.uid))
        if each.uid is not None
        else by_login.get((each.base_url, each.login))
        for address, each in accounts.items()
    }
    return {address: person for address, person in found.items() if person is not None}


def _by_addresses(addresses: Iterable[str]) -> dict[str, Person]:
    """Return whose verified address it is; what two people have says nothing."""
    wanted = sorted({each.lower() for each in addresses})
    rows = VerifiedAddress.objects.filter(address__in=wanted)
    held: dict[str, set[Person]] = {}
    for row in rows.select_related("account__user"):
        held.setdefault(row.address, set()).add(row.account.user)
    return {
        each: next(iter(held[low]))
        for each in addresses
        if len(held.get(low := each.lower(), ())) == 1
    }
