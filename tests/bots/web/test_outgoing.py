"""The page on which administrators see what went out, what did not, and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bots import outgoing, tasks
from bots.messages import Message, phrase
from bots.models import ChatRoom, ChatThread, Outgoing, Room
from deployments.models import Change, Environment, Person
from tests.deployments import build
from tests.deployments.services.queueing import bells, drain

pytestmark = pytest.mark.slow

OUTGOING = "/settings/outgoing/"


@pytest.fixture
def as_root(client: Client, root: Person) -> Client:
    client.force_login(root)
    return client


@pytest.fixture
def known(room: Room) -> ChatRoom:
    return ChatRoom.objects.get()


def queue(room: ChatRoom, text: str, **fields: object) -> Outgoing:
    row = outgoing.queue_message(room, Message(parts=phrase(text)), key=text)
    Outgoing.objects.filter(pk=row.pk).update(**fields)
    return row


def given_up(room: ChatRoom, text: str) -> Outgoing:
    return queue(room, text, state="failed", attempts=10, error="The chat is away.")


def page(client: Client, address: str = OUTGOING) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_it_shows_where_what_how_often_and_why(as_root: Client, known: ChatRoom) -> None:
    given_up(known, "Ahoy")

    shown = page(as_root)

    assert "<b>Ahoy</b>" in shown
    assert "to deploys" in shown
    assert "10 attempts" in shown
    assert "The chat is away." in shown
    assert "Given up" in shown


def test_a_message_of_a_thread_leads_to_its_deployment(
    as_root: Client, known: ChatRoom, qa: Environment, alice: Person
) -> None:
    deployment = build.deployment(qa, alice, "a" * 40, status="queued")

    tasks.tell(deployment.pk)

    assert f'<a href="/deployments/{deployment.pk}/">hello/qa #{deployment.pk}</a>' in page(as_root)


def test_a_pause_says_when_it_ends(as_root: Client, known: ChatRoom) -> None:
    queue(known, "Ahoy", next_at=timezone.now() + timedelta(minutes=5, seconds=30))

    assert ">in 5 min</time>" in page(as_root)


def test_a_room_that_is_away_says_since_when(as_root: Client, known: ChatRoom) -> None:
    ChatRoom.objects.update(failures=3, reached_at=timezone.now() - timedelta(hours=2, minutes=1))

    shown = page(as_root)

    assert "last contact <time" in shown
    assert ">2 h ago</time>" in shown
    assert "Away" in shown


def test_a_private_answer_stays_private(as_root: Client, known: ChatRoom) -> None:
    queue(known, "Open /link/sesame/", only_for="U1")

    assert "sesame" not in page(as_root)
    assert "A private answer" in page(as_root)


def test_a_private_answer_is_not_kept(known: ChatRoom) -> None:
    queue(known, "Open /link/sesame/", only_for="U1")

    drain("chat")

    assert Outgoing.objects.get().message == {}


@pytest.mark.parametrize(
    ("state", "seen"),
    [("", ["one", "two"]), ("failed", ["one"]), ("waiting", ["two"]), ("nonsense", ["one", "two"])],
)
def test_it_is_filtered_by_state(
    as_root: Client, known: ChatRoom, state: str, seen: list[str]
) -> None:
    given_up(known, "one")
    queue(known, "two")

    shown = page(as_root, f"{OUTGOING}?state={state}")

    assert [text for text in ("one", "two") if f"<b>{text}</b>" in shown] == seen


def test_it_goes_on_with_older_ones(as_root: Client, known: ChatRoom) -> None:
    for number in range(51):
        queue(known, f"m{number}")

    address = f"{OUTGOING}?before={Outgoing.objects.order_by('pk')[1].pk}"

    assert f'href="{address}">Older' in page(as_root)
    assert "<b>m0</b>" in page(as_root, address)
    assert "Older" not in page(as_root, address)


@pytest.mark.parametrize("query", ["room=x", "room=99999999999999999999", "before=-1", "before=٣"])
def test_nonsense_in_the_address_does_no_harm(as_root: Client, known: ChatRoom, query: str) -> None:
    queue(known, "Ahoy")

    assert as_root.get(f"{OUTGOING}?{query}").status_code == 200


def test_send_again_has_it_wait_anew_and_is_recorded(
    as_root: Client, known: ChatRoom, root: Person
) -> None:
    row = given_up(known, "Ahoy")
    drain("chat")

    shown = as_root.post(f"{OUTGOING}{row.pk}/again/", follow=True).content.decode()

    assert "1 message is on the way again." in shown
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == ("waiting", 0, "")
    assert bells("chat") == [("bots.tasks.deliver_room", (known.pk,))]
    assert Change.objects.get(verb="outgoing.again").person == root


def test_all_of_a_room_can_be_sent_again(as_root: Client, known: ChatRoom) -> None:
    given_up(known, "one")
    given_up(known, "two")

    shown = as_root.post(f"{OUTGOING}rooms/{known.pk}/again/", follow=True).content.decode()

    assert "2 messages are on the way again." in shown
    assert not Outgoing.objects.filter(state="failed").exists()


def test_what_is_not_given_up_is_not_sent_again(as_root: Client, known: ChatRoom) -> None:
    row = queue(known, "Ahoy", state="sent")

    shown = as_root.post(f"{OUTGOING}{row.pk}/again/", follow=True).content.decode()

    assert "Nothing had been given up" in shown
    assert Outgoing.objects.get().state == "sent"


@pytest.mark.parametrize("who", ["alice", "dora"])
def test_it_is_for_administrators(
    client: Client, known: ChatRoom, alice: Person, dora: Person, who: str
) -> None:
    row = given_up(known, "Ahoy")
    client.force_login(Person.objects.get(username=who))

    asked = [
        client.get(OUTGOING),
        client.post(f"{OUTGOING}{row.pk}/again/"),
        client.post(f"{OUTGOING}rooms/{known.pk}/again/"),
    ]

    assert [answer.status_code for answer in asked] == [403] * 3
    assert b"Ahoy" not in asked[0].content
    assert Outgoing.objects.get().state == "failed"


def test_the_menu_leads_administrators_there_and_counts_what_was_given_up(
    as_root: Client, known: ChatRoom
) -> None:
    given_up(known, "Ahoy")

    shown = page(as_root, "/settings/people/")

    assert f'href="{OUTGOING}"' in shown
    assert 'Outgoing messages <span class="count">1</span>' in shown


def test_the_menu_does_not_show_it_to_others(as_alice: Client, known: ChatRoom) -> None:
    assert OUTGOING not in page(as_alice, "/settings/people/")


def test_the_queries_do_not_grow_with_the_messages(
    as_root: Client,
    known: ChatRoom,
    qa: Environment,
    alice: Person,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(12):
        deployment = build.deployment(qa, alice, "a" * 40, status="queued")
        thread = ChatThread.objects.create(room=known, deployment=deployment)
        queue(known, f"m{number}", thread=thread, author=alice, state="failed")

    with django_assert_max_num_queries(13):
        page(as_root)
