"""Import what hubot-deploy's apps.json names: each app as a whole or not at all.

What is there already is left alone, so that an import may be done again.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from deployments.apps_json.wanted import WantedEnvironment, WantedHost
from deployments.exceptions import DeploymentError, Invalid
from deployments.models import Application, Host, Person
from deployments.selectors import code, importing
from deployments.selectors.importing import Given, Proposal
from deployments.selectors.repositories import Look
from deployments.services import applications, environments, hosts


@dataclass(frozen=True)
class Outcome:
    """What came of one app of the file."""

    proposal: Proposal
    application: Application | None = None  # the one that was made
    problem: str = ""  # why it was not, though it was to be

    @property
    def failed(self) -> bool:
        """Return whether it is not there now."""
        return bool(self.problem) or self.proposal.state == "wrong"


def bring(
    given: Given, person: Person, *, via: str, patience: float = importing.PATIENCE
) -> list[Outcome]:
    """Make every app of the file that can be made and is not there."""
    return [_brought(one, person, via) for one in importing.propose(given, person, patience)]


def _brought(one: Proposal, person: Person, via: str) -> Outcome:
    if one.state != "new" or one.seen is None:
        return Outcome(one)
    try:
        with transaction.atomic():
            return Outcome(one, _make(one, one.seen, person, via))
    except DeploymentError as error:
        return Outcome(one, problem=str(error))
    except IntegrityError:
        return Outcome(one, problem="Somebody else made one of that name meanwhile. Look again.")


def _make(one: Proposal, seen: Look, person: Person, via: str) -> Application:
    wanted = one.app
    made = applications.keep(wanted.name, seen, person, via=via)
    if wanted.way:
        applications.choose(made, wanted.way, person, via=via)
    if wanted.settings:
        applications.change_settings(made, wanted.settings, person, via=via)
    for each in wanted.environments:
        _add(made, each, seen, person, via)
    if wanted.default_environment:
        applications.set_default_environment(made, wanted.default_environment, person, via=via)
    if wanted.auto_merge and not code.no_merge(made):
        applications.set_auto_merge(made, True, person, via=via)
    return made


def _add(
    application: Application, wanted: WantedEnvironment, seen: Look, person: Person, via: str
) -> None:
    made = environments.add(
        application,
        wanted.name,
        person,
        production=wanted.production,
        url=wanted.url,
        via=via,
    )
    checks, contexts = importing.checks(wanted, seen)
    environments.change(made, person, checks=checks, required_contexts=list(contexts), via=via)
    if wanted.settings:
        environments.change_settings(made, wanted.settings, person, via=via)
    for host in wanted.hosts:
        environments.place(made, _host(host, person, via), host.roles, person, via=via)


def _host(wanted: WantedHost, person: Person, via: str) -> Host:
    """Return the host that is reached so; a new one where there is none."""
    address, port, user = importing.login_of(wanted)
    known = Host.objects.filter(address=address, port=port, user=user).first()
    if known is not None:
        return known
    if Host.objects.filter(name=wanted.name).exists():
        raise Invalid(f"There is another host called “{wanted.name}”: name {wanted} otherwise.")
    return hosts.add(wanted.name, address, person, port=port, user=user, via=via)
