"""Messages to send, and the pauses between attempts."""

from __future__ import annotations

from bots import outgoing
from bots.messages import Message, phrase
from bots.models import ChatRoom, Outgoing


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
