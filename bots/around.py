"""Who talks in the built-in chat lately, and which chats outside are joined to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from bots.models import ChatConnection, ChatRoom, Post
from bots.rooms import in_rooms_for
from deployments.models import Person

LATELY = 200  # posts
SHOWN = 8
AWAY = timedelta(minutes=15)


@dataclass(frozen=True)
class Joined:
    """A chat outside; `at` is the last time that it was reached or heard."""

    name: str
    state: str  # the look's: success, lost, or queued before the first contact
    at: datetime | None


@dataclass(frozen=True)
class Around:
    """Somebody who spoke lately; away is who neither looked nor spoke for a while."""

    person: Person
    is_away: bool


def people(reader: Person) -> list[Around]:
    """Return the other people who spoke lately, who spoke last first."""
    posts = Post.objects.filter(in_rooms_for(reader), person__isnull=False).order_by("-pk")
    spoke = dict(reversed(posts.values_list("person", "created_at")[:LATELY]))
    known = Person.objects.filter(is_active=True).exclude(pk=reader.pk).in_bulk(list(spoke))
    looked = UserSession.objects.filter(user__in=known).values_list("user")
    seen = dict(looked.annotate(Max("last_seen_at")).order_by())
    since = timezone.now() - AWAY
    found = sorted(known.values(), key=lambda one: spoke[one.pk], reverse=True)
    return [
        Around(one, max(spoke[one.pk], seen.get(one.pk) or spoke[one.pk]) < since)
        for one in found[:SHOWN]
    ]


def joined() -> list[Joined]:
    away = ChatRoom.objects.filter(connection=OuterRef("pk"), failures__gt=0)
    rows = ChatConnection.objects.annotate(
        is_away=Exists(away), reached_at=Max("rooms__reached_at")
    ).order_by("name")
    return [_joined(row.name, row.is_away, row.reached_at, row.seen_at) for row in rows]


def _joined(name: str, is_away: bool, *contacts: datetime | None) -> Joined:
    at = max((each for each in contacts if each is not None), default=None)
    return Joined(name, "lost" if is_away else "success" if at else "queued", at)
