"""Rooms of the built-in chat."""

from __future__ import annotations

from django.db import transaction

from bots.models import ChatRoom, Room
from deployments import changes


def make(slug: str, name: str = "") -> Room:
    """Return the room, made if it is not there, in which all apps may be told."""
    with transaction.atomic():
        room, _ = Room.objects.get_or_create(slug=slug, defaults={"name": name or slug})
        ChatRoom.objects.get_or_create(
            platform="flow", external_id=slug, defaults={"name": room.name}
        )
    return room


def has_changed(room: Room) -> None:
    """Have live pages of this room ask for its posts again, once this is committed."""
    changes.record("flow.post", via="chat", topic=f"room-{room.pk}")
