"""What a plan, a lock and their refusals look like in the chat."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from bots import rooms
from deployments.models import Environment, Person
from tests.bots.talking import Talk, the_deployment
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.browser

ROOM = "/flow/deploys/"


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def production(alice: Person, tmp_path: Path) -> Environment:
    repository = build.repository(tmp_path)
    app = build.application("hello", repository.path)
    made = build.environment(app, "production", hosts=2, position=2, production=True)
    build.live(made, alice, repository.git("rev-parse", "main~2"), subject="Say hello")
    return made


@pytest.fixture
def say(production: Environment, alice: Person) -> Talk:
    return Talk(alice, rooms.make("deploys"))


def test_a_plan_is_sound(
    say: Talk, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    say("plan hello/main to production because the search is slow")

    check_page(page_for(alice), ROOM, "plan")


def test_locks_and_refusals_are_sound(
    say: Talk, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    dora = build.person("dora")
    say("lock hello in production for 2h because we test the search")
    say.as_(dora)("plan hello to production")
    say.as_(dora)("deploy hello to production")
    say.as_(dora)("locks")

    check_page(page_for(dora), ROOM, "locks")


def test_the_button_of_a_plan_does_it(say: Talk, alice: Person, page_for: PageFor) -> None:
    say("plan hello/v2 to production")
    page = page_for(alice)
    page.goto(ROOM)
    expect(page.get_by_text("In the way")).to_be_visible()

    page.get_by_role("button", name="Do it in production").click()
    expect(page.get_by_role("article")).to_have_count(3)
    drain("chat")

    expect(page.get_by_role("log")).to_contain_text("Alice’s deployment of hello")
    assert the_deployment().ref == "v2"
