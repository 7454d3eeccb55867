"""What a search asks of the database: which rows, of those that the person may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from deployments import lines, search
from deployments.exceptions import Invalid, Refused
from deployments.models import Deployment, Person, PhaseRun
from deployments.search import Query, Term, Unmatched
from deployments.selectors import words
from deployments.selectors.known import Known
from deployments.selectors.patience import Patience
from deployments.selectors.words import Among, Listed, Sought

# What stands in other tables is looked for among some deployments at a time.
Ranged = tuple[Callable[[Among], Any], bool]  # gives numbers; those that may not be, if true
Text = tuple[Sought, bool]
FEW = 40
NOWHERE = 0  # no environment has this number
MOST_TEXTS = 8
IS = {"forced": Q(forced=True), "retry": Q(kind="retry"), "rollback": Q(kind="rollback")}


@dataclass
class Asked:
    """A query, and what it means to the database."""

    query: Query
    known: Known
    rows: Q = field(default_factory=Q)
    ranged: list[Ranged] = field(default_factory=list)
    refs: Q = field(default_factory=Q)  # for which rows are compared when a text was listed
    texts: list[Text] = field(default_factory=list)  # those that may not be, if true, come last
    few: bool = False  # only a few environments are asked for: theirs are the rows to begin with
    since: datetime | None = None
    until: datetime | None = None
    wrong: list[str] = field(default_factory=list)  # what is not understood, in words
    near: dict[str, str] = field(default_factory=dict)  # wrong values, and what may be meant
    # What was listed of a text, by the range: it is the same whatever else is asked.
    listed: dict[tuple[Sought, Among], Listed] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)

    def without(self, key: str) -> Asked:
        """Ask the same but for one key, with the same names and lists at hand."""
        other = _asked(self.query.without(key), self.known)
        other.listed, other.patience = self.listed, self.patience
        return other

    @property
    def lead(self) -> Sought | None:
        """Return the text to begin with, if there is one that must be found."""
        return next((sought for sought, negative in self.texts if not negative), None)

    @property
    def is_narrowed(self) -> bool:
        """Return whether more is asked for than texts."""
        return bool(self.rows or self.ranged)

    def within(self, low: int, high: int, *, texts: bool = True) -> QuerySet[Deployment]:
        """Return the deployments with numbers above `low` and up to `high`, whatever their texts
        if so asked."""
        if not texts:
            return self._among(Among(low, high), self.rows, [])
        return self._among(Among(low, high), self.rows & self.refs, self.texts)

    def among(self, numbers: list[int]) -> QuerySet[Deployment]:
        """Return those of these deployments, whatever their texts."""
        those = Among(min(numbers) - 1, max(numbers), numbers)
        return self._among(those, self.rows & self.refs, [])

    def _among(self, those: Among, rows: Q, texts: list[Text]) -> QuerySet[Deployment]:
        name = "number__in" if self.few else "pk__in"
        found = Q(pk__gt=those.low, pk__lte=those.high) & rows
        if those.numbers is not None:
            found &= Q(pk__in=words.listed(those.numbers))
        numbers = [(part(those), negative) for part, negative in self.ranged]
        numbers += [(words.among(sought, those), negative) for sought, negative in texts]
        for some, negative in numbers:
            match = Q(**{name: some})
            found &= ~match if negative else match
        return Deployment.objects.alias(**words.UNINDEXED).filter(found)


def ask(person: Person, text: str) -> Asked:
    """Understand a query. Raises Refused with everything in it that is not understood."""
    if len(text) > search.LONGEST:
        raise Refused([f"A search has at most {search.LONGEST} letters."])
    asked = _asked(search.parse(text), Known(person))
    if asked.wrong:
        raise Refused(asked.wrong, _meant(text, asked))
    return asked


def _meant(text: str, asked: Asked) -> list[str]:
    """Return the line to say instead, where it is clear of all that is wrong what was meant."""
    if len(asked.near) < len(asked.wrong) or not all(asked.near.values()):
        return []
    for value, near in asked.near.items():
        text = re.sub(rf"(?<=[:,@\"]){re.escape(value)}(?![\w-])", near, text, flags=re.IGNORECASE)
    return [lines.search(text)]


def _asked(query: Query, known: Known) -> Asked:
    asked = Asked(query, known)
    asked.wrong += [said for term in query.terms if (said := search.wrong(term))]
    clear = Query(tuple(term for term in query.terms if not search.wrong(term)))
    _narrow_to_places(asked, clear)
    for key, narrow in NARROW.items():
        for term in clear.merged(key):
            _narrow(narrow, asked, term)
    found = [term for term in clear.terms if not term.key]
    if len(found) > MOST_TEXTS:
        asked.wrong.append(
            f"Look for {MOST_TEXTS} words at most; quote those that belong together."
        )
    asked.texts += [_text(term, known) for term in found[:MOST_TEXTS]]
    asked.texts.sort(key=lambda text: text[1])
    return asked


def _narrow(narrow: Callable[[Asked, Term], None], asked: Asked, term: Term) -> None:
    try:
        narrow(asked, term)
    except Invalid as error:
        _note(asked, error)


def _note(asked: Asked, error: Invalid) -> None:
    asked.wrong.append(str(error))
    if isinstance(error, Unmatched):
        asked.near[error.value] = error.near


def _narrow_to_places(asked: Asked, query: Query) -> None:
    """Narrow to environments, by app and by name. Nobody finds what they may not see."""
    known = asked.known
    if not any(term.key in ("app", "env") for term in query.terms) and known.sees_all:
        return
    places = set(known.places)
    for key, find in (("app", known.in_apps), ("env", known.in_environments)):
        for term in query.merged(key):
            try:
                found = find([value.lower() for value in term.values])
                places = places - found if term.negative else places & found
            except Invalid as error:
                _note(asked, error)
    if len(places) < len(known.places) or not known.sees_all:
        asked.few = len(places) <= FEW
        name = "environment__in" if asked.few else "place__in"
        asked.rows &= Q(**{name: sorted(places) or [NOWHERE]})


def _add(asked: Asked, term: Term, found: Q) -> None:
    asked.rows &= ~found if term.negative else found


def _state(asked: Asked, term: Term) -> None:
    found = Q()
    for value in term.values:
        statuses, reason = search.STATES[value.lower()]
        found |= Q(status__in=statuses, reason=reason) if reason else Q(status__in=statuses)
    _add(asked, term, found)


def _by(asked: Asked, term: Term) -> None:
    _add(asked, term, Q(person__in=asked.known.called(term.values)))


def _task(asked: Asked, term: Term) -> None:
    asked.known.require_tasks(term.values)
    _add(asked, term, Q(task__in=term.values))


def _kind(asked: Asked, term: Term) -> None:
    _add(asked, term, Q(kind__in=[value.lower() for value in term.values]))


def _via(asked: Asked, term: Term) -> None:
    _add(asked, term, Q(via__in=[value.lower() for value in term.values]))


def _is(asked: Asked, term: Term) -> None:
    found = Q()
    for value in term.values:
        found |= IS[value.lower()]
    _add(asked, term, found)


def _sha(asked: Asked, term: Term) -> None:
    found = Q()
    for value in map(str.lower, term.values):
        found |= Q(sha__gte=value, sha__lt=f"{value}g")
    # A range, so that the index serves on any database; and by itself, because SQLite would rather
    # read the whole range of numbers that is looked through.
    shas = Deployment.objects.filter(found).order_by().values("pk")
    asked.ranged.append((lambda among: shas, term.negative))


def _ref(asked: Asked, term: Term) -> None:
    found = Q()
    for value in term.values:
        found |= Q(ref__icontains=value.replace("\0", ""))
    if term.negative or any(len(value) < search.SHORTEST for value in term.values):
        _add(asked, term, found)
    else:
        asked.refs &= found
        asked.texts.append((Sought(term.values, in_logs=False), False))


def _host(asked: Asked, term: Term) -> None:
    values = [value.lower() for value in term.values]
    asked.known.require_hosts(values)

    def ran(among: Among) -> QuerySet[PhaseRun, Any]:
        runs = PhaseRun.objects.filter(host__in=values)
        near = runs.filter(deployment__gt=among.low, deployment__lte=among.high)
        return near.order_by().values("deployment")

    asked.ranged.append((ran, term.negative))


def _since(asked: Asked, term: Term) -> None:
    found = [_moment(asked, value) for value in term.values]
    asked.since = max(found)
    asked.rows &= Q(created_at__gte=asked.since)


def _until(asked: Asked, term: Term) -> None:
    found = [_moment(asked, value, ends=True) for value in term.values]
    asked.until = min(found)
    asked.rows &= Q(created_at__lt=asked.until)


def _moment(asked: Asked, value: str, *, ends: bool = False) -> datetime:
    zone = ZoneInfo(asked.known.person.time_zone or "UTC")
    return search.moment(value, timezone.now(), zone, ends=ends)


def _text(term: Term, known: Known) -> Text:
    return words.anywhere(term.value, known.with_names_like(term.value)), term.negative


NARROW: dict[str, Callable[[Asked, Term], None]] = {
    "state": _state, "by": _by, "ref": _ref, "sha": _sha, "task": _task, "kind": _kind,
    "via": _via, "host": _host, "since": _since, "until": _until, "is": _is,
}  # fmt: skip
