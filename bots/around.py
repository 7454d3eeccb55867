"""Who talks in the built-in chat lately, and which chats outside are joined to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, OuterRef

from bots.models import ChatConnection, ChatRoom, Post
from bots.rooms import in_rooms_for
from deployments.models import Person

LATELY = 200  # posts
SHOWN = 8


@dataclass(frozen=True)
class Joined:
    """A chat outside; `at` is the last time that it was reached or heard."""

    name: str
    state: str  # the look's: success, lost, or queued before the first contact
    at: datetime | None


def people(reader: Person) -> list[Person]:
    """Return the other people who spoke lately, who spoke last first."""
    said = Post.objects.filter(in_rooms_for(reader), person__isnull=False).order_by("-pk")
    numbers = list(dict.fromkeys(said.values_list("person", flat=True)[:LATELY]))
    known = Person.objects.filter(is_active=True).exclude(pk=reader.pk).in_bulk(numbers)
    return [known[number] for number in numbers if number in known][:SHOWN]


def joined() -> list[Joined]:
    away = ChatRoom.objects.filter(connection=OuterRef("pk"), failures__gt=0)
    rows = ChatConnection.objects.annotate(
        is_away=Exists(away), reached_at=Max("rooms__reached_at")
    ).order_by("name")
    return [_joined(row.name, row.is_away, row.reached_at, row.seen_at) for row in rows]


def _joined(name: str, is_away: bool, *contacts: datetime | None) -> Joined:
    at = max((each for each in contacts if each is not None), default=None)
    return Joined(name, "lost" if is_away else "success" if at else "queued", at)
