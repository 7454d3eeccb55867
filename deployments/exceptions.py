"""Refusals whose text may be shown to who asked. Each door translates the base class once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Obstacle(Protocol):
    """One reason why something does not start; `deployments.blockers` has them."""

    @property
    def code(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def clears(self) -> str: ...  # who or what clears it
    @property
    def url(self) -> str: ...
    @property
    def line(self) -> str: ...  # what to say next, if that clears it
    @property
    def waits(self) -> bool: ...  # it goes away by itself


class DeploymentError(Exception):
    """A refusal whose text may be shown: what is wrong and what to do next."""

    code = "error"

    def __init__(self, text: str, *, code: str | None = None) -> None:
        super().__init__(text)
        if code is not None:
            self.code = code


class NotAllowed(DeploymentError):
    """The person lacks the right; the text says who can do it or give it."""

    code = "not_allowed"


class NotFound(DeploymentError):
    """No such thing, or none that this person may see."""

    code = "not_found"


class Invalid(DeploymentError):
    """What was given cannot be used; the text names the part and what would be right."""

    code = "invalid"


class Refused(DeploymentError):
    """Every reason at once why a deployment does not start, and the lines to say next."""

    code = "refused"

    def __init__(
        self,
        reasons: Sequence[str],
        lines: Sequence[str] = (),
        obstacles: Sequence[Obstacle] = (),
    ) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)
        self.lines = tuple(lines)
        self.obstacles = tuple(obstacles)  # the same reasons in parts, where there are any


class HostError(DeploymentError):
    """A host could not be used. Codes: unreachable, host_key, lost, settings."""

    code = "unreachable"


class ForgeError(DeploymentError):
    """A repository could not be read, or does not have what was asked for."""

    code = "forge"


class UnknownRef(ForgeError):
    """A name that means no branch, tag or commit, or several: what may be said in its place."""

    def __init__(self, text: str, near: Sequence[str]) -> None:
        super().__init__(text)
        self.near = tuple(near)


class MergeConflict(ForgeError):
    """Two branches changed the same: `files` names what, where that is known."""

    code = "conflict"

    def __init__(self, base: str, branch: str, files: Sequence[str] = ()) -> None:
        self.base, self.branch, self.files = base, branch, tuple(files)
        named = f" in {listed(files)}" if files else ""
        super().__init__(f"Conflict merging {base} into {branch}{named}.")


class RepositoryAway(ForgeError):
    """The repository cannot be reached now; trying again later may help.

    `until`: the moment before which its forge asked not to be asked again, if it named one.
    """

    code = "away"

    def __init__(self, text: str, *, until: datetime | None = None) -> None:
        super().__init__(text)
        self.until = until


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the names with commas, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
