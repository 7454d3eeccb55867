"""Reading the built-in chat: what was said before, what is new, the inbox."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from bots import reading, rooms
from bots.models import Post
from deployments.models import Person
from tests.bots.talking import Talk
from tests.browser.conftest import CheckPage, PageFor
from tests.browser.flow import ROOM, write
from tests.deployments import build
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.browser


@pytest.fixture
def long(say: Talk) -> None:
    Post.objects.bulk_create(
        Post(room=say.room, person=say.person, text=f"Number {number}.") for number in range(120)
    )


def test_older_posts_come_as_the_reader_scrolls_up(
    long: None, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.goto(ROOM)
    expect(page.get_by_text("Number 119.")).to_be_in_viewport()

    for wanted in ("Number 40.", "Number 0."):
        while not page.get_by_text(wanted).count():
            page.locator("#msgs").evaluate("pane => pane.scrollTo(0, 0)")
            page.wait_for_timeout(50)

    assert page.locator("#msgs .words").all_inner_texts() == [f"Number {n}." for n in range(120)]


def test_without_scripts_older_posts_are_a_link_away(
    long: None, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice, scripts=False)
    page.goto(ROOM)

    page.get_by_role("link", name="Older posts").click()
    page.get_by_role("link", name="Older posts").click()
    expect(page.get_by_text("Number 0.")).to_be_attached()
    page.get_by_role("link", name="To the newest posts").click()

    expect(page.get_by_text("Number 119.")).to_be_attached()


def test_what_others_say_is_counted_until_it_is_seen(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    bob = build.person("bob")
    rooms.make("ops")
    page = page_for(alice)
    page.goto("/flow/ops/")

    say.as_(bob)("@alice, is anybody releasing today?")

    expect(page).to_have_title(re.compile(r"^\(1\) #ops"))
    expect(page.get_by_role("link", name="Mentions 1 unread")).to_be_visible()
    page.get_by_role("link", name="deploys 1 unread").click()
    expect(page.locator(".mention-me")).to_have_text("@alice")
    page.goto("/flow/ops/")
    expect(page).to_have_title(re.compile("^#ops"))


def test_what_arrives_in_a_room_that_the_phone_hides_is_counted(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/flow/")

    say.as_(build.person("bob"))("@alice, is anybody releasing today?")

    expect(page.get_by_role("link", name="deploys 1 unread")).to_be_visible()
    expect(page.get_by_role("link", name="Mentions 1 unread")).to_be_visible()


def test_a_post_that_arrives_before_the_readers_eyes_is_read(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.goto(ROOM)

    with page.expect_response(re.compile("/seen/$")):
        say.as_(build.person("bob"))("Is anybody releasing today?")

    assert reading.rooms(alice)[0].new == 0


def test_a_button_of_a_question_goes_when_it_is_answered(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    say("deploy hello")
    page = page_for(alice)
    page.goto(ROOM)
    expect(page.get_by_role("button", name="Deploy to production")).to_be_visible()

    write(page, "yes")
    expect(page.locator(".words").last).to_have_text("yes")
    drain("chat")

    expect(page.get_by_role("button", name="Deploy to production")).to_have_count(0)


def test_a_bookmark_keeps_a_message_in_place(say: Talk, alice: Person, page_for: PageFor) -> None:
    say("The key lies under the mat.")
    say("And the lamp beside it.")
    page = page_for(alice)
    page.goto(ROOM)

    for at, text in enumerate(["The key lies", "And the lamp"], 1):
        page.get_by_text(text).hover()
        page.get_by_role("button", name="Keep", pressed=False).first.click()
        expect(page.get_by_role("button", name="Keep", pressed=True)).to_have_count(at)
    page.get_by_role("link", name="Kept").click()
    page.get_by_role("button", name="Keep", pressed=True).first.click()
    expect(page.get_by_role("button", name="Keep", pressed=False)).to_have_count(1)
    page.reload()

    expect(page.locator(".msg .words")).to_have_text(["The key lies under the mat."])


def test_the_inbox_is_filtered_by_a_form(busy: str, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice, scripts=False)
    page.goto("/flow/")

    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Environment", exact=True).select_option("qa")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.locator(".inbox li")).to_have_count(1)
    assert "env=qa" in page.url


@pytest.mark.parametrize(
    "path", ["/flow/-/mentions/", "/flow/-/kept/", "/flow/-/rooms/", "/flow/?q=nothing&env=qa"]
)
def test_the_other_pages_are_sound(
    path: str, say: Talk, page_for: PageFor, check_page: CheckPage
) -> None:
    root = build.person("root")
    say("@root look at this")
    check_page(page_for(root), path, f"flow-{path.strip('/').split('/')[-1][:8]}")
