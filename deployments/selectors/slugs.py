"""Repositories by owner/name, as GitHub's clients write them, and environments by GitHub's word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q, QuerySet

from deployments import providers
from deployments.apps_json.ways import WAYS
from deployments.exceptions import Invalid, NotFound
from deployments.models import (
    Application,
    Deployment,
    Environment,
    LockTask,
    Person,
    Repository,
)
from deployments.models.lock_task import FIRST
from deployments.selectors import lookup, tasks

LOCAL = "local"  # the owner of a repository that lies on this machine
OTHERWISE = re.compile(r"[^\w.-]+", re.ASCII)  # what GitHub has in no name
REMOTE = re.compile(r"(?P<user>[^/:@]+@)?(?P<host>[^/:]+):(?P<path>[^/].*)")  # as ssh writes it


@dataclass(frozen=True)
class Slugged:
    """A repository under the name that it has in addresses, with the apps the person may see."""

    repository: Repository
    owner: str
    name: str
    applications: Sequence[Application] = ()  # one at least
    environments: Sequence[Environment] = ()

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def label(self, environment: Environment) -> str:
        """Return GitHub's word for it: its name, with its app where that alone says too little."""
        names = Counter(one.name for one in self.environments)
        return environment.name if names[environment.name] < 2 else str(environment)


def word_of(environment: Environment) -> str:
    """Return GitHub's word for it among all that are of its repository, whoever may see them."""
    repository = environment.application.repository_id
    same = Environment.objects.filter(application__repository=repository, name=environment.name)
    return environment.name if same.count() < 2 else str(environment)


def slug(repository: Repository) -> tuple[str, str]:
    """Return owner and name: as it is called, or as its address ends."""
    owner, _, name = repository.name.partition("/")
    if not name or "/" in name:
        owner, name = _of_location(repository.location)
    return _written(owner), _written(name.removesuffix(".git"))


def host_of(repository: Repository) -> str:
    """Return the host at which people see it in their browser; empty: it lies on this machine."""
    url, ssh = urlsplit(repository.location), REMOTE.fullmatch(repository.location)
    if ssh is not None and not url.netloc:
        return ssh["host"].lower()
    place = url.netloc if url.scheme in ("http", "https") else url.hostname or ""
    return place.rpartition("@")[2].lower().removeprefix("www.")


def _of_location(location: str) -> tuple[str, str]:
    url, ssh = urlsplit(location), REMOTE.fullmatch(location)
    is_remote = url.scheme in ("http", "https", "ssh", "git") or ssh is not None
    path = ssh["path"] if ssh is not None and "://" not in location else url.path
    *above, name = [part for part in path.split("/") if part] or [LOCAL]
    return (above[-1] if is_remote and above else LOCAL), name


def _written(name: str) -> str:
    return OTHERWISE.sub("-", name).strip("-") or LOCAL


def repository_for(person: Person, owner: str, name: str) -> Slugged:
    """Return the repository that the person may see under this name.

    Where several have the same, each is called by it and its number: `local/web-17`.
    """
    bare, _, number = name.rpartition("-")
    wanted = (owner.lower(), name.lower())
    found = [one for one in _seen(person, name) if _same(one) == wanted]
    if not found and number.isdecimal():
        wanted = (owner.lower(), bare.lower())
        twins = [one for one in _seen(person, bare) if _same(one) == wanted]
        found = [one for one in twins if len(twins) > 1 and str(one.pk) == number]
    if len(found) > 1:
        each = ", ".join(f"{name}-{one.pk} ({one.location})" for one in found)
        raise NotFound(f"Several repositories are called {owner}/{name}. They are {each}.")
    if not found:
        raise NotFound(f"There is no repository {owner}/{name} that you may see.")
    spelled = slug(found[0])
    own = name if spelled[1].lower() != name.lower() else spelled[1]
    apps = list(lookup.applications_for(person).filter(repository=found[0]).order_by("name"))
    return Slugged(found[0], spelled[0], own, apps, _environments(person, found[0]))


def every_app_of(repository: Repository) -> Slugged:
    """Return it with all of its apps: what the forge itself tells is about any of them."""
    apps = list(repository.applications.order_by("name"))
    places = Environment.objects.filter(application__in=apps).select_related(
        "application__repository", "current"
    )
    inside = list(places.order_by("application__name", "position", "name"))
    return Slugged(repository, *slug(repository), apps, inside)


def _same(repository: Repository) -> tuple[str, str]:
    owner, name = slug(repository)
    return owner.lower(), name.lower()


def _seen(person: Person, name: str) -> list[Repository]:
    """Return those that may be called so; what a name cannot hold was written otherwise."""
    seen = Repository.objects.filter(applications__in=lookup.applications_for(person)).distinct()
    for word in name.split("-"):
        seen = seen.filter(Q(name__icontains=word) | Q(location__icontains=word))
    return list(seen.order_by("pk"))


def _environments(person: Person, repository: Repository) -> list[Environment]:
    found = lookup.environments_for(person).filter(application__repository=repository)
    return list(found.order_by("application__name", "position", "name"))


def matching(where: Slugged, said: str) -> list[Environment]:
    """Return the environments that GitHub's `environment` may mean here.

    `app/environment` says which. A name alone means those that are called so; where none is, those
    with such an alias; where none has it, those that a usual abbreviation stands for.
    """
    asked = said.lower()
    app, _, inside = asked.rpartition("/")
    among = [one for one in where.environments if not app or one.application.name == app]
    for fits in (
        [one for one in among if one.name == inside],
        [one for one in among if inside in one.aliases],
        [one for one in among if one.name == lookup.ALIASES.get(inside, "")],
    ):
        if fits:
            return fits
    return []


def environment_in(where: Slugged, said: str, app: str = "", provider: str = "") -> Environment:
    """Return the one that is meant; `app`, where it is one of the repository's, says whose.

    Of several still, `provider` means the app that is deployed so, as Heaven called it.
    """
    asked = where if "/" in said else _of_app(where, app.lower())
    found = matching(asked, said)
    found = [one for one in found if not _is_archived(one)] or found
    found = _deployed_by(provider, found) or found
    if len(found) == 1:
        return found[0]
    if found:
        each = ", ".join(map(str, found))
        raise Invalid(f"The environment “{said}” may be any of {each}. Say which.")
    each = ", ".join(asked.label(one) for one in asked.environments) or "none yet"
    whose = where.full_name if asked is where else f"{app.lower()} of {where.full_name}"
    raise Invalid(f"{whose} has no environment “{said}”. It has: {each}.")


def _of_app(where: Slugged, name: str) -> Slugged:
    """Narrow it to the app that is called so; where none is, that is no app's name."""
    if all(app.name != name for app in where.applications):
        return where
    own = [one for one in where.environments if one.application.name == name]
    return replace(where, environments=own)


def _deployed_by(provider: str, among: list[Environment]) -> list[Environment]:
    way = providers.ways().get(WAYS.get(provider, ""))
    return [one for one in among if way and one.application.provider == way.provider]


def _is_archived(environment: Environment) -> bool:
    return bool(environment.archived_at or environment.application.archived_at)


def listed_in(
    where: Slugged, narrowed: dict[str, str]
) -> QuerySet[Deployment] | QuerySet[LockTask]:
    """Return the repository's deployments, newest first, narrowed as GitHub's list can be.

    Those that locked a place deployed nothing: they are listed where that is asked for.
    """
    found = _in(Deployment.objects.all(), where, narrowed)
    if narrowed.get("task") in tasks.LOCKS and not found.exists():
        return _in(LockTask.objects.all(), where, narrowed)
    return found


def _in(rows: QuerySet[Any, Any], where: Slugged, narrowed: dict[str, str]) -> QuerySet[Any, Any]:
    places = where.environments
    if "environment" in narrowed:
        places = matching(where, narrowed["environment"])
    fields: dict[str, Any] = {k: v for k, v in narrowed.items() if k in ("sha", "ref", "task")}
    found = rows.filter(environment__in=[one.pk for one in places], **fields)
    return found.select_related("environment__application", "person").order_by("-pk")


def asked_in(where: Slugged, number: int) -> Deployment | LockTask:
    """Return the deployment, or what locked a place, that has this number."""
    rows: QuerySet[Any, Any] = Deployment.objects.all()
    if number > FIRST:
        rows = LockTask.objects.all()
    key = number - FIRST if number > FIRST else number
    found: Deployment | LockTask | None = (
        _in(rows, where, {}).filter(pk=key).first() if number < 2**63 else None
    )
    if found is None:
        raise NotFound(f"{where.full_name} has no deployment #{number}.")
    return found
