"""What was created at GitHub is known there as it is here: it is told of as that, never anew."""

from __future__ import annotations

import pytest
from django.utils import timezone

from deployments.models import Deployment, ForgeAccount, Person
from deployments.selectors import code, webhooks
from deployments.services import creations
from deployments.services.creations import Creation
from tests.deployments.services.at_github import Shop, shop_at
from tests.deployments.services.queueing import drain
from tests.servers.github.hub import GitHub

pytestmark = pytest.mark.django_db

UID = 583231


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    """Alice has proved that octocat's account is hers."""
    made = shop_at(hub, root, alice)
    base_url = webhooks.api_of(made.app.repository)
    ForgeAccount.objects.create(person=alice, base_url=base_url, uid=UID, login="octocat")
    return made


def perform(shop: Shop, number: int, environment: str = "qa") -> str:
    repository = shop.app.repository
    creation = Creation(
        remote_id=number,
        sha=code.resolve(shop.app, "main").sha,
        ref="main",
        task="deploy",
        environment=environment,
        description="",
        payload={},
        base_url=webhooks.api_of(repository),
        uid=UID,
        login="octocat",
        created_at=timezone.now(),
    )
    said = creations.perform(repository, creations.look_at(repository, creation))
    drain("chat")
    return said


def test_it_is_told_how_it_goes_under_its_own_number(shop: Shop) -> None:
    number = shop.hub.number()
    shop.kept.deployments.append({"id": number})

    perform(shop, number)

    made = Deployment.objects.get()
    shop.went(made, "in_progress", "success")
    assert shop.told(made) == ["pending", "queued", "in_progress", "success"]
    assert [one["id"] for one in shop.kept.deployments] == [number]
