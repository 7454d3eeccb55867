"""Who there is, when they were last here, and what they hold where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.db.models import DateTimeField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from deployments import rights
from deployments.models import Environment, Person, Role
from deployments.rights import RANK, Right, Scope, covering, naming
from deployments.selectors import lookup

ACTIVE = {"yes": True, "no": False}
WITH_A_ROLE = Q(pk__in=Role.objects.values("person"))


def everybody(
    reader: Person, words: str = "", *, active: str = "yes", role: str = ""
) -> QuerySet[Person]:
    """Return the people whose name has each word, with `last_seen`, and the roles of theirs that
    the reader may know of."""
    found = Person.objects.prefetch_related(Prefetch("roles", roles_of(None, reader)))
    for word in words.split():
        found = found.filter(Q(username__icontains=word) | Q(name__icontains=word))
    if active in ACTIVE:
        found = found.filter(is_active=ACTIVE[active])
    if role in RANK:
        found = found.filter(pk__in=Role.objects.filter(name=role).values("person"))
    seen = UserSession.objects.filter(user=OuterRef("pk")).order_by("-last_seen_at")
    last = Coalesce(
        Subquery(seen.values("last_seen_at")[:1], output_field=DateTimeField()), "last_login"
    )
    return found.annotate(last_seen=last).order_by("-is_active", "username")


def roles_for(person: Person) -> QuerySet[Role]:
    """Return the person's own roles, by a token bound to apps only those that count there."""
    return roles_of(person, person)


def roles_of(person: Person | None, reader: Person) -> QuerySet[Role]:
    """Return somebody's roles, or everybody's, in places that the reader may see."""
    roles = Role.objects.select_related("application", "environment__application").order_by("pk")
    if person is not None:
        roles = roles.filter(person=person)
    if rights.seen(reader) is None:
        return roles
    seen = lookup.applications_for(reader)
    there = Q(application__in=seen) | Q(environment__application__in=seen)
    return roles.filter(there | Q(application=None, environment=None))


def who_can(asked: Iterable[tuple[Right, Environment]]) -> dict[tuple[Right, int], str]:
    """Name for each right in an environment who holds it there, in two queries."""
    places = {(right, place.pk): place for right, place in asked}
    if not places:
        return {}
    active = Person.objects.filter(is_active=True).order_by("username")
    people = {person.pk: person for person in active.filter(Q(is_superuser=True) | WITH_A_ROLE)}
    roles = list(Role.objects.filter(person__in=people))
    return {
        (right, number): naming(right, place, _able(people, roles, right, place))
        for (right, number), place in places.items()
    }


def _able(
    people: Mapping[int, Person], roles: Iterable[Role], right: Right, place: Environment
) -> list[Person]:
    enough = RANK[rights.least(right, place)]
    held = {r.person_id for r in roles if RANK[r.name] >= enough and rights.covers(r, place)}
    return [person for pk, person in people.items() if pk in held or person.is_superuser]


@dataclass(frozen=True)
class Holder:
    """What somebody holds in a place: the highest role counts; `here` was given for this place."""

    person: Person
    role: str
    given: str  # everywhere, or the place it was given for
    here: Role | None


def holders_of(scope: Scope) -> list[Holder]:
    """Return who has a role that covers the place, the highest first, in one query."""
    roles = Role.objects.filter(covering(scope), person__is_active=True)
    rows = roles.select_related("person", "application", "environment__application")
    by_person: dict[int, list[Role]] = {}
    for role in rows:
        by_person.setdefault(role.person_id, []).append(role)
    found = [_holder(held, scope) for held in by_person.values()]
    return sorted(found, key=lambda holder: (-RANK[holder.role], holder.person.username))


def _holder(held: list[Role], scope: Scope) -> Holder:
    highest = max(held, key=lambda role: RANK[role.name])
    where = highest.environment or highest.application
    here = next((role for role in held if (role.environment or role.application) == scope), None)
    return Holder(highest.person, highest.name, str(where or "everywhere"), here)
