"""Heaven's deploy:lock and deploy:unlock, as hubot-deploy has GitHub create them."""

from __future__ import annotations

import pytest
from django.utils import timezone

from deployments.models import (
    Deployment,
    ForgeAccount,
    ForgeDeployment,
    Lock,
    Person,
    Role,
)
from deployments.selectors import code, locks, webhooks
from deployments.services import creations
from deployments.services import locks as locking
from deployments.services.creations import Creation
from deployments.services.lifecycle import Door
from tests.deployments.services.at_github import Shop, shop_at
from tests.deployments.services.queueing import drain
from tests.servers.github.hub import GitHub

pytestmark = pytest.mark.django_db

UID = 583231
HUBOT = "deploy:lock on qa from hubot-deploy-v0.13.2"


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    """Alice has proved that octocat's account is hers."""
    made = shop_at(hub, root, alice)
    base_url = webhooks.api_of(made.app.repository)
    ForgeAccount.objects.create(person=alice, base_url=base_url, uid=UID, login="octocat")
    return made


def created(shop: Shop, task: str, number: int = 0, uid: int = UID) -> int:
    """Have octocat create it at GitHub and a worker hear of it; return GitHub's number of it."""
    number = number or shop.hub.number()
    shop.kept.deployments.append({"id": number})
    creation = Creation(
        remote_id=number,
        sha=code.resolve(shop.app, "main").sha,
        ref="main",
        task=task,
        environment="qa",
        description=HUBOT,
        payload={"notify": {"user_name": "ana"}},
        base_url=webhooks.api_of(shop.app.repository),
        uid=uid,
        login="octocat",
        created_at=timezone.now(),
    )
    repository = shop.app.repository
    creations.perform(repository, creations.look_at(repository, creation))
    drain("chat")
    return number


def told(shop: Shop, number: int) -> list[tuple[str, str]]:
    said = [one for one in shop.kept.deployment_statuses if one["of"] == number]
    return [(one["state"], one["description"]) for one in said]


def test_it_locks_on_the_authority_of_who_created_it_and_github_is_told(shop: Shop) -> None:
    number = created(shop, "deploy:lock")

    lock = Lock.objects.get()
    assert (lock.environment, lock.person) == (shop.qa, shop.person)
    assert lock.reason == f"{HUBOT} (said to be for ana)"
    assert told(shop, number) == [("success", "Shipmate: shop/qa was locked by Alice.")]
    assert not Deployment.objects.exists()


def test_it_unlocks_what_is_ones_own(shop: Shop) -> None:
    created(shop, "deploy:lock")

    number = created(shop, "deploy:unlock")

    assert locks.in_(shop.qa) is None
    assert told(shop, number) == [("success", "Shipmate: shop/qa was unlocked by Alice.")]


def test_anothers_lock_takes_the_right_to_open_it(shop: Shop, dora: Person) -> None:
    locking.take(shop.qa, Door(dora, "web"))

    number = created(shop, "deploy:unlock")

    assert locks.in_(shop.qa) is not None
    ((state, said),) = told(shop, number)
    assert (state, "Alice may not unlock shop/qa" in said) == ("error", True)


def test_a_place_that_another_has_locked_is_not_taken_from_them(shop: Shop, dora: Person) -> None:
    locking.take(shop.qa, Door(dora, "web"))

    number = created(shop, "deploy:lock")

    assert Lock.objects.get().person == dora
    assert told(shop, number)[0][0] == "error"


@pytest.mark.parametrize("task", ["deploy:lock", "deploy:unlock"])
def test_an_account_that_is_nobodys_locks_nothing(shop: Shop, task: str) -> None:
    created(shop, task, uid=7)

    refusal = ForgeDeployment.objects.get().refusal
    assert refusal.endswith(
        f"is linked to nobody here, and a lock is approved by nobody."
        f" Say “{task.removeprefix('deploy:')} shop in qa” here."
    )
    assert not Lock.objects.exists() and not Deployment.objects.exists()


def test_who_may_not_deploy_there_locks_nothing(shop: Shop) -> None:
    Role.objects.filter(person=shop.person).update(name="viewer")

    number = created(shop, "deploy:lock")

    assert not Lock.objects.exists()
    assert "Alice may not deploy to shop/qa" in told(shop, number)[0][1]


def test_the_same_number_locks_once(shop: Shop) -> None:
    number = created(shop, "deploy:lock")
    locking.release(shop.qa, Door(shop.person, "web"))

    created(shop, "deploy:lock", number)

    assert locks.in_(shop.qa) is None
    assert len(told(shop, number)) == 1


def test_a_task_of_the_app_that_is_called_so_is_the_apps(shop: Shop) -> None:
    shop.app.settings = {**shop.app.settings, "tasks": {"lock": ["touch lock"]}}
    shop.app.save(update_fields=["settings"])

    created(shop, "deploy:lock")

    assert not Lock.objects.exists()


def test_what_heaven_did_not_know_is_no_lock_but_is_told_what_is(shop: Shop) -> None:
    number = created(shop, "deploy:lock!")

    refusal = ForgeDeployment.objects.get().refusal
    assert "To lock a place is no deployment: say “lock shop in qa”." in refusal
    assert told(shop, number)[0][0] == "error"
    assert not Lock.objects.exists()
