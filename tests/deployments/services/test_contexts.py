"""Checks that whoever asks has named: what the forge says of them now is what counts."""

from __future__ import annotations

import pytest

from deployments.models import Deployment, Person
from deployments.services import contexts
from deployments.services.contexts import Unmet
from deployments.services.lifecycle import Door
from tests.deployments.services.at_github import NAME, Shop, shop_at
from tests.servers.github.hub import GitHub

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    return shop_at(hub, root, alice)


def ask(shop: Shop, *names: str) -> Deployment:
    return contexts.request(shop.qa, "main", Door(shop.person, "api"), names)


def test_a_check_that_nobody_has_told_of_is_asked_for(shop: Shop) -> None:
    shop.hub.say(NAME, shop.kept.git.git("rev-parse", "main"), "ci", "success")

    assert ask(shop, "ci").status == "queued"


def test_one_that_turned_red_unheard_is_in_the_way(shop: Shop) -> None:
    sha = shop.kept.git.git("rev-parse", "main")
    shop.hub.say(NAME, sha, "ci", "success")
    ask(shop, "ci")
    shop.hub.say(NAME, sha, "ci", "failure")

    with pytest.raises(Unmet, match="ci failed on"):
        ask(shop, "ci")
