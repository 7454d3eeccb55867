"""A message goes out once, whatever breaks: the line, the platform, the worker."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from bots import outgoing
from bots.models import ChatRoom, Outgoing
from bots.platforms.contract import Undelivered
from tests.bots.outgoing.sending import queue, the_row, try_again
from tests.bots.platforms.line import LinePlatform
from tests.deployments.services.queueing import drain

pytestmark = pytest.mark.slow


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
