"""An app whose repository is at GitHub, and how its deployments go, for tests to tell of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from deployments.models import Application, Deployment, Environment, ForgeReport, Person
from deployments.selectors.repositories import Opening
from deployments.services import applications, reports
from deployments.services.lifecycle import Door, request
from deployments.services.moves import move
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.servers.github.hub import TOKEN, Fault, GitHub, Kept

NAME = "acme/web"
DEPLOYMENTS = f"/repos/{NAME}/deployments"


@dataclass
class Shop:
    """The app with its repository there; `qa` is its place."""

    hub: GitHub
    app: Application
    qa: Environment
    person: Person

    @property
    def kept(self) -> Kept:
        return self.hub.repositories[NAME]

    def ask(self, place: Environment | None = None, **more: Any) -> Deployment:
        """Ask for the newest commit, and have the workers of the chat do what that rings for."""
        made = request(place or self.qa, "main", Door(self.person, "web"), **more)
        drain("chat")
        return made

    def went(self, deployment: Deployment, *states: str, **more: Any) -> Deployment:
        """Let it go on, and tell of each state."""
        for state in states:
            assert move(deployment, state, **(more if state == states[-1] else {}))
            drain("chat")
        return deployment

    def told(self, deployment: Deployment) -> list[str]:
        """Return the states that GitHub knows of it, oldest first."""
        number = ForgeReport.objects.get(deployment=deployment).remote_id
        said = [one for one in self.kept.deployment_statuses if one["of"] == number]
        return [one["state"] for one in said]

    def spoil(self, *faults: Fault) -> None:
        self.hub.faults.extend(faults)

    @property
    def posted(self) -> int:
        return sum(asked.startswith("POST") for asked in self.hub.asked)


def shop_at(hub: GitHub, root: Person, person: Person) -> Shop:
    hub.make(NAME).commit({"a": "a"}, "Say hello")
    opening = Opening("github", "", TOKEN)
    app = applications.add("shop", f"{hub.address}/{NAME}", root, opening)
    qa = build.environment(app, "qa", url="https://qa.example")
    return Shop(hub, app, qa, person)


class Clock:
    """The clock of the code that decides; nobody sleeps."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._real, self.ahead = timezone.now, timedelta()
        patch.setattr(timezone, "now", self.now)

    def now(self) -> datetime:
        return self._real() + self.ahead

    def on(self, **time: float) -> None:
        self.ahead += timedelta(**time)


def round_of(clock: Clock, **time: float) -> None:
    """Let time pass, the sweeper look, and the workers of the chat do what it rings for."""
    clock.on(**time)
    reports.ring_due()
    drain("chat")


def report_of(deployment: Deployment) -> ForgeReport:
    return ForgeReport.objects.get(deployment=deployment)
