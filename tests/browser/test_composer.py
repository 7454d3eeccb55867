"""The composer completes what is written, by keyboard and by finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from deployments.models import Environment, Person
from deployments.selectors import code
from tests.bots.talking import Talk, goes, the_deployment
from tests.browser.conftest import PageFor, faults, sideways
from tests.browser.flow import ROOM, thread_address
from tests.deployments import build

pytestmark = pytest.mark.browser


def type_slowly(page: Page, text: str) -> None:
    page.get_by_label("Message or command").press_sequentially(text, delay=15)


def offered(page: Page) -> Locator:
    return page.locator(".suggest [role=option]")


def test_a_line_is_completed_by_keyboard(say: Talk, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice)
    page.goto(ROOM)
    field = page.get_by_label("Message or command")

    type_slowly(page, "dep")
    expect(offered(page).first).to_contain_text("deploys a branch, tag or commit")
    page.keyboard.press("Tab")
    expect(offered(page).first).to_contain_text("hello")
    page.keyboard.press("Tab")
    expect(offered(page).first).to_contain_text("to qa")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(field).to_have_value("deploy hello to production ")
    page.keyboard.press("Enter")
    expect(field).to_have_value("")
    expect(page.locator(".words").last).to_have_text("deploy hello to production")


def test_people_are_completed_in_a_comment_while_the_deployment_goes_on(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    build.person("bartholomew")
    say("deploy hello to qa")
    page = page_for(alice)
    page.goto(the_deployment().get_absolute_url())
    field = page.get_by_role("textbox", name="Comment")

    field.press_sequentially("Ask @bar", delay=15)
    expect(offered(page)).to_have_text(["@bartholomewBartholomew"])
    goes(the_deployment(), "in_progress")
    expect(page.locator("#msgs")).to_contain_text("A worker began")
    expect(offered(page)).to_have_count(1)
    page.keyboard.press("Tab")

    expect(field).to_have_value("Ask @bartholomew ")


def test_the_composer_is_a_combobox(say: Talk, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice)
    page.goto(ROOM)
    type_slowly(page, "deploy hello ")
    box, field = page.get_by_role("combobox"), page.get_by_label("Message or command")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[data-voice]")).to_contain_text("suggestions, arrow keys choose")

    page.keyboard.press("ArrowDown")

    expect(offered(page).and_(page.get_by_role("option", selected=True))).to_contain_text("to qa")
    expect(field).to_have_attribute("aria-activedescendant", "suggest-1")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(field).to_be_focused()


def test_enter_sends_what_stands_there_though_more_is_offered(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.goto(ROOM)

    type_slowly(page, "stat")
    expect(offered(page).first).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.locator(".words").last).to_have_text("stat")


def test_a_branch_is_completed_behind_its_app(
    say: Talk, alice: Person, production: Environment, page_for: PageFor
) -> None:
    code.refs(production.application)
    page = page_for(alice)
    page.goto(ROOM)

    type_slowly(page, "deploy he")
    expect(offered(page).first).to_contain_text("hello")
    page.keyboard.press("Tab")
    type_slowly(page, "/v")
    expect(offered(page).first).to_contain_text("hello/v2")
    page.keyboard.press("Tab")

    expect(page.get_by_label("Message or command")).to_have_value("deploy hello/v2 ")


def test_on_a_phone_a_suggestion_is_tapped(say: Talk, alice: Person, page_for: PageFor) -> None:
    build.person("bob")
    page = page_for(alice)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(ROOM)

    type_slowly(page, "ask @b")
    offered(page).first.click()

    expect(page.get_by_label("Message or command")).to_have_value("ask @bob ")
    assert sideways(page) <= 0


def test_in_a_thread_a_word_says_what_it_would_do(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    say("deploy hello to qa")
    page = page_for(alice)
    page.goto(thread_address())

    type_slowly(page, "c")

    expect(offered(page).first).to_contain_text("It has not begun")
