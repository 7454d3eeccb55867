"""Messages go out in order, each once, whatever breaks: the line, the worker, the database."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from bots import outgoing, tasks
from bots.messages import Message, phrase
from bots.models import ChatRoom, ChatThread, Outgoing, Post, Room
from bots.platforms.contract import Undelivered
from deployments.exceptions import NotAllowed
from deployments.models import Change, Deployment, Environment, Person
from deployments.services import comments
from tests.bots.dying import deaths, much_later, survives
from tests.bots.platforms import line as lines
from tests.bots.platforms.line import LinePlatform
from tests.bots.talking import goes, shown
from tests.deployments import build
from tests.deployments.services import queueing
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow

SHA = "a" * 40
HEAD = "Alice’s deployment of hello"


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[LinePlatform]:
    with lines.connected(monkeypatch) as connected:
        yield connected


@pytest.fixture
def there(line: LinePlatform, db: None) -> ChatRoom:
    """A room outside."""
    return ChatRoom.objects.create(platform=lines.NAME, external_id="C1", name="ops")


@pytest.fixture
def deployment(there: ChatRoom, qa: Environment, alice: Person) -> Deployment:
    return build.deployment(qa, alice, SHA, status="queued")


def message(text: str) -> Message:
    return Message(parts=phrase(text))


def queue(room: ChatRoom, *texts: str, **given: str) -> None:
    for text in texts:
        outgoing.queue_message(room, message(text), key=text, **given)  # type: ignore[arg-type]


def the_row(key: str) -> Outgoing:
    return Outgoing.objects.get(key=key)


def pauses_are_over() -> None:
    Outgoing.objects.update(next_at=None)
    ChatRoom.objects.update(rest_until=None)


def try_again() -> None:
    pauses_are_over()
    outgoing.deliver(ChatRoom.objects.get())


# ---- One message ----


def test_what_is_queued_goes_out_by_a_worker(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "one", "two")
    assert line.texts() == []

    drain("chat")

    assert line.texts() == ["one", "two"]
    assert the_row("two").state == "sent"


def test_the_same_key_says_it_once(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "one")
    queue(there, "one")

    drain("chat")

    assert line.calls == 1


def test_the_platform_hears_whom_it_is_for(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "psst", reply_to="m7", only_for="U1")

    drain("chat")

    [said] = line.said.values()
    assert (said.place.room, said.place.reply_to, said.place.only_for) == ("C1", "m7", "U1")


def test_the_last_contact_is_known(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "one")

    drain("chat")

    reached = ChatRoom.objects.get().reached_at
    assert reached is not None
    assert timezone.now() - reached < timedelta(minutes=1)


# ---- A line that breaks ----


def test_a_failure_is_kept_with_its_reason_and_tried_again_later(
    line: LinePlatform, there: ChatRoom
) -> None:
    line.breaks = iter(["before", ""])
    queue(there, "one")
    drain("chat")
    row = the_row("one")
    assert (row.state, row.attempts, row.error) == ("waiting", 1, "The chat is away.")
    assert row.next_at is not None
    assert row.next_at > timezone.now()

    try_again()

    assert line.texts() == ["one"]
    assert (the_row("one").state, the_row("one").error) == ("sent", "")


def test_what_arrived_unconfirmed_is_not_said_again(line: LinePlatform, there: ChatRoom) -> None:
    line.breaks = iter(["after", ""])
    queue(there, "one")
    drain("chat")

    try_again()

    assert line.texts() == ["one"]


def test_pauses_grow_up_to_a_quarter_of_an_hour_and_differ() -> None:
    pauses = [outgoing.pause("k", attempt) for attempt in range(1, 11)]

    assert 1.5 <= pauses[0] <= 2.5
    assert pauses[:6] == sorted(pauses[:6])
    assert max(pauses) <= 900 * 1.25
    assert outgoing.pause("k", 3) == pauses[2]
    assert outgoing.pause("other", 3) != pauses[2]


def test_after_ten_attempts_it_is_given_up(line: LinePlatform, there: ChatRoom) -> None:
    line.breaks = itertools.repeat("before")
    queue(there, "one")

    for _ in range(15):
        try_again()

    assert line.calls == outgoing.ATTEMPTS
    assert (the_row("one").state, the_row("one").next_at) == ("failed", None)


def test_what_the_platform_will_never_take_is_given_up_at_once(
    line: LinePlatform, there: ChatRoom
) -> None:
    line.breaks, line.error = iter(["before", ""]), Undelivered("It is too long.", permanent=True)
    queue(there, "one", "two")

    drain("chat")

    assert the_row("one").state == "failed"
    assert line.texts() == ["two"]


def test_a_worker_that_dies_over_it_each_time_does_so_ten_times(
    line: LinePlatform, there: ChatRoom
) -> None:
    queue(there, "one")
    Outgoing.objects.update(attempts=outgoing.ATTEMPTS)

    drain("chat")

    assert line.calls == 0
    assert the_row("one").state == "failed"


def test_nothing_waits_longer_than_a_day(there: ChatRoom) -> None:
    queue(there, "one")
    Outgoing.objects.update(waits_since=timezone.now() - timedelta(hours=25))

    outgoing.ring_due()

    assert (the_row("one").state, the_row("one").error) == (
        "failed",
        "It could not be sent within a day.",
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Undelivered("POST https://me:hush-hush@chat.example/hooks/T0KEN?key=s3cret failed."),
            "POST https://chat.example failed.",
        ),
        (
            ValueError("hush-hush"),
            "Shipmate failed over it (ValueError); its log says where.",
        ),
    ],
)
def test_a_reason_holds_no_secret(
    line: LinePlatform, there: ChatRoom, error: Exception, said: str
) -> None:
    line.breaks, line.error = iter(["before"]), error
    queue(there, "one")

    drain("chat")

    assert the_row("one").error == said


def test_a_room_that_is_away_rests_and_costs_one_call_at_a_time(
    line: LinePlatform, there: ChatRoom
) -> None:
    line.breaks = itertools.repeat("before")
    for number in range(5):
        queue(there, f"m{number}", only_for=f"U{number}")

    drain("chat")

    assert line.calls == 1
    assert ChatRoom.objects.get().failures == 1


def test_a_room_that_asks_for_time_gets_it(line: LinePlatform, there: ChatRoom) -> None:
    line.breaks, line.error = iter(["before"]), Undelivered("Too many.", after=500)
    queue(there, "one")

    drain("chat")

    rests, row = ChatRoom.objects.get().rest_until, the_row("one")
    for until in (rests, row.next_at):
        assert until is not None
        assert timedelta(seconds=480) < until - timezone.now() < timedelta(seconds=520)


def test_a_room_that_is_back_gets_all_of_it(line: LinePlatform, there: ChatRoom) -> None:
    line.breaks = iter(["before", *[""] * 9])
    queue(there, "one", "two", "three")
    drain("chat")

    try_again()

    assert line.texts() == ["one", "two", "three"]
    assert ChatRoom.objects.get().failures == 0


# ---- Order ----


def test_in_a_thread_what_failed_holds_up_those_behind_it(
    line: LinePlatform, deployment: Deployment, bob: Person
) -> None:
    line.breaks = iter(["", "before", *[""] * 9])
    comments.add(deployment, bob, "one", via="web")
    comments.add(deployment, bob, "two", via="web")
    drain("chat")
    assert line.texts("1") == []

    pauses_are_over()
    outgoing.deliver(ChatThread.objects.get())

    assert line.texts("1") == ["one", "two"]


def test_those_behind_it_go_on_when_it_is_given_up(
    line: LinePlatform, deployment: Deployment, bob: Person
) -> None:
    line.breaks = iter(["", "before", *[""] * 9])
    line.error = Undelivered("It is too long.", permanent=True)
    comments.add(deployment, bob, "one", via="web")
    comments.add(deployment, bob, "two", via="web")

    drain("chat")

    assert line.texts("1") == ["two"]


def test_an_answer_that_fails_holds_up_nobody_else(line: LinePlatform, there: ChatRoom) -> None:
    line.breaks, line.error = iter(["before", *[""] * 9]), ValueError()
    queue(there, "one", "two", only_for="U1")
    queue(there, "three", only_for="U2")

    drain("chat")

    assert line.texts() == ["three"]


def test_edits_that_nobody_has_seen_become_one(line: LinePlatform, deployment: Deployment) -> None:
    tasks.tell(deployment.pk)
    drain("chat")
    for status in ("in_progress", "success"):
        build.change(deployment, new=status)
        Deployment.objects.update(status=status)
        tasks.tell(deployment.pk)

    before = line.calls
    drain("chat")

    assert line.calls - before == 3  # the head once, and two steps
    assert line.texts()[0].startswith("Alice deployed hello")


def test_addresses_are_whole_for_those_who_read_them_outside(
    line: LinePlatform, deployment: Deployment
) -> None:
    tasks.tell(deployment.pk)

    drain("chat")

    assert "http://127.0.0.1:8000/apps/hello/" in line.texts()[0]


def test_one_room_that_fails_is_nothing_to_the_others(
    line: LinePlatform, deployment: Deployment, room: Room, alice: Person
) -> None:
    line.breaks = itertools.repeat("before")
    comments.add(deployment, alice, "one", via="web")

    drain("chat")

    assert [shown(post) for post in Post.objects.filter(parent__deployment=deployment)] == ["one"]
    assert line.texts() == []


# ---- Workers that stop, and go on ----


def test_a_room_that_another_holds_is_left_to_it(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "one")
    ChatRoom.objects.update(lease_until=timezone.now() + timedelta(seconds=9))

    drain("chat")

    assert line.calls == 0


def test_who_was_stopped_for_long_leaves_no_old_head(
    line: LinePlatform, deployment: Deployment
) -> None:
    """Its edit arrives after that of who took over: the head is brought up to date once more."""
    tasks.tell(deployment.pk)
    drain("chat")
    goes(deployment, "in_progress")
    build.change(deployment, new="stopping")
    Deployment.objects.update(stop_at=timezone.now())

    def meanwhile() -> None:
        ChatThread.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        Deployment.objects.update(status="success", finished_at=timezone.now())
        build.change(deployment, new="success")
        drain("chat")
        tasks.tell(deployment.pk)
        drain("chat")
        assert "Alice deployed hello" in line.texts()[0]

    line.meanwhile = meanwhile
    tasks.tell(deployment.pk)
    drain("chat")
    assert "is being cancelled" in line.texts()[0]
    much_later()

    assert "Alice deployed hello" in line.texts()[0]


def test_here_who_lost_the_thread_says_nothing_more(
    room: Room, qa: Environment, alice: Person
) -> None:
    thread, row = taken(build.deployment(qa, alice, SHA, status="queued"))
    ChatThread.objects.update(epoch=7)  # taken over

    with pytest.raises(outgoing.Lost):
        outgoing._send(thread, row)

    assert not Post.objects.exists()


def test_outside_who_lost_the_thread_sends_nothing_more(
    line: LinePlatform, deployment: Deployment
) -> None:
    thread, row = taken(deployment)
    ChatThread.objects.update(epoch=7)  # taken over

    with pytest.raises(outgoing.Lost):
        outgoing._send(thread, row)

    assert line.calls == 0


def taken(deployment: Deployment) -> tuple[ChatThread, Outgoing]:
    """Take a thread whose head waits to be sent."""
    thread = ChatThread.objects.create(room=ChatRoom.objects.get(), deployment=deployment)
    row = outgoing.queue_message(thread.room, message("one"), key="one", thread=thread)
    assert outgoing._take(thread)
    return thread, Outgoing.objects.select_related("room__connection", "thread").get(pk=row.pk)


def test_an_unconfirmed_head_is_brought_up_to_date(
    line: LinePlatform, deployment: Deployment
) -> None:
    line.breaks = iter(["after", *[""] * 9])
    tasks.tell(deployment.pk)
    drain("chat")
    Deployment.objects.update(status="success")
    build.change(deployment, new="success")
    tasks.tell(deployment.pk)

    pauses_are_over()
    drain("chat")

    assert line.texts()[0].startswith("Alice deployed hello")


def test_a_worker_may_die_at_any_moment(
    line: LinePlatform, deployment: Deployment, bob: Person
) -> None:
    comments.add(deployment, bob, "one", via="web")
    comments.add(deployment, bob, "two", via="web")

    def tell() -> None:
        tasks.tell(deployment.pk)
        tasks.deliver_thread(ChatThread.objects.get().pk)

    def attempt(word: int) -> bool:
        line.said.clear()
        survived = survives(tell, word)
        much_later()
        assert [len(line.texts()), *line.texts("1")] == [1, "one", "two"], f"killed at word {word}"
        return survived

    assert deaths(attempt) > 30


# ---- The sweeper ----


def test_a_lost_bell_is_rung_again(line: LinePlatform, there: ChatRoom) -> None:
    queue(there, "one")

    much_later()

    assert line.texts() == ["one"]


def test_what_was_only_just_queued_has_its_own_bell(there: ChatRoom) -> None:
    queue(there, "one")
    queueing.lose("chat")

    outgoing.ring_due()

    assert queueing.bells("chat") == []


@pytest.mark.parametrize("what", ["pause", "rest", "sent", "held"])
def test_nobody_is_rung_for_what_is_not_due(there: ChatRoom, what: str) -> None:
    queue(there, "one")
    queueing.lose("chat")
    later = timezone.now() + timedelta(minutes=1)
    Outgoing.objects.update(waits_since=timezone.now() - timedelta(minutes=1))
    if what == "sent":
        Outgoing.objects.update(state="sent")
    if what == "pause":
        Outgoing.objects.update(next_at=later)
    if what == "rest":
        ChatRoom.objects.update(rest_until=later)
    if what == "held":
        ChatRoom.objects.update(lease_until=later)

    outgoing.ring_due()

    assert queueing.bells("chat") == []


# ---- Send again ----


@pytest.fixture
def failed(line: LinePlatform, there: ChatRoom) -> Outgoing:
    line.breaks, line.error = iter(["before", ""]), Undelivered("No such room.", permanent=True)
    queue(there, "one")
    drain("chat")
    return the_row("one")


def test_what_was_given_up_can_be_sent_again(
    line: LinePlatform, failed: Outgoing, root: Person
) -> None:
    assert outgoing.send_again(Outgoing.objects.all(), root) == 1

    drain("chat")

    assert line.texts() == ["one"]
    change = Change.objects.get(verb="outgoing.again")
    assert (change.person, change.subject, change.new) == (root, "ops (line)", "1 message")


def test_sending_again_is_for_administrators(failed: Outgoing, dora: Person) -> None:
    with pytest.raises(NotAllowed):
        outgoing.send_again(Outgoing.objects.all(), dora)

    assert the_row("one").state == "failed"


def test_what_was_sent_is_not_sent_again(there: ChatRoom, root: Person) -> None:
    queue(there, "one")
    drain("chat")

    assert outgoing.send_again(Outgoing.objects.all(), root) == 0
    assert the_row("one").state == "sent"
    assert not Change.objects.filter(verb="outgoing.again").exists()
