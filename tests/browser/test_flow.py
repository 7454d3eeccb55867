"""The built-in chat in a real browser: scripts on and off, wide and narrow, light and dark."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from bots import reading, rooms, threads
from bots.messages import to_json
from bots.models import Post
from bots.portraits import portrait
from bots.sayings import head
from deployments.models import Deployment, Environment, Person
from deployments.selectors import code
from deployments.services import comments
from tests.bots.talking import Talk, goes, the_deployment
from tests.browser.conftest import CheckPage, PageFor, faults, sideways
from tests.deployments import build
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.browser

ROOM = "/flow/deploys/"


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def production(alice: Person, tmp_path: Path) -> Environment:
    """Production of hello, live on two hosts at the first of three commits."""
    repository = build.repository(tmp_path)
    app = build.application("hello", repository.path)
    build.environment(app, "qa", position=1)
    made = build.environment(app, "production", hosts=2, position=2, production=True)
    build.live(made, alice, repository.git("rev-parse", "main~2"), subject="Say hello")
    return made


@pytest.fixture
def say(production: Environment, alice: Person) -> Talk:
    return Talk(alice, rooms.make("deploys"))


@pytest.fixture
def busy(say: Talk) -> str:
    """Fill the room with all that can be said there; return the address of its newest thread."""
    bob = build.person("bob")
    say.as_(bob)("Is anybody releasing today?")
    say("deploy hello/v2 to qa because the checkout retries for ever")
    goes(the_deployment(), "in_progress")
    goes(the_deployment(), "failure", reason="command", note="make exited with 2 on web-1.")
    for line in ("status", "help retry", "deploy hello to prodution", "deploys hello"):
        say(line)
    say("deploy hello to production")
    goes(the_deployment(), "in_progress")
    thread = say.in_thread()
    build.log(the_deployment(), "$ make\n\x1b[32mbuilt\x1b[0m in 3 s\n")
    thread.as_(bob)("Does this carry the fix?\nhttps://example.org/" + "x" * 90)
    for line in ("log", "diff", "cancel"):
        thread(line)
    type(the_deployment()).objects.filter(pk=the_deployment().pk).update(progress=62)
    return thread_address()


def thread_address() -> str:
    return f"{ROOM}{Post.objects.get(deployment=the_deployment()).pk}/"


def write(page: Page, text: str) -> None:
    page.get_by_label("Message or command").fill(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("path", ["/flow/", ROOM, "thread"])
def test_every_page_is_sound(
    path: str, busy: str, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    check_page(page_for(alice), busy if path == "thread" else path, f"flow-{path.strip('/')}")


def test_an_empty_room_is_sound(
    say: Talk, alice: Person, page_for: PageFor, check_page: CheckPage
) -> None:
    check_page(page_for(alice), ROOM, "flow-empty")


@pytest.fixture
def full(say: Talk, production: Environment, tmp_path: Path) -> str:
    """Fill the inbox, with names and words as long as they come; return a thread's address."""
    bob = Person.objects.create_user("bartholomew.fitzgerald-montgomery", name="Bartholomew Fitz")
    name = "payments-reconciliation-service-for-the-northern-region"
    app = build.application(name, tmp_path / "elsewhere.git")
    place = build.environment(app, "production-europe-north-1-blue", hosts=1, position=1)
    for number in range(99):
        at = timezone.now() - timedelta(hours=number)
        subject = f"Mend the {number}th leak"
        made = build.deployment(production, bob, f"{number:040x}", subject=subject)
        Deployment.objects.filter(pk=made.pk).update(created_at=at)
        Post.objects.create(room=say.room, deployment=made, message=to_json(head(portrait(made))))
    ref = "feature/PROJ-12345-rewrite-the-whole-reconciliation-of-currencies-and-countries"
    note = "make: *** [all] Error 2 " * 9
    made = build.deployment(
        place, bob, "f" * 40, ref=ref, subject="Rewrite " * 20, status="failure", note=note
    )
    threads.bring_up_to_date(made)
    thread = say.in_thread(made)
    thread("a" * 300)
    thread.as_(bob)("See https://example.org/" + "path/" * 40 + " @alice")
    return f"{ROOM}{thread.thread.pk if thread.thread else 0}/"


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
    expect(page.get_by_role("log")).to_contain_text(re.compile("yes [0-9]"))
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
    write(page, "Yes, see the third commit.")
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


def look_away(page: Page, *, hidden: bool) -> None:
    """Go to another tab, or come back: headless pages never hide by themselves."""
    state = "hidden" if hidden else "visible"
    page.evaluate(
        "([hidden, state]) => {"
        " Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        [hidden, state],
    )


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


# ---- Reading ----


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


def test_the_inbox_is_filtered_by_a_form(busy: str, alice: Person, page_for: PageFor) -> None:
    page = page_for(alice, scripts=False)
    page.goto("/flow/")

    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Environment").select_option("qa")
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page.locator(".inbox li")).to_have_count(1)
    assert "env=qa" in page.url


@pytest.mark.parametrize("path", ["/flow/-/mentions/", "/flow/-/rooms/", "/flow/?q=nothing&env=qa"])
def test_the_other_pages_are_sound(
    path: str, say: Talk, page_for: PageFor, check_page: CheckPage
) -> None:
    root = build.person("root")
    say("@root look at this")
    check_page(page_for(root), path, f"flow-{path.strip('/').split('/')[-1][:8]}")


# ---- Completing ----


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
