"""The built-in chat in a real browser: scripts on and off, wide and narrow, light and dark."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from bots.models import Post
from deployments.models import Person
from deployments.services import comments
from tests.bots.talking import Talk, goes, the_deployment
from tests.browser.conftest import CheckPage, PageFor, sideways
from tests.browser.flow import ROOM, look_away, thread_address, write
from tests.deployments import build
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", ["/flow/", ROOM, "thread"])
def test_every_page_is_sound(
    path: str, busy: str, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    check_page(page_for(alice), busy if path == "thread" else path, f"flow-{path.strip('/')}")


def test_an_empty_room_is_sound(
    say: Talk, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    check_page(page_for(alice), ROOM, "flow-empty")


@pytest.mark.parametrize("where", ["inbox", "thread"])
def test_what_is_long_and_what_is_many_is_sound(
    where: str, full: str, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    page = page_for(alice)
    check_page(page, full if where == "thread" else "/flow/", f"flow-full-{where}")
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(full if where == "thread" else "/flow/")

    assert sideways(page) <= 0


# ---- Saying ----


def test_a_line_is_sent_by_enter_and_answered_on_the_page(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.goto(ROOM)

    write(page, "deploy hello to production")
    expect(page.get_by_role("log")).to_contain_text("deploy hello to production")
    expect(page.get_by_label("Message or command")).to_have_value("")
    drain("chat")

    expect(page.get_by_role("log")).to_contain_text("Alice’s deployment of hello")
    expect(page.locator(".inbox li").first).to_contain_text("Queued")


def test_whoever_writes_on_while_a_line_is_sent_begins_a_new_one(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)

    def slowly(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/say/", slowly)
    page.goto(ROOM)

    write(page, "Good morning.")
    write(page, "Anybody here?")

    expect(page.locator(".words")).to_have_text(["Good morning.", "Anybody here?"])
    expect(page.get_by_label("Message or command")).to_have_value("")


def test_what_could_not_be_sent_is_given_back_and_counts_once(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.route("**/say/", lambda route: (route.fetch(), route.abort()))
    page.goto(ROOM)

    write(page, "Good morning.")
    expect(page.get_by_role("alert")).to_contain_text("Not sent")
    page.unroute("**/say/")
    page.keyboard.press("Enter")

    expect(page.get_by_label("Message or command")).to_have_value("")
    assert Post.objects.filter(text="Good morning.").count() == 1


def test_a_thread_follows_its_deployment(say: Talk, alice: Person, page_for: PageFor) -> None:
    say("deploy hello to qa")
    page = page_for(alice)
    page.goto(thread_address())

    goes(the_deployment(), "in_progress")
    expect(page.locator(".thread-head .said").first).to_contain_text("Running")
    goes(the_deployment(), "success")

    expect(page.locator(".thread-head .said").first).to_have_text("Succeeded")
    expect(page.get_by_label("Activity")).to_contain_text("Alice deployed hello")
    expect(page.locator(".inbox li").first).to_contain_text("Succeeded")


def test_a_button_says_its_line(say: Talk, alice: Person, page_for: PageFor) -> None:
    say("deploy hello to qa")
    page = page_for(alice)
    page.goto(thread_address())

    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("log")).to_contain_text(f"cancel #{the_deployment().pk}")
    drain("chat")

    expect(page.locator(".thread-head .said").first).to_have_text("Cancelled")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_a_question_is_answered_by_its_button(say: Talk, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice)
    page.goto(ROOM)
    write(page, "deploy hello")
    expect(page.get_by_role("log")).to_contain_text("deploy hello")
    drain("chat")

    page.get_by_role("button", name="Deploy to production").click()
    expect(page.locator(".words").last).to_have_text(re.compile("yes [0-9]"))
    drain("chat")

    expect(page.locator(".told").get_by_role("link", name="open the thread")).to_be_visible()


def test_talk_is_shared_with_the_deployments_page(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    say("deploy hello to qa")
    page = page_for(alice)
    page.goto(thread_address())
    write(page, "does this carry the fix?")
    expect(page.get_by_role("log")).to_contain_text("does this carry the fix?")
    comments.add(the_deployment(), alice, "Yes, see the third commit.", via="web")
    drain("chat")

    expect(page.get_by_role("log")).to_contain_text("Yes, see the third commit.")
    page.get_by_role("link", name="hello/qa #").first.click()
    page.goto(f"{the_deployment().get_absolute_url()}?tab=conversation")
    expect(page.get_by_text("does this carry the fix?")).to_have_count(1)


def test_a_comment_is_seen_at_once_in_the_thread_and_on_the_page(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    say("deploy hello to qa")
    thread, page = page_for(alice), page_for(build.person("bob"))
    thread.goto(thread_address())
    page.goto(f"{the_deployment().get_absolute_url()}?tab=conversation")

    write(thread, "Does this carry the fix?")
    expect(thread.get_by_role("log")).to_contain_text("Does this carry the fix?")
    drain("chat")
    expect(page.locator("#talk")).to_contain_text("Does this carry the fix?")
    page.get_by_role("textbox", name="Comment").fill("Yes, see the third commit.")
    page.keyboard.press("Enter")
    expect(page.locator("#talk")).to_contain_text("Yes, see the third commit.")
    drain("chat")

    answer = thread.get_by_role("log").locator("article", has_text="Yes, see the third commit.")
    expect(answer.locator("header b")).to_have_text("Bob")
    expect(thread.locator(".words")).to_have_count(2)


def test_what_is_too_long_stays_in_the_field(say: Talk, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice)
    page.goto(ROOM)

    write(page, "x" * 10_001)

    expect(page.get_by_role("alert").filter(has_text="between 1 and 10,000")).to_be_visible()
    assert len(page.get_by_label("Message or command").input_value()) == 10_001


def test_the_room_opens_at_its_end_and_stays_there(
    busy: str, say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.goto(ROOM)

    say("status")

    expect(page.locator(".msg").last).to_be_in_viewport()
    expect(page.locator(".msg").last).to_contain_text("What runs where")


def test_news_is_read_out_once(say: Talk, alice: Person, page_for: PageFor) -> None:
    say("deploy hello to qa")
    page = page_for(alice)
    page.goto(thread_address())

    goes(the_deployment(), "in_progress")

    expect(page.locator("[data-voice]")).to_have_text("Started deploying hello to qa")
    assert page.get_by_role("log").get_attribute("aria-live") == "off"


# ---- On a phone ----


def test_on_a_phone_the_inbox_leads_to_a_thread_and_back(
    busy: str, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/flow/")

    page.locator(".inbox li a").first.click()
    expect(page.get_by_label("Message or command")).to_be_visible()
    expect(page.locator(".inbox")).to_be_hidden()
    page.get_by_role("link", name="← Team inbox").click()

    expect(page.locator(".inbox")).to_be_visible()
    assert sideways(page) <= 0


def test_on_a_small_phone_the_composer_is_at_hand(
    busy: str, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.set_viewport_size({"width": 320, "height": 568})

    page.goto(ROOM)

    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    expect(page.locator(".msg").last).to_be_in_viewport()


def test_on_a_small_phone_a_thread_leaves_room_for_what_is_said(
    busy: str, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.set_viewport_size({"width": 320, "height": 568})

    page.goto(busy)

    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("heading", name="Discussion")).to_be_in_viewport(ratio=1)
    expect(page.locator("#msgs .msg").last).to_be_in_viewport()


# ---- When the line is lost ----


def test_what_was_said_while_the_line_was_lost_is_caught_up_on(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.route("**/live/**", lambda route: route.abort())
    page.goto(ROOM)
    expect(page.get_by_role("log")).to_be_visible()

    say.as_(build.person("bob"))("Is anybody releasing today?")
    say("deploy hello to qa")

    expect(page.get_by_role("log")).to_contain_text("Is anybody releasing today?", timeout=15_000)
    expect(page.locator(".inbox li").first).to_contain_text("hello/qa")
    expect(page.locator(".words")).to_have_count(2)
    page.unroute("**/live/**")


def test_what_was_said_while_nobody_looked_stands_below_a_line(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    say("Good morning.")
    page = page_for(alice)
    page.goto(ROOM)
    look_away(page, hidden=True)
    say.as_(build.person("bob"))("Is anybody releasing today?")

    look_away(page, hidden=False)

    expect(page.locator("#new-line + [data-post]")).to_contain_text("Is anybody releasing today?")


# ---- By keyboard alone ----


def test_the_keyboard_leads_from_the_board_to_a_thread(
    busy: str, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice)
    page.goto("/")

    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile("/flow/$"))
    page.keyboard.press("j")
    expect(page.locator(".inbox li a").first).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"{busy}$"))


def test_one_key_skips_to_the_content(say: Talk, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice)
    page.goto(ROOM)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Team inbox").first).to_be_focused()


# ---- Without scripts ----


def test_without_scripts_a_form_posts_and_a_link_links(
    say: Talk, alice: Person, page_for: PageFor
) -> None:
    page = page_for(alice, scripts=False)
    page.goto(ROOM)

    page.get_by_label("Message or command").fill("deploy hello to qa")
    page.get_by_role("button", name="Send").click()
    drain("chat")
    page.goto(ROOM)
    page.get_by_role("link", name=re.compile("open the thread")).click()
    page.get_by_role("button", name="Cancel").click()
    drain("chat")
    page.reload()

    expect(page.locator(".thread-head .said").first).to_have_text("Cancelled")


def test_without_scripts_a_refusal_is_a_banner(say: Talk, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice, scripts=False)
    page.goto(ROOM)

    page.get_by_label("Message or command").fill("x" * 10_001)
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("status").first).to_contain_text("between 1 and 10,000 characters")
