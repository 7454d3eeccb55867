"""A look at what is asked for, before anything is written: every reason against it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TypedDict

from deployments import lines, parameters, rights
from deployments.blockers import UNKNOWN_HOST, Blocker, blockers, names_of, refusals
from deployments.exceptions import DeploymentError, Refused, RepositoryAway, UnknownRef
from deployments.forges.contract import Resolved
from deployments.models import Environment, Person
from deployments.providers.contract import RELEASE
from deployments.selectors import checks, code, merges, tasks
from deployments.selectors.merges import Coming
from deployments.services import checks as heard
from deployments.services import gates

FEW = 3  # lines that are offered where nothing is near


class More(TypedDict, total=False):
    """What may be said beside the ref."""

    hosts: Sequence[str]
    why: str
    expected_sha: str
    task: str
    parameters: Mapping[str, str]
    force: bool
    merge: bool
    named: Sequence[str]
    when_green: bool


@dataclass(frozen=True)
class Wish:
    """What somebody asks for: a ref to be brought there, or a task to be run there."""

    ref: str = ""
    hosts: Sequence[str] = ()  # names and roles; none: all
    why: str = ""
    expected_sha: str = ""  # what was looked at: a ref that has moved since is refused
    task: str = RELEASE
    parameters: Mapping[str, str] = field(default_factory=dict)
    force: bool = False  # past red or missing checks
    merge: bool = True  # the default branch into it first, where its app wants that
    named: Sequence[str] = ()  # checks that have to have passed, too; of a merge, its commit's
    when_green: bool = False  # as soon as its checks have passed
    is_patient: bool = (
        False  # a forge that does not tell of checks is waited for: nobody asks again
    )

    @property
    def is_release(self) -> bool:
        return self.task == RELEASE

    @property
    def merges(self) -> bool:
        """Return whether something may be merged first; past checks goes what is there."""
        return self.is_release and self.merge and not self.force


@dataclass(frozen=True)
class Look:
    """What the ref means now, or why nobody can tell; what is merged into it first; and the
    checks that are passed by.

    `red`: which checks it waits for, in a sentence; empty: none.
    """

    resolved: Resolved | None
    merge: Coming | None = None
    away: str = ""
    forced_past: tuple[str, ...] = ()
    red: str = ""


def look(environment: Environment, person: Person | None, wish: Wish) -> Look:
    """Say what the wish means now. Raises Refused with every reason against it.

    Without a person nobody's rights are asked: somebody else is to give theirs.
    """
    given = tasks.spelled(environment, wish.parameters)
    unforced = _unforced(environment, person, wish)
    wrong = [*tasks.unfit(environment, wish.task, given), *unforced, *_nonsense(wish)]
    instead = _instead(environment, person, wish)
    resolved: Resolved | None = None
    merge: Coming | None = None
    away = ""
    try:
        resolved = _resolve(environment, wish)
        merge = merges.coming(environment.application, resolved) if wish.merges else None
    except RepositoryAway as error:
        away = str(error)
    except UnknownRef as error:
        wrong.append(str(error))
        instead += [replace(wish, ref=ref) for ref in error.near]
    except DeploymentError as error:
        wrong.append(str(error))
    # Of what is merged first, the checks of the merge commit count.
    sha = resolved.sha if resolved and wish.is_release and not merge else ""
    is_gated = bool(sha) and not (wish.when_green or (wish.force and not unforced))
    silence = unheard(environment, sha) if is_gated else None
    if isinstance(silence, RepositoryAway) and wish.is_patient:
        away, is_gated = str(silence), False
    elif silence is not None:
        wrong.append(untold(sha, silence))
    # Asked just now, so what is known of the repository is true.
    hosts, judged = list(wish.hosts), sha if is_gated else ""
    found = blockers(environment, person, hosts=hosts, fetches=bool(away), sha=judged)
    found += merges.against(environment, merge)
    near = offered(environment, wish, found, wrong, instead)
    refuse(found, [*wrong, *_moved(resolved, wish.expected_sha)], near)
    past = tuple(checks.problems(environment, sha)) if wish.force else ()
    red = _red(environment, wish, sha)
    return Look(resolved, merge, away, past, red)


def _red(environment: Environment, wish: Wish, sha: str) -> str:
    """Say which checks it waits for: all of them, or those that were named for it."""
    if not sha or not (wish.when_green or wish.named):
        return ""
    return gates.ahead(environment, sha, wish.named, always=wish.when_green)


def refuse(found: list[Blocker], wrong: Sequence[str] = (), instead: Sequence[str] = ()) -> str:
    """Refuse with every reason at once, if any is a refusal; else return what is waited for.

    `instead`: lines that say something in place of the wish; they go before those that clear
    what is in the way.
    """
    against = refusals(found)
    if wrong or against:
        every = [*found, *(Blocker("asked", text, "") for text in wrong)]
        helping = [blocker.line for blocker in found if blocker.line]
        raise Refused(
            [str(blocker) for blocker in every],
            [*instead, *helping],
            every,
        )
    return next((blocker.text for blocker in found if blocker.code == "away"), "")


def offered(
    environment: Environment,
    wish: Wish,
    found: list[Blocker],
    wrong: Sequence[str],
    instead: Sequence[Wish] = (),
) -> list[str]:
    """Return the lines that are right, where one thing alone is wrong with the wish."""
    against = [blocker.code for blocker in refusals(found)]
    if against == ["checks"] and not wrong:
        instead = [replace(wish, when_green=True)]
    elif against == [UNKNOWN_HOST] and not wrong:
        instead = _with_hosts(environment, wish)
    elif against or len(wrong) != 1:
        instead = []
    return [line for one in instead if (line := _line(environment, one))]


def _nonsense(wish: Wish) -> list[str]:
    """Say so where it is to wait for checks and not to."""
    if wish.when_green and wish.force:
        said = f"“{lines.spoken('deploy')}!” goes past checks and “when green” waits for them"
        return [f"{said}: say one of them."]
    if wish.when_green and not wish.is_release:
        return [f"{wish.task} runs in what is there, so no check is waited for: say it alone."]
    return []


def unheard(environment: Environment, sha: str) -> DeploymentError | None:
    """Ask the forge what checks say now, where that counts; return why it did not tell."""
    if environment.checks == "none":
        return None
    try:
        heard.ask(environment.application, sha)
    except DeploymentError as error:
        return error
    return None


def untold(sha: str, silence: DeploymentError) -> str:
    """Say why it is not known what checks say of a commit."""
    return f"What checks say of {sha[:7]} cannot be told: {silence}"


def _resolve(environment: Environment, wish: Wish) -> Resolved:
    if wish.is_release:
        return code.resolve(environment.application, wish.ref)
    return tasks.runs_in(environment, wish.hosts, wish.ref)


def _instead(environment: Environment, person: Person | None, wish: Wish) -> list[Wish]:
    """Return what may be wished in place of a task that is not there, or of force."""
    known = environment.effective_settings.get("tasks", {})
    near = [] if wish.is_release else get_close_matches(wish.task, known)
    found = [replace(wish, task=task) for task in near if task != wish.task]
    declared = environment.effective_settings.get("parameters", {})
    given = parameters.spelled(declared, wish.parameters)
    found += [replace(wish, parameters=one) for one in parameters.instead(declared, given)]
    return found + [replace(wish, force=False)] * bool(_unforced(environment, person, wish))


def _with_hosts(environment: Environment, wish: Wish) -> list[Wish]:
    """Return the wish with names that are there in place of the one that is not."""
    known = names_of(list(environment.placements.select_related("host")))
    (unknown,) = [name for name in dict.fromkeys(wish.hosts) if name not in known]
    near = get_close_matches(unknown, known) or sorted(known)[:FEW]
    return [
        replace(
            wish, hosts=list(dict.fromkeys(n if host == unknown else host for host in wish.hosts))
        )
        for n in near
    ]


def _line(environment: Environment, wish: Wish) -> str:
    return lines.deploy(
        environment.application.name,
        wish.ref,
        environment.name,
        hosts=wish.hosts,
        because=wish.why,
        task=wish.task,
        force=wish.force,
        parameters=wish.parameters,
        when_green=wish.when_green,
    )


def _unforced(environment: Environment, person: Person | None, wish: Wish) -> list[str]:
    """Say so where the person may not go past checks, whether or not any is red."""
    if not wish.force or person is None or rights.may(person, "force", environment):
        return []
    return [rights.refusal(person, "force", environment, doing="go past the checks of")]


def _moved(resolved: Resolved | None, expected_sha: str) -> list[str]:
    """Say so where the ref is no longer what somebody looked at."""
    if resolved is None or expected_sha in ("", resolved.sha):
        return []
    moved = f"{resolved.ref} is at {resolved.sha[:7]} now, not at {expected_sha[:7]}."
    return [f"{moved} Look at it again, then deploy."]
