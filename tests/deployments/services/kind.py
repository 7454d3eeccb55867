"""A provider under test, in words that all of them have in common."""

from __future__ import annotations

from typing import Any, Protocol

from tests.deployments.services.world import World


class Kind(Protocol):
    """A provider and an environment of it. Deployments go well until something else is said."""

    name: str
    world: World
    fault: dict[str, Any]  # a setting that it cannot use
    begun: str  # what the log says once something is at work
    refusal: str  # and what is said where that fails
    secret: str  # that what is run there is given

    def fail(self, *, fails: bool = True) -> None:
        """Let what is deployed from now on go wrong, or go well again."""

    def hold(self) -> None:
        """Let it be at work until it may go on, or is told to stop."""

    def go_on(self) -> None: ...

    def begins(self) -> int:
        """Return how often something has begun."""
