"""The names that a person may see, for suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from bots.language.names import Names
from deployments.exceptions import DeploymentError
from deployments.models import Application, Deployment, Person
from deployments.models.deployment import UNFINISHED
from deployments.selectors import code, lookup, pauses
from deployments.services.lifecycle import AGAIN

SHOWN = 3


def names_for(person: Person, thread: Deployment | None = None) -> Names:
    """Return the applications and environments of this person. One query for each.

    Branches, tags and numbers are asked for only where a line needs them. In a deployment's
    `thread` a number that is missing is its own.
    """
    if not person.pk:
        return Names({}, dict(lookup.ALIASES))  # a stranger is not told what there is
    seen = {app.name: app for app in lookup.applications_for(person)}
    apps: dict[str, list[str]] = {name: [] for name in seen}
    aliases = dict(lookup.ALIASES)
    rows = lookup.environments_for(person).values_list("application__name", "name", "aliases")
    for app, name, own in rows:
        apps[app].append(name)
        aliases.update(dict.fromkeys(own, name))

    @cache
    def refs(app: str) -> Sequence[str] | None:
        return refs_of(seen[app]) if app in seen else None

    def numbers(verb: str, app: str | None, place: str | None) -> Sequence[int]:
        if thread is not None and app is None and place is None:
            return [thread.pk]
        return numbers_for(person, verb, app, place)

    def tasks(app: str) -> Sequence[str]:
        return sorted(seen[app].settings.get("tasks") or ()) if app in seen else ()

    return Names(apps, aliases, refs, numbers, tasks)


def refs_of(app: Application) -> Sequence[str] | None:
    """Return its branches and tags as last seen, newest first; None where nobody knows them."""
    try:
        known = code.refs(app, fresh=False)
    except DeploymentError:
        return None
    return list(dict.fromkeys(ref.name for ref in (*known.branches, *known.tags))) or None


def numbers_for(
    person: Person, verb: str, app: str | None = None, place: str | None = None
) -> list[int]:
    """Return the newest deployments that this person may see and that the verb may be about."""
    rows = lookup.deployments_for(person)
    if verb in ("retry", "retry failed hosts"):
        rows = rows.filter(status__in=AGAIN)
    elif verb == "go on":
        rows = rows.filter(pauses.LASTS)
    elif verb in ("approve", "reject"):
        rows = rows.filter(status="pending", approval__approved=None, approval__isnull=False)
    elif verb == "cancel":
        rows = rows.filter(status__in=UNFINISHED)
    if app is not None:
        rows = rows.filter(environment__application__name=app)
    if place is not None:
        rows = rows.filter(environment__name=place)
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:SHOWN])
