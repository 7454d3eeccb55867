"""What an import of apps.json would do: asked before anything is done, and once more when it is.

Repositories are looked at, several at once. Never inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit

from django.db.models import Q

from deployments import providers, rights
from deployments.apps_json import names
from deployments.apps_json.entries import entries
from deployments.apps_json.reading import read
from deployments.apps_json.wanted import WantedApp, WantedEnvironment, WantedHost
from deployments.exceptions import DeploymentError, Invalid
from deployments.models import Application, Host, Person
from deployments.models.names import TAKEN, is_reserved
from deployments.providers import Way
from deployments.selectors import repositories
from deployments.selectors.repositories import Look, Opening, Question

PATIENCE = 20  # seconds for all repositories together: somebody waits for the page
AT_ONCE = 8
USUAL = "ssh"  # how an app is deployed of which the file says nothing that is known here
Login = tuple[str, int, str]


@dataclass(frozen=True)
class Given:
    """What somebody hands over: the file, where owner/name is, and what opens it there."""

    data: bytes
    place: str = names.PLACE
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Proposal:
    """What would come of one app of the file.

    `new` is made, `known` is there and left alone, `wrong` cannot be made.
    """

    app: WantedApp
    state: Literal["new", "known", "wrong"]
    reasons: tuple[str, ...] = ()  # why it is wrong, or how the one that is there differs
    seen: Look | None = None

    @property
    def way(self) -> Way:
        return providers.ways()[self.app.way or USUAL]

    @property
    def environments(self) -> list[tuple[WantedEnvironment, str, tuple[str, ...]]]:
        """Each with the checks that it will ask for."""
        return [(each, *checks(each, self.seen)) for each in self.app.environments]


def checks(environment: WantedEnvironment, seen: Look | None) -> tuple[str, tuple[str, ...]]:
    """Return what an environment asks of a commit's checks: all, named (which), none.

    Where the file leaves it open, GitHub asked for all that were reported. So does Shipmate where
    it can know them.
    """
    if environment.contexts is None:
        return ("all" if seen and seen.opening.forge == "github" else "none"), ()
    return ("named" if environment.contexts else "none"), environment.contexts


def propose(given: Given, person: Person, patience: float = PATIENCE) -> list[Proposal]:
    """Return what would come of each app, in the order of the file."""
    rights.require(person, "configure")
    check_place(given.place)
    wanted = entries(read(given.data), given.place, lambda name: name in TAKEN or is_reserved(name))
    known = _known(wanted)
    hosts = _logins(wanted)
    found = [_judged(app, known.get(app.name), hosts, person) for app in wanted]
    return _looked_at(found, given, person, patience)


def check_place(place: str) -> None:
    """Refuse what does not say where owner/name stands in an address."""
    if place.count("{repository}") != 1 or any(
        sign in place.replace("{repository}", "") for sign in "{}"
    ):
        raise Invalid(
            "Where repositories are is written with {repository} in place of owner/name, such as "
            f"{names.PLACE} or git@git.example.com:{{repository}}.git."
        )


def _known(wanted: Iterable[WantedApp]) -> dict[str, Application]:
    rows = Application.objects.filter(name__in=[app.name for app in wanted])
    found = rows.select_related("repository").prefetch_related("environments")
    return {app.name: app for app in found}


def _logins(wanted: Iterable[WantedApp]) -> dict[str, Login]:
    """Return the hosts that there are and that the file may mean: name → where it is."""
    named = [host for app in wanted for each in app.environments for host in each.hosts]
    if not named:
        return {}
    by_name, by_address = [one.name for one in named], [one.address for one in named]
    rows = Host.objects.filter(Q(name__in=by_name) | Q(address__in=by_address))
    return {row.name: (row.address, row.port, row.user) for row in rows}


def _judged(
    app: WantedApp, known: Application | None, hosts: dict[str, Login], person: Person
) -> Proposal:
    """Say what would come of an app, as far as that is known without its repository."""
    if app.faults:
        return Proposal(app, "wrong", app.faults)
    if known is not None:
        return Proposal(app, "known", tuple(_differences(app, known)))
    reasons = [*_beyond(app, person), *_taken(app, hosts)]
    return Proposal(app, "wrong" if reasons else "new", tuple(reasons))


def _differences(app: WantedApp, known: Application) -> Iterable[str]:
    """Tell how the app that is there differs from what the file says."""
    if known.archived_at:
        yield "It is archived."
    if _plain(known.repository.location) != _plain(app.location):
        yield f"Its code comes from {known.repository.location}, not from {app.location}."
    way = providers.way_of(known.provider, known.settings)
    if app.way and way.key != app.way:
        yield f"It is deployed by “{way.label}”, not by “{providers.ways()[app.way].label}”."
    has = {word for each in known.environments.all() for word in (each.name, *each.aliases)}
    if missing := [each.name for each in app.environments if each.name not in has]:
        yield f"It has no environment {', '.join(missing)}."


def _plain(location: str) -> str:
    with suppress(DeploymentError):
        location = repositories.spelled(location, "local")
    return location.removesuffix(".git").lower()


def _beyond(app: WantedApp, person: Person) -> Iterable[str]:
    """Refuse programs on this machine to who may not have them run there."""
    way = providers.ways()[app.way or USUAL]
    if way.is_trusted and not rights.may(person, "administer"):
        doing = f"have programs of {app.name} run on the machine of"
        yield rights.refusal(person, "administer", doing=doing)


def _taken(app: WantedApp, hosts: dict[str, Login]) -> Iterable[str]:
    """Refuse hosts whose name is that of another machine; remember those that are new."""
    for host in dict.fromkeys(host for each in app.environments for host in each.hosts):
        login = login_of(host)
        if login in hosts.values():
            continue
        if host.name in hosts:
            address, port, user = hosts[host.name]
            yield f"The host {host.name} is {user}@{address}:{port} here: name {host} otherwise."
        hosts.setdefault(host.name, login)


def login_of(host: WantedHost) -> Login:
    return host.address, host.port, host.user


def _looked_at(
    found: list[Proposal], given: Given, person: Person, patience: float
) -> list[Proposal]:
    """Look at the repositories of what would be made."""
    questions: dict[str, Question] = {}
    told: dict[str, Look | str] = {}
    for one in (one for one in found if one.state == "new"):
        try:
            opening = opening_of(one.app, given)
            questions[one.app.name] = repositories.question(one.app.location, person, opening)
        except DeploymentError as error:
            told[one.app.name] = str(error)
    told |= _ask(questions, patience)
    return [_with(one, told[one.app.name]) if one.state == "new" else one for one in found]


def opening_of(app: WantedApp, given: Given) -> Opening:
    """Return what opens the repository. A token for all goes to no host but the one it is for."""
    for_all = given.token if _host(app.location) == _host(given.place) else ""
    token = app.token or for_all
    is_web = app.location.startswith("https://")
    return Opening("github", "", token) if token and is_web else Opening()


def _host(address: str) -> str:
    with suppress(ValueError):
        return urlsplit(address).netloc.lower()
    return ""


def _ask(questions: Mapping[str, Question], patience: float) -> dict[str, Look | str]:
    """Return what each repository shows, or why it shows nothing."""
    pool = ThreadPoolExecutor(AT_ONCE)
    asked = {name: pool.submit(question.ask) for name, question in questions.items()}
    wait(asked.values(), timeout=patience)
    pool.shutdown(wait=False, cancel_futures=True)
    return {name: _answer(future, patience) for name, future in asked.items()}


def _answer(future: Future[Look], patience: float) -> Look | str:
    if not future.done() or future.cancelled():
        return (
            f"Its repository was not read within {patience:.0f} seconds. Look again: what came "
            "of it by then is kept, and what is imported already is left alone."
        )
    try:
        return future.result()
    except DeploymentError as error:
        return str(error)


def _with(one: Proposal, told: Look | str) -> Proposal:
    if isinstance(told, str):
        return replace(one, state="wrong", reasons=(told,))
    return replace(one, seen=told)
