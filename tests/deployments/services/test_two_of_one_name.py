"""acme/web at GitHub and acme/web.git on this machine are two: nothing of one goes to the other."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from deployments.exceptions import NotFound
from deployments.models import Application, Deployment, ForgeReport, Person
from deployments.selectors import checks as reading
from deployments.selectors import code, slugs
from deployments.services import applications, checks, creations, lifecycle, refusals, webhooks
from deployments.services.creations import Creation
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.at_github import NAME, Shop, shop_at
from tests.deployments.services.queueing import drain
from tests.servers.github.hub import GitHub

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    """The one at GitHub."""
    return shop_at(hub, root, alice)


@pytest.fixture
def here(shop: Shop, root: Person, tmp_path: Path) -> Application:
    """The one on this machine, whose path ends in the same names."""
    (tmp_path / "acme").mkdir()
    made = build.repository(tmp_path / "acme", "web")
    app = applications.add("here", str(made.path), root)
    build.environment(app, "qa")
    return app


def ask(app: Application, person: Person) -> Deployment:
    made = lifecycle.request(app.environments.get(), "main", Door(person, "web"))
    drain("chat")
    return made


def creation(app: Application, **more: str) -> Creation:
    return Creation(
        remote_id=7,
        sha=code.resolve(app, "main").sha,
        ref="main",
        task=more.get("task", "deploy"),
        environment="qa",
        description="",
        payload={},
        base_url="https://api.github.com",
        uid=1,
        login="octocat",
        created_at=timezone.now(),
    )


def test_github_is_neither_asked_nor_told_of_the_one_here(
    shop: Shop, here: Application, alice: Person
) -> None:
    before = len(shop.hub.asked)

    ask(here, alice)

    assert len(shop.hub.asked) == before
    assert not ForgeReport.objects.exists()


def test_what_opens_the_one_at_github_opens_not_the_one_here(shop: Shop, here: Application) -> None:
    assert code.source(shop.app).access is not None
    assert code.source(here).access is None


def test_each_has_a_name_of_its_own(shop: Shop, here: Application, alice: Person) -> None:
    assert slugs.repository_for(alice, "acme", "web").repository == shop.app.repository
    assert slugs.repository_for(alice, "local", "web").repository == here.repository


def test_who_sees_the_one_here_alone_finds_it_not_by_the_others_name(
    here: Application, shop: Shop, alice: Person
) -> None:
    shop.app.delete()

    with pytest.raises(NotFound, match="no repository acme/web"):
        slugs.repository_for(alice, "acme", "web")


def test_a_webhook_for_the_one_here_concerns_it_alone(
    shop: Shop, here: Application, root: Person
) -> None:
    made, _ = webhooks.make(here, root, NAME)

    said = creations.perform(made.repository, creations.look_at(made.repository, creation(here)))

    assert "brings main" in said
    assert Deployment.objects.get().environment.application == here
    assert not ForgeReport.objects.exists()


def test_what_is_refused_here_is_not_told_there(
    shop: Shop, here: Application, root: Person
) -> None:
    before = shop.posted
    made, _ = webhooks.make(here, root, NAME)

    found = creations.look_at(made.repository, creation(here, task="nonsense"))
    assert "is not performed" in creations.perform(made.repository, found)
    refusals.ring_due()
    drain("chat")

    assert shop.posted == before


def test_checks_of_one_say_nothing_of_the_other(
    shop: Shop, here: Application, alice: Person
) -> None:
    sha = "a" * 40
    checks.report(shop.app.repository, sha, alice, context="ci", state="success")

    assert reading.names(here.repository, sha) == []
    assert reading.names(shop.app.repository, sha) == ["ci"]
