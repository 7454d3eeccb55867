"""Every reason a deployment may not start: what, and who or what clears it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from deployments import lines, providers, rights
from deployments.durations import duration
from deployments.models import Deployment, Environment, Lock, Person, Placement, Secret
from deployments.selectors import checks, code, locks

MINUTE = 60
UNKNOWN_HOST = "unknown_host"


@dataclass(frozen=True)
class Blocker:
    """A reason not to start. One that `waits` goes away by itself; the others are refusals."""

    code: str
    text: str
    clears: str  # who or what clears it
    url: str = ""
    waits: bool = False
    line: str = ""  # what to say next, if that clears it

    def __str__(self) -> str:
        return f"{self.text} {self.clears}".strip()


@dataclass(frozen=True)
class Asked:
    """What the database says of an environment, asked of several at once."""

    placements: list[Placement]
    may: bool  # the person may deploy there
    lock: Lock | None  # that keeps the person out
    ahead: Deployment | None  # comes before another one
    secrets: set[str]  # names of those that are set, where its provider needs any


def blockers(
    environment: Environment,
    person: Person | None = None,
    *,
    hosts: list[str] | None = None,
    fetches: bool = True,
    sha: str = "",
) -> list[Blocker]:
    """Return every reason why a deployment there would not start now. Asks no repository.

    `sha`: the commit whose checks have to have passed; empty: none is asked about.

    `fetches`: the repository is needed. It is not where the code is at hand: a commit that is on
    this machine, or going back to a release that the hosts keep.
    """
    asked = _ask([environment], person)[environment.pk]
    return _blockers(environment, person, asked, hosts or [], fetches=fetches, sha=sha)


def of(
    environments: Sequence[Environment], person: Person, *, sha: str = ""
) -> dict[int, list[Blocker]]:
    """Return the same of each, in as many queries as for one."""
    asked = _ask(environments, person)
    return {
        environment.pk: _blockers(environment, person, asked[environment.pk], [], sha=sha)
        for environment in environments
    }


def _blockers(
    environment: Environment,
    person: Person | None,
    asked: Asked,
    hosts: list[str],
    *,
    fetches: bool = True,
    sha: str = "",
) -> list[Blocker]:
    return [
        *_rights(environment, person, asked.may),
        *_archived(environment),
        *_lock(environment, person, asked.lock),
        *_settings(environment),
        *_secrets(environment, asked.secrets),
        *_hosts(environment, asked.placements, hosts),
        *_unknown_hosts(environment, asked.placements, hosts),
        *unchecked(environment, person, sha),
        *(() if runs_here(environment) else _key(environment)),
        *(_host_keys(asked.placements, hosts) if _signs_in(environment) else ()),
        *(_away(environment) if fetches else ()),
        *_running(asked.ahead),
    ]


def runs_here(environment: Environment) -> bool:
    """Return whether deployments there run on a worker's machine, with or without hosts."""
    return providers.provider(environment.application.provider).runs_here


def _signs_in(environment: Environment) -> bool:
    """Return whether anything signs in to the hosts."""
    return not runs_here(environment) or hasattr(environment, "ssh_key")


def _ask(environments: Sequence[Environment], person: Person | None) -> dict[int, Asked]:
    roles = rights.roles_of(person)
    placed: dict[int, list[Placement]] = defaultdict(list)
    by_number = {environment.pk: environment for environment in environments}
    for one in Placement.objects.filter(environment__in=by_number).select_related("host"):
        one.environment = by_number[one.environment_id]
        placed[one.environment_id].append(one)
    held = locks.of(environments)
    ahead = _ahead(environments, held)
    secrets = _set_secrets(environments)
    return {
        place.pk: Asked(
            placements=placed[place.pk],
            may=person is None or rights.may(person, "deploy", place, roles),
            lock=locks.unless_own(held.get(place.pk), person),
            ahead=ahead.get(place.pk),
            secrets=secrets.get(place.pk, set()),
        )
        for place in environments
    }


def _set_secrets(environments: Sequence[Environment]) -> dict[int, set[str]]:
    """Return the names of an environment's secrets, of those whose provider needs some."""
    needing = [environment for environment in environments if _needs_secrets(environment)]
    if not needing:
        return {}
    of_any = Q(environment__in=needing) | Q(application__in={e.application_id for e in needing})
    of_application, of_place = defaultdict(set), defaultdict(set)
    rows = Secret.objects.filter(of_any).values_list("name", "application", "environment")
    for name, application, place in rows:
        of_application[application].add(name)
        of_place[place].add(name)
    return {e.pk: of_application[e.application_id] | of_place[e.pk] for e in needing}


def _needs_secrets(environment: Environment) -> tuple[str, ...]:
    return providers.provider(environment.application.provider).needs_secrets


def _ahead(environments: Sequence[Environment], held: Mapping[int, Lock]) -> dict[int, Deployment]:
    """Return of each environment the deployment that comes before another one."""
    going = Deployment.objects.filter(
        environment__in=[e.pk for e in environments], status__in=["in_progress", "queued"]
    ).order_by("pk")
    first: dict[int, int] = {}
    for number, place, status, asker in going.values_list("pk", "environment", "status", "person"):
        lock = held.get(place)
        if status == "in_progress" or lock is None or lock.person_id == asker:
            first.setdefault(place, number)
    found = Deployment.objects.select_related("person").in_bulk(first.values())
    return {place: found[number] for place, number in first.items() if number in found}


def refusals(found: list[Blocker]) -> list[Blocker]:
    """Return those that do not go away by themselves."""
    return [blocker for blocker in found if not blocker.waits]


def chosen(placements: list[Placement], hosts: list[str]) -> list[Placement]:
    """Return the placements that the names and roles mean; all if there are none."""
    if not hosts:
        return placements
    wanted = set(hosts)
    return [p for p in placements if p.host.name in wanted or wanted & set(p.roles)]


def names_of(placements: list[Placement]) -> set[str]:
    """Return the names and roles by which hosts are chosen."""
    return {p.host.name for p in placements} | {role for p in placements for role in p.roles}


def _rights(environment: Environment, person: Person | None, may: bool) -> Iterator[Blocker]:
    if person is not None and (beyond := rights.beyond_token(person, "deploy", environment)):
        yield Blocker("token", beyond, rights.MENDS_IT)
    elif not may:
        role = rights.least("deploy", environment)
        yield Blocker(
            "not_allowed",
            f"{person} may not deploy to {environment}: it takes a {role}.",
            f"Ask {rights.who_may('deploy', environment)}.",
        )


def _archived(environment: Environment) -> Iterator[Blocker]:
    for thing in (environment.application, environment):
        if thing.archived_at is not None:
            yield Blocker(
                "archived",
                f"{thing} is archived.",
                _by_maintainer(environment),
                f"{_settings_url(environment)}#ending",
            )


def _lock(environment: Environment, person: Person | None, lock: Lock | None) -> Iterator[Blocker]:
    """Whoever holds a lock deploys there; nothing but opening it lets others in."""
    if lock is not None:
        url = f"{environment.get_absolute_url()}#lock"
        may = person is not None and locks.may_unlock(lock, person)
        line = locks.unlock_line(lock) if may else ""
        yield Blocker("locked", locks.claim(lock, person), locks.clears(lock), url, line=line)


def _settings(environment: Environment) -> Iterator[Blocker]:
    for problem in providers.provider(environment.application.provider).validate(
        environment.effective_settings
    ):
        yield Blocker("settings", problem, _by_maintainer(environment), _settings_url(environment))


def _secrets(environment: Environment, names: set[str]) -> Iterator[Blocker]:
    for name in _needs_secrets(environment):
        if name not in names:
            yield Blocker(
                "no_secret",
                f"The secret {name} is not set for {environment}.",
                _by_maintainer(environment, "sets it in its settings"),
                _settings_url(environment),
            )


def _hosts(
    environment: Environment, placements: list[Placement], hosts: list[str]
) -> Iterator[Blocker]:
    """Give what the provider has against so many hosts, or against choosing some."""
    provider = providers.provider(environment.application.provider)
    settings = environment.effective_settings
    for obstacle in provider.obstacles(settings, len(placements), chosen=bool(hosts)):
        does = "puts it right in its settings" if placements else "adds one in its settings"
        yield Blocker(
            "no_hosts",
            f"{environment} {obstacle}.",
            _by_maintainer(environment, does),
            _settings_url(environment),
        )


def _unknown_hosts(
    environment: Environment, placements: list[Placement], hosts: list[str]
) -> Iterator[Blocker]:
    known = names_of(placements)
    for name in hosts:
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            text = f"{environment} has no host or role called “{name}”."
            yield Blocker(UNKNOWN_HOST, text, f"It has: {listed}.")


def unchecked(environment: Environment, person: Person | None, sha: str) -> Iterator[Blocker]:
    """Give the checks that have not passed; only those who may force go past them."""
    found = checks.problems(environment, sha)
    if found:
        app, where = environment.application, f"{sha[:7]} may not go to {environment}"
        clears = f"Mend it, or wait with “when green”; past them goes {_who_forces(environment)}"
        may = person is not None and rights.may(person, "force", environment)
        line = lines.deploy(app.name, sha[:7], environment.name, force=True) if may else ""
        yield Blocker(
            "checks",
            f"{where}: {'; '.join(found)}.",
            f"{clears} with “{lines.spoken('deploy')}!”.",
            line=line,
        )


def _who_forces(environment: Environment) -> str:
    return f"a {rights.least('force', environment)} ({rights.who_may('force', environment)})"


def _key(environment: Environment) -> Iterator[Blocker]:
    if not hasattr(environment, "ssh_key"):
        yield Blocker(
            "no_key",
            f"{environment} has no SSH key.",
            _by_maintainer(environment, "makes one in its settings"),
            _settings_url(environment),
        )


def _host_keys(placements: list[Placement], hosts: list[str]) -> Iterator[Blocker]:
    for placement in chosen(placements, hosts):
        if not placement.host.host_keys.strip():
            yield Blocker(
                "host_key",
                f"Nobody has accepted the host key of {placement.host} yet.",
                _by_maintainer(placement.environment, "sees its fingerprint and accepts it"),
                reverse("host-settings", args=[placement.host.name]),
            )


def _away(environment: Environment) -> Iterator[Blocker]:
    """Tell from what is known: nobody who looks at a page waits for a repository."""
    found = code.away(environment.application)
    if found is not None:
        ago = (timezone.now() - found.at).total_seconds()
        asked = f" It was asked {duration(ago)} ago." if ago >= MINUTE else ""
        text = found.text if found.text.endswith(".") else f"{found.text}."
        clears = "A deployment waits for it, and begins by itself when it answers."
        yield Blocker("away", text, f"{clears}{asked}", waits=True)


def _running(ahead: Deployment | None) -> Iterator[Blocker]:
    if ahead is not None:
        yield Blocker(
            "running",
            f"#{ahead.pk} by {ahead.person} comes first.",
            "Yours starts when it has ended.",
            ahead.get_absolute_url(),
            waits=True,
        )


def _by_maintainer(environment: Environment, does: str = "puts it right in its settings") -> str:
    return f"A maintainer {does} ({rights.who_may('configure', environment)})."


def _settings_url(environment: Environment) -> str:
    return reverse("environment-settings", args=[environment.application.name, environment.name])
