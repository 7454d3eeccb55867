"""One application: its environments in the order of promotion."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.models import Application, Deployment, Environment
from deployments.models.deployment import UNFINISHED
from deployments.selectors.cells import Cell, cells, lean, with_newest, with_people
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


def way(application: Application, workers: int = 1) -> list[Stop]:
    """Return the environments of an application, each with the newest try."""
    own = application.environments.all()
    environments = list(with_newest(own).order_by("position", "name"))
    by_number = {environment.pk: environment for environment in environments}
    unfinished = Deployment.objects.filter(environment__in=by_number, status__in=UNFINISHED)
    going = with_people(lean(unfinished.order_by("pk")))
    for environment in environments:
        environment.application = application
    for one in going:
        one.environment = by_number[one.environment_id]
    found = cells(environments, going, workers)
    return [Stop(cell, found[place - 1] if place else None) for place, cell in enumerate(found)]


def recent(application: Application) -> list[Deployment]:
    return lately(Deployment.objects.filter(environment__application=application))
