"""The names that a person may see, for suggestions."""

from __future__ import annotations

from bots.language.known import Names
from deployments.models import Person
from deployments.selectors import lookup


def names_for(person: Person) -> Names:
    """Return the applications and environments of this person. One query for each."""
    if not person.pk:
        return Names({}, dict(lookup.ALIASES))  # a stranger is not told what there is
    apps: dict[str, list[str]] = {
        name: [] for name in lookup.applications_for(person).values_list("name", flat=True)
    }
    aliases = dict(lookup.ALIASES)
    rows = lookup.environments_for(person).values_list("application__name", "name", "aliases")
    for app, name, own in rows:
        apps[app].append(name)
        aliases.update(dict.fromkeys(own, name))
    return Names(apps, aliases)
