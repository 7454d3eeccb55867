"""The one list of what was changed: by whom, when, from what to what. As far as one may see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from deployments import rights
from deployments.exceptions import NotAllowed
from deployments.models import Application, Change, Environment, Host, Person

PAGE = 50
AT_ONCE = 500  # rows that are read at a time
SHORT = 10  # how many stand on the page of the thing itself

# What a reader asks for, and the beginnings of verbs that this means.
KINDS: dict[str, tuple[str, ...]] = {
    "deployments": ("deployment", "plan"),
    "locks": ("lock",),
    "apps": ("application",),
    "environments": ("environment",),
    "hosts": ("host",),
    "secrets": ("secret", "key"),
    "people": ("person", "role", "invitation", "account"),
    "sign-in": ("session", "second_factor", "token"),
    "checks": ("check",),
    "webhooks": ("webhook", "delivery", "repository"),
    "chat": ("room", "connection", "outgoing"),
    "audit": ("audit",),
}
# What is set of a thing, and the beginnings of verbs that tell of it.
PARTS = {"hosts": ("host",), "key": ("key",), "secrets": ("secret",), "people": ("role",)}
# What only moves live pages along is no change that anybody asks about.
NOISE = ("flow",)


@dataclass(frozen=True)
class Asked:
    """What a reader asks for. Empty: everything."""

    text: str = ""
    who: str = ""
    kind: str = ""
    application: str = ""
    environment: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Page:
    changes: list[Change] = field(default_factory=list)
    older: int | None = None  # from where the next page goes on


def may_see(person: Person) -> bool:
    return rights.may_somewhere(person, "configure")


def require(person: Person) -> None:
    """Refuse, naming who can, whoever keeps no settings anywhere."""
    if not may_see(person):
        raise NotAllowed(
            f"{person} may not read the audit: it takes a maintainer of something. "
            f"Ask {rights.who_may('configure')}."
        )


def changes_for(person: Person) -> QuerySet[Change]:
    """Return what the person may see: administrators everything, others what they keep, and what
    they did themselves."""
    found = _without(NOISE).select_related(
        "person", "application", "environment__application", "deployment"
    )
    if rights.may(person, "administer"):
        return found
    everywhere = rights.may(person, "configure")
    held = person.roles.filter(name__in=["maintainer", "admin"])
    places = Q(application__role__in=held) | Q(environment__role__in=held)
    settings = Q(application__isnull=False) | _begins(KINDS["hosts"])
    mine = settings if everywhere else places
    own = Q(person=person)
    return found.filter(Q(pk__in=Change.objects.filter(mine).values("pk")) | own)


def search(person: Person, asked: Asked) -> QuerySet[Change]:
    """Return what the person may see of what they ask for, the newest first."""
    require(person)
    found = changes_for(person).order_by("-id")
    if asked.kind in KINDS:
        found = found.filter(_begins(KINDS[asked.kind]))
    if asked.who:
        found = found.filter(Q(person__username=asked.who) | Q(subject=asked.who))
    if asked.application:
        found = found.filter(application__name=asked.application)
    if asked.environment:
        found = found.filter(environment__name=asked.environment)
    if asked.since:
        found = found.filter(at__gte=_midnight(asked.since))
    if asked.until:
        found = found.filter(at__lt=_midnight(asked.until + timedelta(days=1)))
    for word in asked.text.split():
        found = found.filter(_says(word))
    return found


def page(found: QuerySet[Change], before: int | None = None) -> Page:
    """Return a page by the last number seen, so that it costs the same however far back it lies."""
    rows = list((found.filter(pk__lt=before) if before else found)[: PAGE + 1])
    more = len(rows) > PAGE
    return Page(rows[:PAGE], rows[PAGE - 1].pk if more else None)


def pieces(found: QuerySet[Change]) -> Iterator[Change]:
    """Give all of it. Whoever reads it slowly keeps no query open."""
    rows = list(found[:AT_ONCE])
    while rows:
        yield from rows
        rows = list(found.filter(pk__lt=rows[-1].pk)[:AT_ONCE])


# ---- The history of one thing ----


def history(
    thing: Application | Environment | Host | Person, part: str, reader: Person
) -> list[Change]:
    """Return the newest changes of a thing's settings. A secret's value is in none of them.

    `part`: only those of hosts, keys, secrets or people, or of one setting by its name.
    """
    found = Change.objects.filter(_about(thing), deployment=None).exclude(_begins(NOISE))
    if part in PARTS:
        found = found.filter(_begins(PARTS[part]))
    elif part:
        found = found.filter(Q(subject=part) | Q(subject__startswith=f"{part} "))
    seen = rights.seen(reader)
    if seen is not None:  # what somebody holds elsewhere
        found = found.filter(Q(application=None) | Q(application__in=seen))
    rows = found.select_related("person", "application", "environment__application")
    return list(rows.order_by("-id")[: PAGE if part else SHORT])


def _about(thing: Application | Environment | Host | Person) -> Q:
    if isinstance(thing, Environment):
        return Q(environment=thing)
    if isinstance(thing, Application):
        return Q(application=thing)
    if isinstance(thing, Host):
        named = Q(subject=thing.name) | Q(subject__startswith=f"{thing.name} ")
        return named & _begins(KINDS["hosts"])
    named = Q(subject=thing.username) | Q(subject__startswith=f"{thing.username} ")
    return named & _begins(("person", "role", "session", "second_factor"))


def _begins(words: Iterable[str]) -> Q:
    """Match verbs by their first word, as a range that an index can answer."""
    found = Q()
    for word in words:
        found |= Q(verb__gte=f"{word}.", verb__lt=f"{word}/")
    return found


def _without(words: Iterable[str]) -> QuerySet[Change]:
    return Change.objects.exclude(_begins(words))


def _says(word: str) -> Q:
    columns = ("verb", "subject", "old", "new", "note", "person__username", "person__name")
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__icontains": word})
    return found


def _midnight(day: date) -> datetime:
    """Return when the day begins where the reader is."""
    return timezone.make_aware(datetime.combine(day, time.min))
