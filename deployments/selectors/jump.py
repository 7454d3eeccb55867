"""What a few words may mean: applications, environments, deployments, and lines for the chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

from django.db.models import Q, QuerySet

from deployments import lines, rights
from deployments.models import Application, Deployment, Environment, Person
from deployments.selectors import lookup

FEW = 6
LATELY = 50  # deployments
DEEDS = ("deploy", "rollback", "lock", "unlock")
VERBS = (*DEEDS, "status", "why", "where")


@dataclass(frozen=True)
class Found:
    applications: list[Application] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    who: str = ""  # can say what the person may not

    @property
    def is_nothing(self) -> bool:
        found = self.applications or self.environments or self.deployments or self.lines
        return not (found or self.who)


def jump(person: Person, text: str) -> Found:
    """Return the first few of each that fit all words, as far as the person may see them."""
    asked = text.lower().replace("/", " ").split()
    words = [word for word in asked if word not in (*VERBS, "to", "in", "on")]
    applications = list(_applications(person, words)[:FEW]) if words else []
    environments = _environments(person, words) if words else _lately(person, asked)
    near = environments[:3]
    lacking = _lacking(person, near)
    return Found(
        applications,
        environments,
        _deployments(person, words, environments),
        _lines(asked, near, applications, lacking),
        _who(asked, lacking),
    )


def _lately(person: Person, asked: Sequence[str]) -> list[Environment]:
    """Return where the person deployed last, where nothing but a deed is asked for."""
    if not any(word in DEEDS for word in asked):
        return []
    own = Deployment.objects.filter(person=person).order_by("-pk").values_list("environment")
    numbers = [number for (number,) in own[:LATELY]]
    places = lookup.environments_for(person).select_related(None).select_related("application")
    known = places.in_bulk(numbers)
    return [known[number] for number in dict.fromkeys(numbers) if number in known][:FEW]


def _lacking(person: Person, environments: Sequence[Environment]) -> list[Environment]:
    """Return where the person may not deploy."""
    roles = rights.roles_of(person) if environments else []
    return [one for one in environments if not rights.may(person, "deploy", one, roles)]


def _who(asked: Sequence[str], lacking: Sequence[Environment]) -> str:
    """Say who can, to whoever asks for a deed that they may not do."""
    is_deed = any(word in DEEDS for word in asked)
    return rights.who_can("deploy", lacking[0]) if is_deed and lacking else ""


def _applications(person: Person, words: Sequence[str]) -> QuerySet[Application]:
    fits = [Q(name__icontains=word) | Q(repository__name__icontains=word) for word in words]
    return lookup.applications_for(person).filter(reduce(and_, fits)).order_by("name")


def _environments(person: Person, words: Sequence[str]) -> list[Environment]:
    fits = [Q(name__icontains=word) | Q(application__name__icontains=word) for word in words]
    seen = lookup.environments_for(person).select_related(None).select_related("application")
    return list(seen.filter(reduce(and_, fits))[:FEW])


def _deployments(
    person: Person, words: Sequence[str], environments: Sequence[Environment]
) -> list[Deployment]:
    """Return the one of that number, the newest of those places, or the person's own newest."""
    seen = lookup.deployments_for(person).select_related(None)
    seen = seen.select_related("environment__application", "person").defer("settings")
    number = words[0].removeprefix("#") if len(words) == 1 else ""
    if number.isdecimal() and len(number) < 19:
        return list(seen.filter(pk=number))
    if not words:
        return list(seen.filter(person=person)[:FEW])
    return list(seen.filter(environment__in=[e.pk for e in environments])[:FEW])


def _lines(
    asked: Sequence[str],
    environments: Sequence[Environment],
    applications: Sequence[Application],
    lacking: Sequence[Environment],
) -> list[str]:
    """Return lines that say in chat what may be meant: those of the verb, if one was written."""
    verbs = [word for word in asked if word in VERBS] or ["deploy", "status"]
    found = [
        line
        for environment in environments
        for line in _about(environment.application.name, environment.name)
        if environment not in lacking or line.split()[0] not in DEEDS
    ]
    found += [lines.where_can_i_deploy(app.name) for app in applications[:1]]
    return [line for line in found if line.split()[0] in verbs][:FEW]


def _about(app: str, environment: str) -> list[str]:
    return [
        lines.deploy(app, "", environment),
        lines.rollback(app, environment),
        lines.status(app, environment),
        lines.why(app, environment),
        lines.lock(app, environment),
        lines.unlock(app, environment),
    ]
