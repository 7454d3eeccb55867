"""The names that fit a slot of a line, each with what is to be known about it.

Asked at every key, so it asks nobody outside: branches and tags are those of the last look.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.utils import timezone

from bots import withheld
from bots.language.completion import Expected
from bots.language.table import verbs
from deployments import forges, rights, search
from deployments.exceptions import DeploymentError
from deployments.forges.contract import Refs, Source
from deployments.models import Application, Deployment, Environment, Person, PullRequest
from deployments.selectors import code, locks, lookup, pulls, running
from deployments.services import pulls as looking
from deployments.templatetags.shipmate import relative
from deployments.web.looks import look_of

REMEMBERED = 10  # seconds, for the names of branches: a repository may have thousands
LEAST = 2  # letters of a title
LOOKED_AT = 100  # deployments, for their numbers
CHOICES = re.compile(r"[\w.-]+(\|[\w.-]+)+")
Option = tuple[str, str]


@dataclass(frozen=True)
class Asker:
    """Who writes, and in which deployment's thread."""

    person: Person
    deployment: Deployment | None

    @cached_property
    def kept_from(self) -> str:
        """Say who can deploy in the thread's place, or anywhere, where the person may not."""
        if self.deployment is None:
            return withheld.from_everywhere(self.person)
        place = self.deployment.environment
        may = rights.may(self.person, "deploy", place)
        return "" if may else rights.who_can("deploy", place)


def names(expected: Expected, asker: Asker) -> Iterable[Option]:
    """Return what may stand in the slot."""
    fill = SLOTS.get(expected.slot)
    return fill(expected, asker) if fill else ()


def _apps(expected: Expected, asker: Asker) -> Iterator[Option]:
    places: dict[str, list[str]] = {}
    rows = lookup.environments_for(asker.person).order_by("position", "name")
    for app, name in rows.values_list("application__name", "name"):
        places.setdefault(app, []).append(name)
    for name in lookup.applications_for(asker.person).values_list("name", flat=True):
        yield name, ", ".join(places.get(name, [])) or "has no environment yet"


def _environments(expected: Expected, asker: Asker) -> Iterator[Option]:
    app = expected.said.get("APP")
    rows = lookup.environments_for(asker.person).order_by("position", "name")
    if app is None:
        yield from ((name, "") for name in dict.fromkeys(rows.values_list("name", flat=True)))
        return
    places = [one for one in rows.filter(application__name=app) if one.name not in _named(expected)]
    claims, runs = locks.of(places), running.of(places)
    for one in places:
        lock = claims.get(one.pk)
        held = f", locked by {lock.person}" if lock else ""
        yield one.name, f"{_runs(runs[one.pk])}{held}"


def _named(expected: Expected) -> tuple[str, ...]:
    """Return the environment that the line names already."""
    return (expected.said["ENV"],) if "ENV" in expected.said else ()


def _runs(found: running.Running) -> str:
    if found.is_mixed:
        return "hosts differ"
    whole = found.whole
    return f"runs {whole.sha[:7]}, {whole.subject or whole.ref}" if whole else "runs nothing yet"


def _refs(expected: Expected, asker: Asker) -> Iterator[Option]:
    app = _app(expected, asker)
    if app is None:
        return
    if expected.lead.endswith("#"):
        yield from ((str(one.number), about) for one, about in _pull_requests(app))
        return
    try:
        refs = _seen(app.repository.forge, code.source(app), int(time.monotonic() / REMEMBERED))
    except DeploymentError:
        return  # nobody has looked at it yet
    now = timezone.now()
    listed = [(one, "branch") for one in refs.branches] + [(one, "tag") for one in refs.tags]
    listed.sort(key=lambda row: (row[0].name != refs.default, -row[0].date.timestamp()))
    for one, kind in listed:
        default = "default " if one.name == refs.default and kind == "branch" else ""
        yield one.name, f"{default}{kind}, {relative(one.date, now)}"


def _pull_requests(app: Application) -> Iterator[tuple[PullRequest, str]]:
    """Yield the open ones, each with what is to be known about it."""
    looking.ring_if_old(app)
    kept = pulls.known(app.repository)
    since = f", as of {relative(kept.since, timezone.now())}" if kept.since else ""
    for one in kept.pulls:
        yield one, f"{one.title}{f' — {one.author}' if one.author else ''}{since}"


def titled(expected: Expected, asker: Asker) -> Iterator[Option]:
    """Yield pull requests as APP#NUMBER, where words of the title stand behind “APP/”."""
    app = _app(expected, asker) if expected.slot == "REF" and len(expected.typed) >= LEAST else None
    if app is None or not expected.lead.endswith("/"):
        return
    for one, about in _pull_requests(app):
        if pulls.fits(one, expected.typed):
            yield f"{app.name}#{one.number}", about


@lru_cache(maxsize=16)
def _seen(forge: str, source: Source, tick: int) -> Refs:
    """Return branches and tags as last seen: read every few seconds, whatever is typed."""
    return forges.forge(forge).refs(source, fresh=False)


def _numbers(expected: Expected, asker: Asker) -> Iterator[Option]:
    rows = lookup.deployments_for(asker.person).order_by("-pk")
    app, place = expected.said.get("APP"), expected.said.get("ENV")
    named = {"environment__application__name": app, "environment__name": place}
    rows = rows.filter(**{key: value for key, value in named.items() if value})
    states = {
        "retry": ["failure", "error", "cancelled"],
        "retry failed hosts": ["failure", "error", "cancelled"],
        "go on": ["in_progress"],
        "cancel": ["pending", "queued", "in_progress"],
        "approve": ["pending"],
        "reject": ["pending"],
        "rollback": ["success"],
    }.get(expected.pattern.name)
    now = timezone.now()
    for one in (rows.filter(status__in=states) if states else rows)[:LOOKED_AT]:
        said = f"{one.environment} {look_of(one).word.lower()}, {relative(one.created_at, now)}"
        yield str(one.pk), said


def _shas(expected: Expected, asker: Asker) -> Iterator[Option]:
    rows = lookup.deployments_for(asker.person).exclude(sha="").order_by("-pk")[:LOOKED_AT]
    for one in rows:
        yield one.sha[:7], f"{one.environment}, {one.subject or one.ref}"


def _hosts(expected: Expected, asker: Asker) -> Iterator[Option]:
    number = expected.said.get("NUMBER", "").lstrip("#")
    if number.isdecimal():
        found = lookup.deployments_for(asker.person).filter(pk=int(number)).first()
        frozen = found.settings.get("hosts", ()) if found else ()
        yield from ((str(host["name"]), "") for host in frozen)
        return
    for one in _places(expected, asker):
        for name in one.placements.order_by("host__name").values_list("host__name", flat=True):
            yield name, ""


def _tasks(expected: Expected, asker: Asker) -> Iterator[Option]:
    for app in lookup.applications_for(asker.person):
        for name in app.settings.get("tasks", {}):
            yield name, f"a task of {app}"


def _parameters(expected: Expected, asker: Asker) -> Iterator[Option]:
    for name, pattern in _declared(expected, asker).items():
        yield name, f"takes {pattern}"


def _values(expected: Expected, asker: Asker) -> Iterator[Option]:
    declared = _declared(expected, asker)
    named = {name.lower(): pattern for name, pattern in declared.items()}
    pattern = named.get(expected.said.get("KEY", ""), "")
    if CHOICES.fullmatch(pattern):
        yield from ((value, "") for value in pattern.split("|"))


def _declared(expected: Expected, asker: Asker) -> dict[str, str]:
    for one in _places(expected, asker):
        return dict(one.effective_settings.get("parameters", {}))
    app = _app(expected, asker)
    return dict(app.settings.get("parameters", {})) if app else {}


def _app(expected: Expected, asker: Asker) -> Application | None:
    app = expected.said.get("APP", "")
    return lookup.applications_for(asker.person).filter(name=app).first()


def _places(expected: Expected, asker: Asker) -> Iterable[Environment]:
    """Return the environment that the line names, if it names one."""
    rows = lookup.environments_for(asker.person)
    named = {"application__name": expected.said.get("APP"), "name": expected.said.get("ENV")}
    return rows.filter(**named) if all(named.values()) else []


def _people(expected: Expected, asker: Asker) -> Iterator[Option]:
    known = Person.objects.filter(is_active=True).order_by("username")
    yield from ((person.username, person.name) for person in known)


def _states(expected: Expected, asker: Asker) -> Iterator[Option]:
    yield from ((name, "") for name in search.STATES)


def _words(expected: Expected, asker: Asker) -> Iterator[Option]:
    yield from ((name, "") for name in verbs())


def _lengths(expected: Expected, asker: Asker) -> Iterator[Option]:
    if expected.pattern.name == "search":
        yield from (("1d", "a day"), ("7d", "a week"), ("4w", "four weeks"))
    else:
        yield from (("30m", "half an hour"), ("2h", "two hours"), ("1d", "a day"))


SLOTS: dict[str, Callable[[Expected, Asker], Iterator[Option]]] = {
    "APP": _apps,
    "ENV": _environments,
    "REF": _refs,
    "NUMBER": _numbers,
    "SHA": _shas,
    "HOST": _hosts,
    "HOSTS": _hosts,
    "TASK": _tasks,
    "KEY": _parameters,
    "VALUE": _values,
    "PERSON": _people,
    "STATE": _states,
    "WORD": _words,
    "LENGTH": _lengths,
}
