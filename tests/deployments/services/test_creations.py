"""What was created at GitHub is known there as it is here: it is told of as that, never anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from deployments.models import Deployment, ForgeAccount, ForgeDeployment, Person
from deployments.selectors import code, webhooks
from deployments.services import creations, locks, refusals, reports
from deployments.services.creations import Creation
from deployments.services.lifecycle import Door
from tests.deployments.services.at_github import Clock, Shop, shop_at
from tests.deployments.services.queueing import drain
from tests.servers.github.hub import Fault, GitHub

pytestmark = pytest.mark.django_db

UID = 583231


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    """Alice has proved that octocat's account is hers."""
    made = shop_at(hub, root, alice)
    base_url = webhooks.api_of(made.app.repository)
    ForgeAccount.objects.create(person=alice, base_url=base_url, uid=UID, login="octocat")
    return made


def creation(shop: Shop, number: int, environment: str, payload: dict[str, object]) -> Creation:
    return Creation(
        remote_id=number,
        sha=code.resolve(shop.app, "main").sha,
        ref="main",
        task="deploy",
        environment=environment,
        description="",
        payload=payload,
        base_url=webhooks.api_of(shop.app.repository),
        uid=UID,
        login="octocat",
        created_at=timezone.now(),
    )


def perform(shop: Shop, number: int, environment: str = "qa", **payload: object) -> str:
    repository, made = shop.app.repository, creation(shop, number, environment, payload)
    said = creations.perform(repository, creations.look_at(repository, made))
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
    assert not any(one.get("environment") for one in shop.kept.deployment_statuses)


@pytest.mark.parametrize("created_at", [None, timezone.now() + timedelta(days=1)])
def test_what_github_gives_no_true_moment_for_waits_for_approval(
    shop: Shop, created_at: datetime | None
) -> None:
    odd = replace(creation(shop, 1, "qa", {}), created_at=created_at)

    found = creations.look_at(shop.app.repository, odd)

    assert found.because.endswith("so somebody has to approve it.")


def test_who_created_it_is_whom_github_names_whatever_was_said_before(shop: Shop) -> None:
    number = shop.hub.number()
    shop.kept.deployments.append({"id": number})
    forged = replace(creation(shop, number, "moon", {}), uid=666, login="mallory")
    repository = shop.app.repository
    creations.perform(repository, creations.look_at(repository, forged, unproved="Nobody knows."))

    perform(shop, number)

    row = ForgeDeployment.objects.get()
    assert (row.uid, row.login, row.deployment) == (UID, "octocat", Deployment.objects.get())


# ---- What is refused ----


def refused(shop: Shop) -> int:
    number = shop.hub.number()
    shop.kept.deployments.append({"id": number})
    assert "is not performed" in perform(shop, number, hosts="moon")
    return number


def said_of(shop: Shop, number: int) -> list[tuple[str, str]]:
    told = [one for one in shop.kept.deployment_statuses if one["of"] == number]
    return [(one["state"], one["description"]) for one in told]


def test_who_created_it_reads_there_why_it_is_refused(shop: Shop) -> None:
    ((state, why),) = said_of(shop, refused(shop))

    assert (state, why[:10]) == ("error", "Shipmate: ")
    assert "moon" in why
    assert not Deployment.objects.exists()


def test_nobodys_address_is_told_there(shop: Shop, root: Person) -> None:
    Person.objects.filter(pk=root.pk).update(name="", username="root@example.com")
    root.refresh_from_db()
    locks.take(shop.qa, Door(root, "web"), reason="ask root@example.com")
    number = shop.hub.number()
    shop.kept.deployments.append({"id": number})

    assert "root@example.com" in perform(shop, number)

    assert "example.com" not in str(said_of(shop, number))
    assert "locked" in str(said_of(shop, number))


def test_the_same_refusal_is_told_once(shop: Shop) -> None:
    number = refused(shop)

    perform(shop, number, hosts="moon")

    assert len(said_of(shop, number)) == 1


def test_what_may_be_for_another_system_is_left_alone(shop: Shop) -> None:
    number = shop.hub.number()
    shop.kept.deployments.append({"id": number})

    assert "is not performed" in perform(shop, number, "github-pages")

    assert said_of(shop, number) == []


def test_a_github_that_is_away_is_told_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    shop.spoil(*[Fault(502, path="/statuses")] * 3)
    number = refused(shop)
    assert said_of(shop, number) == []

    shop.hub.faults.clear()
    clock.on(minutes=5)
    refusals.ring_due()
    drain("chat")

    assert len(said_of(shop, number)) == 1
    assert ForgeDeployment.objects.get().answer_due_at is None


def test_one_that_stays_away_is_left_alone_after_a_day(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    shop.spoil(*[Fault(502, path="/statuses")] * 9)
    refused(shop)

    clock.on(days=2)
    refusals.ring_due()
    drain("chat")

    assert ForgeDeployment.objects.get().answer_due_at is None


def test_where_github_is_told_nothing_this_is_not_told_either(shop: Shop, root: Person) -> None:
    reports.switch(shop.app, False, root)

    assert said_of(shop, refused(shop)) == []


def test_what_is_performed_after_all_is_refused_no_more(shop: Shop) -> None:
    shop.spoil(*[Fault(502, path="/statuses")] * 3)
    number = refused(shop)

    perform(shop, number)

    assert ForgeDeployment.objects.get().answer_due_at is None
    assert Deployment.objects.count() == 1
