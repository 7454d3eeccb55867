"""From GitHub's webhook at the real door to the code on real hosts, over SSH."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from deployments import vault
from deployments.models import (
    Delivery,
    Deployment,
    ForgeAccess,
    ForgeAccount,
    ForgeDeployment,
    Person,
)
from deployments.selectors.webhooks import api_of
from deployments.services import approvals, webhooks
from deployments.services.lifecycle import Door
from deployments.webhooks import handling
from deployments.webhooks.github import signature
from tests.deployments import build
from tests.deployments.services.queueing import drain, lose
from tests.deployments.services.world import World
from tests.deployments.webhooks.github.examples import example
from tests.servers.github import created
from tests.servers.github.hub import TOKEN, GitHub, Kept

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NAME, UID = "Codertocat/Hello-World", 21031067


@pytest.fixture
def there(world: World, hub: GitHub) -> Kept:
    """The world's repository, at GitHub, where Shipmate has a credential."""
    served = hub.folder / f"{NAME}.git"
    served.parent.mkdir(parents=True)
    served.symlink_to(world.repository.path)
    hub.repositories[NAME] = Kept(world.repository)
    row = world.environment.application.repository
    row.forge, row.location = "github", f"{hub.address}/{NAME}"
    row.save()
    ForgeAccess.objects.create(repository=row, secret_encrypted=vault.encrypt(TOKEN))
    return hub.repositories[NAME]


@pytest.fixture
def secret(world: World, there: Kept) -> str:
    return webhooks.make(world.environment.application, build.maker(), NAME)[1]


@pytest.fixture
def octocat(world: World, there: Kept) -> Person:
    """Alice, who proved that the account is hers."""
    base_url = api_of(world.environment.application.repository)
    account = {"base_url": base_url, "uid": UID, "login": "octocat"}
    ForgeAccount.objects.create(person=world.alice, **account)
    return world.alice


def made_there(world: World, there: Kept, **more: Any) -> dict[str, Any]:
    """Let octocat create GitHub's example, of now, for the newest commit; return the event."""
    told = example("deployment")
    told["deployment"] |= {
        "sha": world.repository.git("rev-parse", "main"),
        "created_at": timezone.now().isoformat(),
        "environment": world.environment.name,
        "creator": {"login": "octocat", "id": UID},
        **more,
    }
    created.know(there, told["deployment"])
    return told


def deliver(client: Client, secret: str, body: dict[str, Any], guid: str = "one") -> int:
    raw = json.dumps(body).encode()
    headers = {
        "X-GitHub-Event": "deployment",
        "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": signature.made(secret, raw),
    }
    url, kind = "/webhooks/github/", "application/json"
    return client.post(url, raw, content_type=kind, headers=headers).status_code


@pytest.mark.sshd
def test_what_octocat_created_runs_on_the_hosts(
    world: World, secret: str, octocat: Person, client: Client, there: Kept
) -> None:
    assert deliver(client, secret, made_there(world, there)) == 202
    drain("chat")
    drain()

    made = Deployment.objects.get()
    assert (made.status, made.person) == ("success", octocat)
    assert world.current(0) == made.release_name


@pytest.mark.sshd
def test_what_a_stranger_created_runs_once_it_is_approved(
    world: World, secret: str, client: Client, there: Kept
) -> None:
    deliver(client, secret, made_there(world, there))
    drain("chat")
    drain()
    made = Deployment.objects.get()
    assert made.status == "pending"

    approvals.approve(made, Door(build.maker(), "web"))
    drain("chat")
    drain()

    made.refresh_from_db()
    assert (made.status, made.person.name[:11]) == ("success", "octocat at ")
    assert made.approval.person == build.maker()


def test_a_forged_one_makes_nothing(
    world: World, secret: str, octocat: Person, client: Client, there: Kept
) -> None:
    assert deliver(client, "another secret", made_there(world, there)) == 403
    drain("chat")

    assert not Deployment.objects.exists()


def test_a_replayed_one_makes_nothing_more(
    world: World, secret: str, octocat: Person, client: Client, there: Kept
) -> None:
    body = made_there(world, there)
    answers = [deliver(client, secret, body, guid) for guid in ("one", "one", "two")]
    drain("chat")

    assert answers == [202, 200, 202]
    assert Deployment.objects.count() == 1


def test_two_workers_at_once_make_one(
    world: World, secret: str, octocat: Person, client: Client, there: Kept
) -> None:
    for number in range(4):
        deliver(client, secret, made_there(world, there, description=str(number)), f"guid-{number}")
    lose("chat")
    waiting = list(Delivery.objects.values_list("pk", flat=True))
    barrier = threading.Barrier(len(waiting))

    def work(number: int) -> None:
        barrier.wait(30)
        try:
            handling.handle(number)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in waiting]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert Deployment.objects.count() == ForgeDeployment.objects.count() == 1
    assert not Delivery.objects.filter(state="failed").exists()
