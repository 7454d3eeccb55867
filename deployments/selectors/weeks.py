"""How releases went week by week, from the tallies that are kept as they end."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet, Sum
from django.utils import timezone

from deployments.durations import middle
from deployments.models import Application, Person, Tally
from deployments.selectors import lookup
from deployments.selectors.board import columns_of

WEEKS = 12
MOST = 5  # series that are told apart; what is left is told together
OTHERS = "others"


@dataclass
class Sums:
    """How releases went in some place and time."""

    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    took: Counter[str] | None = None  # None: not asked for

    @property
    def total(self) -> int:
        return self.succeeded + self.failed + self.cancelled

    @property
    def share(self) -> int | None:
        """Return how many of a hundred succeeded, of those that nobody cancelled."""
        judged = self.succeeded + self.failed
        return round(100 * self.succeeded / judged) if judged else None

    @property
    def seconds(self) -> float | None:
        return middle(self.took) if self.took else None

    def add(self, other: Sums) -> None:
        self.succeeded += other.succeeded
        self.failed += other.failed
        self.cancelled += other.cancelled
        self.took = (self.took or Counter()) + (other.took or Counter())


@dataclass(frozen=True)
class Week:
    monday: date
    by_series: Mapping[str, Sums]
    is_over: bool

    @property
    def whole(self) -> Sums:
        return together(self.by_series.values())


@dataclass(frozen=True)
class Weeks:
    """The last weeks, oldest first, told apart by environment."""

    series: list[str]
    weeks: list[Week]

    @property
    def total(self) -> int:
        return sum(week.whole.total for week in self.weeks)

    def of(self, series: str) -> Sums:
        return together(week.by_series[series] for week in self.weeks)


Found = dict[tuple[date, str], Sums]


def of_application(application: Application, names: Sequence[str]) -> Weeks:
    """Return how releases of an application went in its environments, in one query."""
    found: Found = {}
    rows = Tally.objects.filter(environment__application=application, week__gte=_mondays()[0])
    for tally in rows.select_related("environment").only(
        "week", "succeeded", "failed", "cancelled", "took", "environment__name"
    ):
        sums = Sums(tally.succeeded, tally.failed, tally.cancelled, Counter(tally.took))
        found[tally.week, tally.environment.name] = sums
    return _weeks(found, names)


def of_all(person: Person) -> Weeks:
    """Return how releases went wherever the person may look, by the environment's name."""
    rows = _seen(person).values_list("week", "environment__name").annotate(*_SUMS)
    found = {(week, name): Sums(*sums) for week, name, *sums in rows.order_by()}
    seen = lookup.environments_for(person).select_related(None).only("name", "position")
    return _weeks(found, columns_of(seen))


@dataclass(frozen=True)
class AppSums:
    name: str
    sums: Sums


def of_each(person: Person) -> list[AppSums]:
    """Return how releases of each application went in these weeks, the busiest first."""
    rows = _seen(person).values_list("environment__application__name").annotate(*_SUMS)
    found = [AppSums(name, Sums(*sums)) for name, *sums in rows.order_by()]
    return sorted(found, key=lambda one: (-one.sums.total, one.name))


_SUMS = (Sum("succeeded"), Sum("failed"), Sum("cancelled"))


def _seen(person: Person) -> QuerySet[Tally]:
    seen = lookup.environments_for(person).values("pk")
    return Tally.objects.filter(week__gte=_mondays()[0], environment__in=seen)


def together(sums: Iterable[Sums]) -> Sums:
    found = Sums()
    for one in sums:
        found.add(one)
    return found


def _mondays() -> list[date]:
    """Return the Mondays of the last weeks, in the installation's own time zone."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    this = today - timedelta(days=today.weekday())
    return [this - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]


def _weeks(found: Found, names: Sequence[str]) -> Weeks:
    """Put the sums into weeks; with many names the last ones are told together."""
    told = list(names) if len(names) <= MOST else [*names[: MOST - 1], OTHERS]
    by_week: dict[date, dict[str, Sums]] = defaultdict(lambda: {name: Sums() for name in told})
    for (monday, name), sums in found.items():
        by_week[monday][name if name in told else OTHERS].add(sums)
    mondays = _mondays()
    return Weeks(told, [Week(day, by_week[day], day != mondays[-1]) for day in mondays])
