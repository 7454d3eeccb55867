"""Rooms of the built-in chat, and the apps that may be told in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from bots.models import ChatRoom, Post, Room
from deployments import changes, rights, typed
from deployments.exceptions import Invalid
from deployments.models import Application, Person
from deployments.models.names import slug as check_slug


def make(slug: str, name: str = "") -> Room:
    """Return the room, made if it is not there, in which all apps may be told."""
    with transaction.atomic():
        room, _ = Room.objects.get_or_create(slug=slug, defaults={"name": name or slug})
        ChatRoom.objects.get_or_create(
            platform="flow", external_id=slug, defaults={"name": room.name}
        )
    return room


def add(slug: str, name: str, applications: Collection[Application], by: Person) -> Room:
    """Make a room that is not there yet."""
    rights.require(by, "configure")
    try:
        check_slug(slug)
    except ValidationError as error:
        raise Invalid(f"“{slug}” is no name for a room. {error.message}") from None
    if "." in slug:
        raise Invalid(f"“{slug}” is no name for a room: it stands in addresses without dots.")
    if Room.objects.filter(slug=slug).exists():
        raise Invalid(f"There is a room called “{slug}” already.")
    with transaction.atomic():
        room = make(slug, typed.line(name))
        _tell_only(room, applications)
        _record("room.added", room, by)
    return room


def change(room: Room, name: str, applications: Collection[Application], by: Person) -> None:
    """Name the room, and say which apps may be told in it; none named: all."""
    rights.require(by, "configure")
    said = typed.line(name)
    if not said:
        raise Invalid("A room needs a name.")
    with transaction.atomic():
        old = _told(room)
        make(room.slug)
        Room.objects.filter(pk=room.pk).update(name=said)
        ChatRoom.objects.filter(platform="flow", external_id=room.slug).update(name=said)
        _tell_only(room, applications)
        _record("room.changed", room, by, old=old)


def rooms_for(person: Person) -> QuerySet[Room]:
    """Return the rooms that the person may read: those in which only apps are told that they see.

    A room in which all apps may be told is for those who see all.
    """
    seen = rights.seen(person)
    if seen is None:
        return Room.objects.all()
    told = ChatRoom.applications.through.objects.filter(
        chatroom__platform="flow", chatroom__external_id=OuterRef("slug")
    )
    return Room.objects.filter(Exists(told), ~Exists(told.exclude(application__in=seen)))


def readable(person: Person, to: str = "") -> Q:
    """Match posts that the person may read; `to`: the way to them from the rows that are asked."""
    public = Q(**{f"{to}only_for": None}) | Q(**{f"{to}only_for": person})
    return public & in_rooms_for(person, to)


def in_rooms_for(person: Person, to: str = "") -> Q:
    """Match posts in rooms that the person may read; whoever may read all is asked nothing."""
    return Q() if rights.seen(person) is None else Q(**{f"{to}room__in": rooms_for(person)})


def chat_room(room: Room) -> ChatRoom | None:
    """Return the room as the platforms know it; deployments are told only in such rooms."""
    return ChatRoom.objects.filter(platform="flow", external_id=room.slug).first()


def told_in(room: Room) -> list[Application]:
    """Return the apps that alone may be told in the room; none: all."""
    known = chat_room(room)
    return list(known.applications.order_by("name")) if known else []


def may_tell(room: ChatRoom | None, about: Collection[int]) -> bool:
    """Return whether what concerns these apps may be told in the room.

    Where only some apps may be told, what concerns none of them by name may not: it could be about
    all of them.
    """
    return _is_within(about, room.applications.values_list("pk", flat=True) if room else ())


def may_hear(room: Room, about: Collection[int]) -> bool:
    """Return the same of a room of the built-in chat."""
    known = ChatRoom.objects.filter(platform="flow", external_id=room.slug)
    told = known.filter(applications__isnull=False).values_list("applications", flat=True)
    return _is_within(about, told)


def _is_within(about: Collection[int], apps: Iterable[int]) -> bool:
    told = set(apps)
    return not told or (bool(about) and told.issuperset(about))


def has_changed(post: Post) -> None:
    """Have live pages ask for this post again, once this is committed."""
    subject = f"{post.parent_id}/{post.pk}" if post.parent_id else str(post.pk)
    verb = "flow.thread" if post.parent_id or post.deployment_id else "flow.post"
    changes.record(verb, via="chat", topic=f"room-{post.room_id}", subject=subject)


def _tell_only(room: Room, applications: Collection[Application]) -> None:
    for known in ChatRoom.objects.filter(platform="flow", external_id=room.slug):
        known.applications.set(applications)


def _told(room: Room) -> str:
    return ", ".join(app.name for app in told_in(room)) or "all apps"


def _record(verb: str, room: Room, by: Person, old: str = "") -> None:
    changes.record(
        verb, person=by, via="web", subject=room.slug, topic="rooms", old=old, new=_told(room)
    )
