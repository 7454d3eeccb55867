"""The names that a search may use, as far as the person who searches may see what they name."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple

from deployments.models import Application, Deployment, Environment, Person, PhaseRun, Placement
from deployments.providers.contract import RELEASE
from deployments.search import Unmatched
from deployments.selectors import lookup


class Place(NamedTuple):
    """An environment, without all that a search does not ask of it."""

    id: int
    name: str
    app: str
    app_id: int


class Known:
    """Each list is read at most once, and only if the search names such a thing."""

    def __init__(self, person: Person) -> None:
        self.person = person

    @cached_property
    def places(self) -> dict[int, Place]:
        """The environments that the person may see."""
        seen = lookup.environments_for(self.person).order_by("application__name", "position")
        fields = ("pk", "name", "application__name", "application")
        return {row[0]: Place(*row) for row in seen.values_list(*fields)}

    @cached_property
    def aliases(self) -> dict[int, list[str]]:
        """The environments that have aliases of their own, with them."""
        rows = lookup.environments_for(self.person).exclude(aliases=[])
        return dict(rows.order_by().values_list("pk", "aliases"))

    @cached_property
    def sees_all(self) -> bool:
        if "places" in self.__dict__:  # at hand
            return len(self.places) == Environment.objects.count()
        seen = lookup.environments_for(self.person).order_by()
        return seen.count() == Environment.objects.count()

    @cached_property
    def people(self) -> dict[int, tuple[str, str]]:
        """Everybody's two names, the one to sign in with first."""
        rows = Person.objects.order_by("username").values_list("pk", "username", "name")
        return {pk: (username, name) for pk, username, name in rows}

    def in_apps(self, values: Collection[str]) -> set[int]:
        """Return the environments of apps by their names."""
        known = sorted({place.app for place in self.places.values()} | self._bare_apps)
        _require("app", values, known)
        return {place.id for place in self.places.values() if place.app in values}

    def in_environments(self, values: Collection[str]) -> set[int]:
        """Return the environments by name, by an alias of their own, or a usual abbreviation."""
        found = set[int]()
        for value in values:
            meant = {value, lookup.ALIASES.get(value, value)}
            places = self.places.values()
            here = {one.id for one in places if one.name in meant}
            here |= {number for number, own in self.aliases.items() if value in own}
            if not here:
                names = sorted({place.name for place in places})
                raise Unmatched("environment", value, names)
            found |= here
        return found

    def called(self, values: Collection[str]) -> list[int]:
        """Return the people by either of their names; `me` is who asks."""
        found = list[int]()
        for value in values:
            name = value.removeprefix("@").casefold()
            by_name = [pk for pk, names in self.people.items() if name in map(str.casefold, names)]
            if not by_name and name == "me":
                by_name = [self.person.pk]
            if not by_name:
                is_known = self.person.pk is not None  # a stranger is not told who is here
                usernames = [names[0] for names in self.people.values() if is_known]
                raise Unmatched("person", value.removeprefix("@"), usernames)
            found += by_name
        return found

    def with_names_like(self, text: str) -> list[int]:
        """Return the people with the text in one of their names."""
        part = text.casefold()
        return [pk for pk, names in self.people.items() if part in "\n".join(names).casefold()]

    def require_hosts(self, values: Collection[str]) -> None:
        """Refuse a name that no host has here, nor ever had in a deployment."""
        placed = Placement.objects.order_by().values_list("host__name", "environment")
        names = sorted({name for name, environment in placed if environment in self.places})
        runs = PhaseRun.objects.filter(host__in=set(values) - set(names))
        once = runs.filter(deployment__environment__in=[*self.places])
        gone = set(once.values_list("host", flat=True)) if runs.exists() else set()
        _require("host", values, names, gone)

    def require_tasks(self, values: Collection[str]) -> None:
        """Refuse a task that no app has, and that nobody ever ran."""
        apps = Application.objects.filter(pk__in={place.app_id for place in self.places.values()})
        tasks = {name for kept in apps.values_list("settings", flat=True) for name in _tasks(kept)}
        rows = Deployment.objects.filter(environment__in=[*self.places])
        gone = {name for name in set(values) - tasks if rows.filter(task=name).exists()}
        _require("task", values, sorted(tasks | {RELEASE}), gone)

    @cached_property
    def _bare_apps(self) -> set[str]:
        """Apps without an environment: there is such an app, it only has no deployment."""
        return set(lookup.applications_for(self.person).values_list("name", flat=True))


def _tasks(settings: dict[str, object]) -> Collection[str]:
    found = settings.get("tasks")
    return [str(name) for name in found] if isinstance(found, dict) else []


def _require(
    what: str, values: Collection[str], known: list[str], also: Collection[str] = ()
) -> None:
    for value in values:
        if value not in known and value not in also:
            raise Unmatched(what, value, known)
