"""What checks say of commits, and whether that is enough for an environment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from deployments.models import (
    Application,
    CommitHeard,
    CommitStatus,
    Deployment,
    Environment,
    Repository,
)

State = CommitStatus.State
NONE = "no check was reported"
WORDS = {
    State.PENDING: "has not ended yet",
    State.SUCCESS: "passed",
    State.FAILURE: "failed",
    State.ERROR: "could not be run",
}


@dataclass(frozen=True)
class Sign:
    """All checks of a commit in one word, as GitHub puts it, and in a sentence."""

    state: str
    text: str
    url: str = ""
    count: str = ""  # how many of how many passed

    @property
    def look(self) -> str:
        """The state of a deployment that looks like it."""
        return "in_progress" if self.state == State.PENDING else self.state

    @property
    def word(self) -> str:
        words = {"success": "checks passed", "pending": "checks running"}
        return words.get(self.state, "checks failed")


def statuses(repository: Repository, sha: str) -> list[CommitStatus]:
    """Return what each check says of the commit, by its name."""
    return list(CommitStatus.objects.filter(repository=repository, sha=sha).order_by("context"))


def reported(repository: Repository, sha: str) -> QuerySet[CommitStatus]:
    """Return the same with who reported it, the newest word first."""
    found = CommitStatus.objects.filter(repository=repository, sha=sha)
    return found.select_related("person").order_by("-updated_at", "-pk")


def problems(environment: Environment, sha: str, *, always: bool = False) -> list[str]:
    """Return each check that keeps the commit out of the environment, in a few words.

    `always`: also where the environment asks for none; then all that were reported count.
    """
    if not sha or (environment.checks == "none" and not always):
        return []
    found = gates(environment, sha)
    return [gate.text for gate in found if not gate.is_open] if found else [NONE]


@dataclass(frozen=True)
class Gate:
    """One check that a commit has to pass, and how it stands; unreported: an empty state."""

    context: str
    state: str
    text: str
    url: str = ""
    since: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state == State.SUCCESS

    @property
    def is_red(self) -> bool:
        return self.state in (State.FAILURE, State.ERROR)

    @property
    def standing(self) -> str:
        """The text without how far it has come, of which some tell every second."""
        is_going = self.state == State.PENDING
        return f"{self.context} {WORDS[State.PENDING]}" if is_going else self.text

    @property
    def look(self) -> str:
        """The state of a deployment that looks like it."""
        return {"": "pending", State.PENDING: "in_progress"}.get(self.state, self.state)


def gates(environment: Environment, sha: str) -> list[Gate]:
    """Return the checks that the commit has to pass there: those named, or all that there are."""
    said = {one.context: one for one in statuses(environment.application.repository, sha)}
    wanted = environment.required_contexts if environment.checks == "named" else sorted(said)
    return [_gate(name, said.get(name)) for name in wanted]


def named(deployment: Deployment) -> list[str]:
    """Return the checks that whoever asked for it has named, beside its environment's."""
    return list((deployment.merging or {}).get("named", []))


def gates_of(deployment: Deployment) -> list[Gate]:
    """Return the checks that its commit has to pass: its environment's, and those named for it."""
    place, names = deployment.environment, named(deployment)
    return gates_with(place, deployment.sha, names, counts=waits(deployment))


def gates_with(
    environment: Environment, sha: str, named: Sequence[str], *, counts: bool
) -> list[Gate]:
    """Return the environment's checks, where they count, and those that are named beside."""
    found = gates(environment, sha) if counts else []
    there = {gate.context for gate in found}
    beside = [name for name in named if name not in there]
    if not beside:
        return found
    said = {one.context: one for one in statuses(environment.application.repository, sha)}
    return [*found, *(_gate(name, said.get(name)) for name in beside)]


def amiss(deployment: Deployment) -> list[str]:
    """Return each check that keeps it from beginning, in a few words."""
    return standing(gates_of(deployment), counts=waits(deployment))


def standing(found: Sequence[Gate], *, counts: bool) -> list[str]:
    """Return each that keeps a commit waiting, in a few words that stay while nothing has ended."""
    if counts and not found:
        return [NONE]
    return [gate.standing for gate in found if not gate.is_open]


def _gate(name: str, said: CommitStatus | None) -> Gate:
    if said is None:
        return Gate(name, "", words(name, None))
    since = said.said_at or said.updated_at
    return Gate(name, said.state, words(name, said), said.target_url, since)


def names(repository: Repository, sha: str) -> list[str]:
    """Return the checks that were reported on the commit."""
    found = CommitStatus.objects.filter(repository=repository, sha=sha)
    return list(found.order_by("context").values_list("context", flat=True))


def waits(deployment: Deployment) -> bool:
    """Return whether its checks have to pass before it begins."""
    goes_back = deployment.kind == Deployment.Kind.ROLLBACK
    if deployment.forced or deployment.is_task or goes_back:
        return False
    return bool(deployment.when_green) or deployment.environment.checks != "none"


@dataclass(frozen=True)
class Heard:
    """When the forge was last heard about a commit; `trouble`: why not when it was asked since."""

    forge: str  # what people call it; empty: nothing but the API reports
    at: datetime | None
    trouble: str = ""

    @property
    def text(self) -> str:
        """The beginning of a sentence that ends with how long ago."""
        return f"last heard from {self.forge}" if self.forge else "last reported"


FORGES = {"github": "GitHub"}


def heard(repository: Repository, sha: str) -> Heard:
    """Return how fresh what is known of the commit's checks is."""
    kept = CommitHeard.objects.filter(repository=repository, sha=sha).first()
    forge = FORGES.get(repository.forge, "")
    return Heard(forge, kept.heard_at, kept.trouble) if kept else Heard(forge, None)


@dataclass(frozen=True)
class Verdict:
    """How all checks of a commit stand that were reported, or that an environment asks for."""

    of: int
    amiss: tuple[tuple[str, str], ...]  # what has not passed, in a few words, and where it tells


def verdict(environment: Environment, sha: str) -> Verdict:
    said = {one.context: one for one in statuses(environment.application.repository, sha)}
    asked = environment.required_contexts if environment.checks == "named" else ()
    names = sorted({*said, *asked})
    amiss = [name for name in names if not _has_passed(said.get(name))]
    return Verdict(
        len(names), tuple((words(name, said.get(name)), _url(said, name)) for name in amiss)
    )


def _url(said: Mapping[str, CommitStatus], name: str) -> str:
    return said[name].target_url if name in said else ""


def words(context: str, status: CommitStatus | None) -> str:
    """Say how one check stands: “ci/test failed (2 of 80)”."""
    if status is None:
        return f"{context} was not reported"
    told = f" ({status.description})" if status.description else ""
    return f"{context} {WORDS[State(status.state)]}{told}"


def combined(found: Iterable[CommitStatus]) -> str:
    """Return one state for all, as https://docs.github.com/en/rest/commits/statuses combines."""
    states = {one.state for one in found}
    if states & {State.FAILURE, State.ERROR}:
        return State.FAILURE.value
    return State.PENDING.value if not states or State.PENDING in states else State.SUCCESS.value


def signs(application: Application, shas: Collection[str]) -> dict[str, Sign]:
    """Return the sign of each commit that any check spoke of. One query."""
    by_sha = defaultdict[str, list[CommitStatus]](list)
    found = CommitStatus.objects.filter(repository=application.repository_id, sha__in=shas)
    for one in found.order_by("context"):
        by_sha[one.sha].append(one)
    return {sha: _sign(told) for sha, told in by_sha.items()}


def _sign(found: list[CommitStatus]) -> Sign:
    bad = [one for one in found if not _has_passed(one)]
    text = "; ".join(words(one.context, one) for one in bad)
    url = next((one.target_url for one in bad if one.target_url), "")
    count = f"{len(found) - len(bad)} of {len(found)}"
    return Sign(combined(found), text or f"{count} checks passed", url, count)


def _has_passed(status: CommitStatus | None) -> bool:
    return status is not None and status.state == State.SUCCESS
