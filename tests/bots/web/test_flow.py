"""The built-in chat's pages, as plain HTML."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from bots import rooms
from bots.models import Post, Question, Room
from bots.web import talk
from deployments.models import Deployment, Person
from deployments.selectors import feed
from tests.bots.talking import Talk, goes, newest, the_deployment
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow  # looks at a page

ROOM = "/flow/deploys/"


def page(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def thread_of(deployment: Deployment) -> str:
    return f"{ROOM}{Post.objects.get(deployment=deployment).pk}/"


# ---- Reading ----


def test_without_a_room_a_maintainer_is_led_to_make_one(client: Client, root: Person) -> None:
    client.force_login(root)

    assert 'href="/flow/-/rooms/"' in page(client, "/flow/")


def test_without_a_room_the_page_says_how_one_is_made(as_bob: Client) -> None:
    assert "script/manage make_room deploys" in page(as_bob, "/flow/")


def test_an_empty_room_teaches_the_first_line(as_bob: Client, room: Room) -> None:
    text = page(as_bob, "/flow/")

    assert "Nobody has said anything yet" in text
    assert "deploy hello to production" in text


def test_a_stranger_has_to_sign_in(client: Client, room: Room) -> None:
    assert client.get(ROOM)["Location"].startswith("/accounts/login/")


def test_the_room_shows_talk_and_a_card_for_each_deployment(say: Talk, as_bob: Client) -> None:
    say("hello <b>everyone</b>")
    say("deploy hello to qa")

    text = page(as_bob, ROOM)

    assert "hello &lt;b&gt;everyone&lt;/b&gt;" in text
    assert f'href="{thread_of(the_deployment())}">hello/qa #' in text


def test_the_inbox_shows_the_state_of_each_thread(say: Talk, as_bob: Client) -> None:
    say("deploy hello to qa")
    goes(the_deployment(), "in_progress", "failure")

    assert '<span class="said">Failed</span>' in page(as_bob, f"{ROOM}?pane=inbox")


def test_the_thread_shows_six_fields_and_what_was_said(say: Talk, as_bob: Client) -> None:
    say("deploy hello to qa")
    say.in_thread()("does this carry the fix?")

    address = thread_of(the_deployment())

    assert page(as_bob, f"{address}?pane=head").count("<dt>") == 6
    assert "does this carry the fix?" in page(as_bob, address)


def test_a_question_shows_its_buttons_while_it_is_open(say: Talk, as_alice: Client) -> None:
    say("deploy hello")
    assert "<span>Deploy to production</span><code>yes " in page(as_alice, ROOM)

    Question.objects.update(asked_at=timezone.now() - timedelta(minutes=3))

    assert "<span>Deploy to production</span><code>yes " not in page(as_alice, ROOM)


def test_what_is_for_one_person_is_shown_to_nobody_else(
    say: Talk, as_alice: Client, bob: Person
) -> None:
    say("deploy hello to prodution")
    assert "only you can see this" in page(as_alice, ROOM)

    as_alice.force_login(bob)

    assert "only you can see this" not in page(as_alice, ROOM)


def test_only_a_deployments_post_has_a_thread(say: Talk, as_bob: Client) -> None:
    say("deploy hello to prodution")

    for post in Post.objects.all():
        assert as_bob.get(f"{ROOM}{post.pk}/").status_code == 404
    assert as_bob.get(f"{ROOM}{2**70}/").status_code == 404


def test_a_thread_belongs_to_its_room(say: Talk, as_bob: Client) -> None:
    rooms.make("ops")
    say("deploy hello to qa")
    elsewhere = thread_of_room("deploys").replace("deploys", "ops")

    assert as_bob.get(elsewhere).status_code == 404


def thread_of_room(slug: str) -> str:
    return f"/flow/{slug}/{Post.objects.get(room__slug=slug, deployment__isnull=False).pk}/"


@pytest.mark.parametrize("pane", ["inbox", "rooms", "head"])
def test_a_pane_is_one_element_that_asks_for_itself(say: Talk, as_bob: Client, pane: str) -> None:
    say("deploy hello to qa")
    address = thread_of(the_deployment())

    text = page(as_bob, f"{address}?pane={pane}").strip()

    assert text.count(f'data-live-src="{address}?pane={pane}"') == 1


def test_live_pages_are_told_which_post_is_new_or_changed(say: Talk) -> None:
    say("deploy hello to qa")
    say.in_thread()("does this carry the fix?")

    news = [news for news in feed.since(0) if news.topic == f"room-{say.room.pk}"]

    root = Post.objects.get(deployment=the_deployment()).pk
    said = Post.objects.get(text="does this carry the fix?").pk
    first = Post.objects.get(text="deploy hello to qa").pk
    told = [(each.verb, each.subject) for each in news]
    assert ("flow.post", str(first)) in told
    assert ("flow.thread", str(root)) in told
    assert ("flow.thread", f"{root}/{said}") in told


# ---- A live page asks for a few posts ----


def posts(client: Client, address: str, ids: str = "", after: int | str = "") -> list[int]:
    text = page(client, f"{address}?pane=posts&ids={ids}&after={after}")
    return [int(number) for number in re.findall(r'data-post="(\d+)"', text)]


def test_a_live_page_gets_the_posts_that_it_heard_of(say: Talk, as_bob: Client) -> None:
    say("one")
    first = newest()
    say("two")

    assert posts(as_bob, ROOM, ids=f"{first},999999,x") == [first]


def test_a_live_page_that_slept_gets_what_came_after(say: Talk, as_bob: Client) -> None:
    say("one")
    first = newest()
    say("two")

    assert posts(as_bob, ROOM, after=first) == [newest()]


def test_a_live_page_gets_nothing_that_is_for_another(say: Talk, as_bob: Client) -> None:
    say("deploy hello to prodution")

    assert posts(as_bob, ROOM, ids=str(newest())) == []


def test_a_live_page_gets_nothing_of_another_place(say: Talk, as_bob: Client) -> None:
    say("deploy hello to qa")
    root = Post.objects.get(deployment=the_deployment()).pk
    say.in_thread()("does this carry the fix?")
    reply = Post.objects.get(text="does this carry the fix?").pk
    rooms.make("ops")

    assert posts(as_bob, ROOM, ids=f"{root},{reply}") == [root]
    assert posts(as_bob, f"{ROOM}{root}/", ids=f"{root},{reply}") == [reply]
    assert posts(as_bob, "/flow/ops/", ids=f"{root},{reply}") == []


# ---- Saying ----


def test_a_form_says_a_line_and_shows_the_page(as_alice: Client, say: Talk) -> None:
    answer = as_alice.post(f"{ROOM}say/", {"text": "deploy hello to qa", "key": "k"})
    drain("chat")

    assert answer["Location"] == ROOM
    assert the_deployment().person == say.person


def test_a_form_sent_twice_says_it_once(as_alice: Client, say: Talk) -> None:
    for _ in range(2):
        as_alice.post(f"{ROOM}say/", {"text": "deploy hello to qa", "key": "k"})
    drain("chat")

    assert Deployment.objects.count() == 1


def test_a_script_gets_the_new_post_back(as_alice: Client, say: Talk) -> None:
    answer = as_alice.post(f"{ROOM}say/", {"text": "hello"}, headers={"X-Live": "1"})

    assert f'id="post-{Post.objects.get().pk}"' in answer.content.decode()


def test_a_script_is_told_what_is_wrong(as_alice: Client, say: Talk) -> None:
    answer = as_alice.post(f"{ROOM}say/", {"text": " "}, headers={"X-Live": "1"})

    assert answer.status_code == 422
    assert answer.content.decode().startswith("A message has between 1 and")


def test_a_plain_form_is_told_on_the_page(as_alice: Client, say: Talk) -> None:
    referer = {"Referer": f"http://testserver{ROOM}"}

    answer = as_alice.post(f"{ROOM}say/", {"text": ""}, headers=referer, follow=True)

    assert "A message has between 1 and 10,000 characters." in answer.content.decode()


def test_a_reply_stands_in_its_thread(as_alice: Client, say: Talk) -> None:
    say("deploy hello to qa")
    address = thread_of(the_deployment())

    answer = as_alice.post(f"{address}say/", {"text": "cancel"})
    drain("chat")

    assert answer["Location"] == address
    assert the_deployment().status == "cancelled"


def test_each_button_of_a_page_has_a_key_of_its_own(as_alice: Client, say: Talk) -> None:
    say("deploy hello to qa")
    keys = page(as_alice, ROOM).split('name="key" value="')[1:]

    assert len({key.split('"')[0] for key in keys}) == len(keys) == 3


def test_a_form_from_elsewhere_is_refused(alice: Person, room: Room) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert strict.post(f"{ROOM}say/", {"text": "deploy hello to qa"}).status_code == 403
    assert not Post.objects.exists()


# ---- Older posts ----


@pytest.fixture
def numbers(say: Talk) -> list[str]:
    """Say so much that it fills three pages."""
    texts = [str(number) for number in range(2 * talk.SHOWN + 5)]
    Post.objects.bulk_create(Post(room=say.room, person=say.person, text=text) for text in texts)
    return texts


def test_a_room_shows_its_newest_posts_and_the_way_to_the_rest(
    numbers: list[str], as_bob: Client
) -> None:
    found: list[str] = []
    address = ROOM
    for _ in range(3):
        text = page(as_bob, address)
        found = re.findall(r'<p class="words">(\d+)</p>', text) + found
        older = re.search(r'href="([^"]*)" data-older-posts', text)
        address = older[1] if older else ""

    assert found == numbers
    assert address == ""


def test_a_page_of_older_posts_leads_back_to_the_newest(numbers: list[str], as_bob: Client) -> None:
    text = page(as_bob, f"{ROOM}?before_post={newest()}")

    assert "To the newest posts" in text
    assert "To the newest posts" not in page(as_bob, ROOM)


# ---- A thread ----


def test_activities_stand_apart_from_what_people_say(say: Talk, as_bob: Client) -> None:
    say("deploy hello to qa")
    say.in_thread()("does this carry the fix?")
    goes(the_deployment(), "in_progress")

    text = page(as_bob, thread_of(the_deployment()))
    steps, discussion = text.split('id="steps"')[1].split('id="msgs"')

    assert "Started deploying" in steps and "Started deploying" not in discussion
    assert "carry the fix?" in discussion and "carry the fix?" not in steps


# ---- Days, and lines ----


def test_each_day_has_its_line(say: Talk, as_bob: Client) -> None:
    for ago in (0, 0, 1, 40):
        say("hello")
        at = timezone.now() - timedelta(days=ago)
        Post.objects.filter(pk=newest()).update(created_at=at)

    text = page(as_bob, ROOM)

    named = re.findall(r'<p class="day" data-day="[\d-]+">(.*?)</p>', text)
    assert named[:2] == ["Today", "Yesterday"]
    assert re.fullmatch(r"\w+day, \d+ \w+( \d{4})?", named[2])


@pytest.mark.parametrize(
    ("text", "is_line"),
    [
        ("deploy hello to qa", True),
        ("shipmate status", True),
        ("help retry", True),
        ("deploy is what we do all day", False),
        ("why not?", False),
        ("status?\nno idea", False),
        ("Is anybody releasing today?", False),
    ],
)
def test_what_is_said_to_the_bot_looks_like_a_line(
    say: Talk, as_alice: Client, text: str, is_line: bool
) -> None:
    say(text)

    assert ('class="words mono"' in page(as_alice, ROOM)) == is_line


def test_each_button_shows_the_line_that_it_says(say: Talk, as_alice: Client) -> None:
    say("deploy hello to qa")
    number = the_deployment().pk

    head = page(as_alice, f"{thread_of(the_deployment())}?pane=head")

    assert f"<span>Cancel</span><code>cancel #{number}</code>" in head


@pytest.mark.parametrize("path", [ROOM, ""])
def test_who_may_only_look_is_told_who_can_press(say: Talk, as_bob: Client, path: str) -> None:
    say("deploy hello to qa")
    number = the_deployment().pk

    told = page(as_bob, path or thread_of(the_deployment()))

    assert f'value="cancel #{number}"' not in told and f'value="log #{number}"' in told
    assert "Maintainers of hello/qa: " in told
    assert re.search(r'aria-disabled="true" aria-describedby="kept-[^"]+"><span>Cancel', told)
