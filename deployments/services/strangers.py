"""People who stand for accounts at GitHub that nobody here has proved to be theirs."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from deployments import changes
from deployments.models import ForgeStranger, Person

NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST = 100  # letters of a login that are kept


def stand_in(base_url: str, uid: int, login: str) -> Person:
    """Return the person that stands for this account: it has no way in, and no right.

    It is known by GitHub's number, and called as GitHub calls it by now.
    """
    name = f"{login[:LONGEST]} at {forge_name(base_url)}"[:120]
    found = _known(base_url, uid)
    if found is None:
        return _first(base_url, uid, login, name)
    if found.person.name != name:
        Person.objects.filter(pk=found.person_id).update(name=name)
        found.person.name = name
    return found.person


def forge_name(base_url: str) -> str:
    """Return what people call the GitHub whose API this is."""
    host = urlsplit(base_url).netloc
    return "GitHub" if host in ("", "api.github.com") else host.removeprefix("api.")


def _known(base_url: str, uid: int) -> ForgeStranger | None:
    found = ForgeStranger.objects.select_related("person").filter(base_url=base_url, uid=uid)
    return found.first()


def _first(base_url: str, uid: int, login: str, name: str) -> Person:
    """Make the person; where another worker does at this moment, its name is taken when it ends."""
    try:
        with transaction.atomic():
            return _make(base_url, uid, login, name)
    except IntegrityError:
        found = _known(base_url, uid)
        return found.person if found else _make(base_url, uid, login, name)


def _make(base_url: str, uid: int, login: str, name: str) -> Person:
    with transaction.atomic():
        person = Person(username=_username(base_url, uid, login), name=name, is_active=False)
        person.set_unusable_password()
        person.save()
        row, is_new = ForgeStranger.objects.get_or_create(
            base_url=base_url, uid=uid, defaults={"person": person}
        )
        if not is_new:  # another worker was first
            person.delete()
            return row.person
        changes.record("person.added", via="webhook", subject=person.username, new=name)
    return person


def _username(base_url: str, uid: int, login: str) -> str:
    """Return octocat@github.com; a login that was another's before is told from it by number."""
    host = urlsplit(base_url).netloc.removeprefix("api.") or "github"
    bare = NO_NAME.sub("-", login[:LONGEST]).strip("-") or "somebody"
    plain = f"{bare}@{host}"[:150]
    is_taken = Person.objects.filter(username__iexact=plain).exists()
    return f"{bare}.{uid}@{host}"[:150] if is_taken else plain
