"""Fetch by what a person typed or clicked. The only place that does, so that none forgets to ask
whether this person may see it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet

from deployments import rights
from deployments.exceptions import Invalid, NotFound
from deployments.models import (
    Application,
    Deployment,
    Environment,
    Host,
    Person,
    Placement,
    Repository,
)

MANY = 200  # environments
Row = TypeVar("Row", bound=Model)

ALIASES = {"prod": "production", "stg": "staging", "stage": "staging", "dev": "development"}


def applications_for(person: Person) -> QuerySet[Application]:
    """Return the applications that the person may see."""
    found = Application.objects.select_related("repository")
    seen = rights.seen(person)
    if seen is not None:
        found = found.filter(pk__in=seen)
    return found if rights.may(person, "see") else found.none()


def application_for(person: Person, name: str) -> Application:
    found = applications_for(person).filter(name=name.lower()).first()
    if found is None:
        raise NotFound(f"There is no application called “{name}” that you may see.")
    return found


def environments_for(person: Person) -> QuerySet[Environment]:
    """Return the environments that the person may see."""
    return Environment.objects.filter(application__in=applications_for(person)).select_related(
        "application__repository", "current__person", "ssh_key"
    )


def environments_of(application: Application) -> list[Environment]:
    """Return the environments of an application that was found for the person."""
    found = list(Environment.objects.filter(application=application).select_related("ssh_key"))
    for environment in found:
        environment.application = application  # at hand, with its repository
    return found


def deployments_of(application: Application) -> QuerySet[Deployment]:
    """Return the deployments of an application that was found for the person, newest first."""
    made = Deployment.objects.filter(environment__application=application)
    return made.select_related("environment__application__repository", "person", "stop_by")


def in_environments(rows: QuerySet[Row], environments: Collection[Environment]) -> QuerySet[Row]:
    """Narrow rows to those of the environments. Where these are very many all rows are read, and
    whoever asks leaves out what is of others: a list of a thousand numbers costs more than that.
    """
    if len(environments) > MANY:
        return rows
    return rows.filter(environment__in=[environment.pk for environment in environments])


def environment_for(person: Person, application: str, name: str) -> Environment:
    """Return the environment by its name, an alias of its own, or a usual abbreviation."""
    app = application_for(person, application)
    own = {e.name: e for e in environments_for(person).filter(application=app)}
    asked = name.lower()
    by_alias = {alias: e for e in own.values() for alias in e.aliases}
    found = own.get(asked) or by_alias.get(asked) or own.get(ALIASES.get(asked, ""))
    if found is None:
        listed = ", ".join(own) or "none yet"
        raise NotFound(f"{app} has no environment “{name}”. It has: {listed}.")
    return found


def deployments_for(person: Person) -> QuerySet[Deployment]:
    """Return the deployments that the person may see, newest first."""
    return Deployment.objects.filter(environment__in=environments_for(person)).select_related(
        "environment__application__repository",
        "environment__current",
        "person",
        "previous",
        "parent",
        "stop_by",
    )


def deployment_for(person: Person, number: int) -> Deployment:
    # A number past 63 bits is no number of ours, and the database would refuse to compare it.
    found = deployments_for(person).filter(pk=number).first() if number < 2**63 else None
    if found is None:
        raise NotFound(f"There is no deployment #{number} that you may see.")
    return found


def repository_for(person: Person, name: str) -> Repository:
    """Return the repository by its name (`acme/web`) or its number."""
    seen = Repository.objects.filter(applications__in=applications_for(person)).distinct()
    by_number = name.isdecimal() and len(name) < 19
    found = list(seen.filter(Q(pk=int(name)) if by_number else Q(name__iexact=name))[:2])
    if len(found) > 1:
        raise Invalid(f"Several repositories are called “{name}”: name it by its number instead.")
    if not found:
        raise NotFound(f"There is no repository called “{name}” that you may see.")
    return found[0]


def hosts_for(person: Person) -> QuerySet[Host]:
    """Return the hosts that the person may see: who may not see all apps, where theirs lie."""
    found = Host.objects.all() if rights.may(person, "see") else Host.objects.none()
    if rights.seen(person) is None:
        return found
    theirs = Q(pk__in=placements_for(person).values("host"))
    if person.token is None and rights.may_somewhere(person, "configure"):
        theirs |= Q(placements=None)  # such as they have just added
    return found.filter(theirs)


def free_hosts_for(person: Person, environment: Environment) -> QuerySet[Host]:
    """Return the hosts that the person may see and that are not in the environment."""
    return hosts_for(person).exclude(placements__environment=environment)


def placements_for(person: Person) -> QuerySet[Placement]:
    """Return what is placed on hosts, as far as the person may see it."""
    seen = Placement.objects.select_related("environment__application")
    return seen.filter(environment__in=environments_for(person))


def with_placements(hosts: QuerySet[Host], person: Person) -> QuerySet[Host]:
    """Fetch with hosts what the person may see of what is placed on them."""
    return hosts.prefetch_related(placed(person))


def placed(person: Person) -> Prefetch[str]:
    return Prefetch("placements", placements_for(person).select_related("current").order_by("pk"))


def host_for(person: Person, name: str) -> Host:
    found = hosts_for(person).filter(name=name.lower()).first()
    if found is None:
        raise NotFound(f"There is no host called “{name}”.")
    return found
