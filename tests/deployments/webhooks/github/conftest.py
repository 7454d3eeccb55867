"""An app whose code comes from GitHub with a credential, and what is created there."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from deployments.models import Application, ForgeAccount, Person
from deployments.selectors.repositories import Opening
from deployments.selectors.webhooks import api_of
from deployments.services import applications
from tests.deployments import build
from tests.deployments.webhooks.conftest import NAME, Deliver
from tests.deployments.webhooks.github.examples import example
from tests.servers.github import created
from tests.servers.github.hub import TOKEN, GitHub, Kept

UID = 21031067  # Codertocat, who creates GitHub's example
NUMBER = 145988746
Body = dict[str, Any]


@pytest.fixture
def at_github(hub: GitHub, root: Person) -> Application:
    """The app, with qa on one host and production on two."""
    hub.repositories[NAME] = Kept(build.repository(hub.folder, NAME))
    app = applications.add("hello", f"{hub.address}/{NAME}", root, Opening("github", "", TOKEN))
    build.environment(app, "qa", hosts=1, position=1)
    build.environment(app, "production", hosts=2, position=2, production=True)
    return app


@pytest.fixture
def tell(deliver: Deliver, hub: GitHub) -> Deliver:
    """GitHub tells of what it knows."""

    def send(event: str, body: Body) -> HttpResponse:
        created.know(hub.repositories[NAME], body["deployment"])
        return deliver(event, body)

    return send


def created_now(sha: str) -> Body:
    """Return GitHub's own example, of now, for this commit."""
    body = example("deployment")
    now = timezone.now().isoformat()
    body["deployment"] |= {"sha": sha, "created_at": now, "ref": "main"}
    return body


def told(body: Body, **more: Any) -> Body:
    return {**body, "deployment": {**body["deployment"], **more}}


def link(person: Person, app: Application) -> None:
    """Let the person have proved that Codertocat's account is theirs."""
    base_url = api_of(app.repository)
    ForgeAccount.objects.create(person=person, base_url=base_url, uid=UID, login="Codertocat")
