"""One application: its environments in the order of promotion."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.models import Application, Deployment, Environment
from deployments.models.deployment import UNFINISHED
from deployments.selectors.board import Cell, cells, with_newest
from deployments.selectors.history import lately


@dataclass(frozen=True)
class Stop:
    """One environment on the way, and what it has that the one after it has not."""

    cell: Cell
    before: Cell | None

    @property
    def environment(self) -> Environment:
        return self.cell.environment

    @property
    def differs(self) -> bool:
        """Return whether both run something, and not the same."""
        return self.pair is not None and self.pair[0] != self.pair[1]

    @property
    def pair(self) -> tuple[str, str] | None:
        """Return what runs here and what runs one stop before; none where hosts differ."""
        here, before = self.cell.running.whole, self.before and self.before.running.whole
        return (here.sha, before.sha) if here and before else None


def way(application: Application) -> list[Stop]:
    """Return the environments of an application, each with the newest try."""
    environments = list(with_newest(application.environments.all()).order_by("position", "name"))
    unfinished = Deployment.objects.filter(
        environment__application=application, status__in=UNFINISHED
    ).select_related("person")
    found = cells(environments, list(unfinished.order_by("pk")))
    return [Stop(cell, found[place - 1] if place else None) for place, cell in enumerate(found)]


def recent(application: Application) -> list[Deployment]:
    return lately(Deployment.objects.filter(environment__application=application))
