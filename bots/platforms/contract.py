"""What a platform is: it sends and edits messages, and says what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bots.messages import Message
from deployments.models import Deployment, Person


@dataclass(frozen=True)
class Abilities:
    threads: bool
    edits: bool
    buttons: bool
    private: bool


@dataclass(frozen=True)
class Place:
    """A room, and the thread in it if one is meant, by the platform's own ids."""

    room: str
    thread: str = ""


class Platform(Protocol):
    """One way to talk. Sending the same `key` twice says it once."""

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
