"""What a platform is: it sends and edits messages, and says what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bots.messages import Message
from bots.models import ChatConnection
from deployments.models import Deployment, Person


@dataclass(frozen=True)
class Abilities:
    threads: bool
    edits: bool
    buttons: bool
    private: bool
    # What is said there is kept in this database: saying it and noting that it was said is one
    # transaction, and nothing has to be waited for.
    here: bool = False


@dataclass(frozen=True)
class Place:
    """A room, and the thread in it if one is meant, by the platform's own ids."""

    room: str
    thread: str = ""
    reply_to: str = ""  # the message that is answered
    only_for: str = ""  # the account that alone sees it
    connection: ChatConnection | None = None  # null: the built-in chat


class Undelivered(Exception):
    """A message did not go out. The text is a sentence for administrators, without any secret.

    `permanent`: this message will never be taken, others may be. Otherwise the platform is away.
    `after`: it asks to be left alone for so many seconds.
    """

    def __init__(self, text: str, *, permanent: bool = False, after: float = 0.0) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.after = after


class Platform(Protocol):
    """One way to talk. Sending the same `key` twice says it once.

    No call takes longer than 20 seconds; what fails raises Undelivered.
    """

    abilities: Abilities

    def send(
        self,
        place: Place,
        message: Message,
        *,
        key: str,
        deployment: Deployment | None = None,
        author: Person | None = None,
    ) -> str:
        """Say it there and return the message's id; `deployment` begins that one's thread."""

    def edit(self, place: Place, external_id: str, message: Message) -> None:
        """Bring a message that was sent up to date."""
