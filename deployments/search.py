"""The grammar of the history: `app:web state:failure by:ana since:7d "connection refused"`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from deployments.exceptions import Invalid, Refused
from deployments.models import Deployment, Person
from deployments.selectors import lookup

TERM = re.compile(r'(?P<key>[a-z]+):(?P<value>"[^"]*"|\S+)|"(?P<quoted>[^"]*)"|(?P<word>\S+)', re.I)
LENGTH = re.compile(r"(\d{1,4})(m|h|d|w)")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
STATES = {
    **{status: (status,) for status in Deployment.Status.values},
    "failed": ("failure", "error"),
    "red": ("failure", "error"),
    "running": ("in_progress",),
    "waiting": ("pending", "queued"),
    "succeeded": ("success",),
    "green": ("success",),
}
KEYS = "app, env, state, by, since, until, ref, sha, task, kind, via, is"
IS = {"forced": Q(forced=True), "retry": Q(kind="retry"), "rollback": Q(kind="rollback")}
LONGEST = 500


@dataclass(frozen=True)
class Term:
    """A key with its value; words without one have no key."""

    key: str
    value: str


def terms(query: str) -> list[Term]:
    """Split a query; never fails."""
    return [_term(match) for match in TERM.finditer(query[:LONGEST])]


def find(person: Person, query: str) -> QuerySet[Deployment]:
    """Return the deployments that a query means and the person may see, newest first.

    Raises Refused with everything in it that is not understood.
    """
    found, wrong = Q(), list[str]()
    for term in terms(query):
        try:
            found &= _match(term, person)
        except Invalid as error:
            wrong.append(str(error))
    if len(query) > LONGEST:
        wrong.append(f"A search has at most {LONGEST} letters.")
    if wrong:
        raise Refused(wrong)
    return lookup.deployments_for(person).filter(found).order_by("-pk")


def _term(match: re.Match[str]) -> Term:
    if match["key"]:
        return Term(match["key"].lower(), match["value"].strip('"'))
    return Term("", match["quoted"] if match["quoted"] is not None else match["word"])


def _match(term: Term, person: Person) -> Q:
    value = term.value
    match term.key:
        case "":
            return _text(value)
        case "app":
            return _app(value, person)
        case "env":
            return _environment(value, person)
        case "state":
            return _state(value)
        case "by":
            return Q(person__in=_person(value))
        case "since":
            return Q(created_at__gte=moment(value, person))
        case "until":
            return Q(created_at__lt=moment(value, person))
        case _:
            return _plain(term)


def _plain(term: Term) -> Q:
    """Match what needs no looking up."""
    value = term.value
    match term.key:
        case "ref":
            return Q(ref__icontains=value)
        case "sha":
            return Q(sha__startswith=value.lower())
        case "task":
            return Q(task__iexact=value)
        case "kind":
            return Q(kind__iexact=value)
        case "via":
            return Q(via__iexact=value)
        case "is" if value.lower() in IS:
            return IS[value.lower()]
        case "is":
            raise Invalid(f"“is:{value}” is not one of: {', '.join(IS)}.")
    raise Invalid(f"There is no “{term.key}:”. There is: {KEYS}.")


def _text(value: str) -> Q:
    """Match who, why, ref, commit and its subject, and the reason of how it ended."""
    if not value.strip():
        return Q()
    named = Q(person__username__icontains=value) | Q(person__name__icontains=value)
    said = Q(why__icontains=value) | Q(note__icontains=value) | Q(subject__icontains=value)
    number = value.removeprefix("#")
    numbered = Q(pk=int(number)) if number.isdecimal() and len(number) < 19 else Q(pk=None)
    return named | said | numbered | Q(ref__icontains=value) | Q(sha__startswith=value.lower())


def _app(value: str, person: Person) -> Q:
    known = list(lookup.applications_for(person).values_list("name", flat=True))
    if value.lower() not in known:
        raise Invalid(f"There is no app “{value}”. There is: {_some(known)}.")
    return Q(environment__application__name=value.lower())


def _environment(value: str, person: Person) -> Q:
    asked = lookup.ALIASES.get(value.lower(), value.lower())
    rows = list(lookup.environments_for(person))
    found = [row.pk for row in rows if asked == row.name or value.lower() in row.aliases]
    if not found:
        names = sorted({row.name for row in rows})
        raise Invalid(f"There is no environment “{value}”. There is: {_some(names)}.")
    return Q(environment__in=found)


def _state(value: str) -> Q:
    if value.lower() not in STATES:
        raise Invalid(f"There is no state “{value}”. There is: {', '.join(STATES)}.")
    return Q(status__in=STATES[value.lower()])


def _person(value: str) -> list[int]:
    name = value.removeprefix("@")
    named = Q(username__iexact=name) | Q(name__iexact=name)
    found = list(Person.objects.filter(named).values_list("pk", flat=True))
    if not found:
        raise Invalid(f"Nobody here is called “{name}”.")
    return found


def moment(value: str, person: Person) -> datetime:
    """Return the moment that `7d`, `12h` or a date means, in the person's time zone."""
    length = LENGTH.fullmatch(value.lower())
    if length:
        return timezone.now() - timedelta(**{UNITS[length[2]]: int(length[1])})
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        text = f"“{value}” is neither a length of time like 7d or 12h nor a date like 2026-11-24."
        raise Invalid(text) from None
    zoned = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(person.time_zone or "UTC"))
    try:
        return zoned.astimezone(UTC)
    except OverflowError:
        raise Invalid(f"“{value}” is no date that anything happened on.") from None


def _some(names: list[str]) -> str:
    return ", ".join(names[:10]) or "none yet"
