"""A first look at a repository, before an application is made of it. Never inside a transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deployments import forges, rights
from deployments.forges.contract import Commit, Source
from deployments.forges.github import access, places
from deployments.forges.locations import validate_location
from deployments.models import Person, Repository
from deployments.selectors import code


@dataclass(frozen=True)
class Opening:
    """How a repository is read. `forge` empty: as it was, or by git alone.

    `secret` is a token or, with the number of an `app`, that App's private key; empty: the one
    that is kept, if any.
    """

    forge: str = ""
    app: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Look:
    """What a repository shows at first sight."""

    location: str
    name: str
    branch: str
    commit: Commit
    opening: Opening

    def __str__(self) -> str:
        return f"{self.branch} is at {self.commit.sha[:7]} “{self.commit.subject}”."


@dataclass(frozen=True)
class Question:
    """What is asked of a repository, with all that it takes: asking needs no database."""

    source: Source
    opening: Opening

    def ask(self) -> Look:
        """Return its default branch and newest commit."""
        asked = forges.forge(self.opening.forge)
        default = asked.resolve(self.source)
        commit = asked.commits(self.source, default.sha, 1)[0]
        return Look(self.source.location, self.source.name, default.ref, commit, self.opening)


def look(location: str, person: Person, given: Opening | None = None) -> Look:
    """Return its default branch and newest commit, or say in a DeploymentError what is wrong."""
    return question(location, person, given).ask()


def question(location: str, person: Person, given: Opening | None = None) -> Question:
    """Return what to ask, if the person may use what opens the repository."""
    given = given or Opening()
    place = spelled(location, given.forge)
    known = Repository.objects.filter(location=place).first()
    opening = replace(given, forge=given.forge or (known.forge if known else "local"))
    if known is not None:
        _require(known, opening, person)
    return Question(_source(place, known, opening), opening)


def spelled(location: str, forge: str) -> str:
    """Return the one spelling of an address, as the forge has it."""
    if forge != "github":
        return validate_location(location)
    places.place(location)
    return places.normal(location)


def name_of(location: str) -> str:
    """Return what people call the repository: the end of its address."""
    end = location.strip().rstrip("/").replace(":", "/").rpartition("/")[2]
    return end.removesuffix(".git")[:200] or location[:200]


def _require(known: Repository, opening: Opening, person: Person) -> None:
    """Let only those change or use what opens a repository who may configure all its apps."""
    if opening.secret or opening.forge != known.forge or hasattr(known, "access"):
        for app in known.applications.all():
            rights.require(person, "configure", app)


def _source(place: str, known: Repository | None, opening: Opening) -> Source:
    source = Source(place, name_of(place))
    if opening.forge != "github":
        return source
    if opening.secret:
        (access.check_key if opening.app else access.check_token)(opening.secret)
        return access.opened(source, opening.secret, opening.app)
    if known is not None and known.forge == "github":
        return replace(code.source_of(known), name=source.name)
    return source
