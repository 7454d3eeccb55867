"""How far a person has read, and what is new to them.

New is what other people said, and the deployments that they began. What the bot answers, and the
steps of a deployment, stand at its sign and are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bots import mentions
from bots.models import Post, PostMention, ReadMark, Room
from bots.rooms import in_rooms_for, rooms_for
from deployments.models import Person


@dataclass(frozen=True)
class Known:
    room: Room
    new: int


def mark(person: Person, room: Room, thread: Post | None, last: int) -> None:
    """Note that the person has seen a room, or a thread of it, up to this post. Never back."""
    newest = Post.objects.filter(room=room, parent=thread).aggregate(pk=Max("pk"))["pk"] or 0
    seen = min(last, newest)
    kept, is_new = ReadMark.objects.get_or_create(
        person=person, room=room, thread=thread, defaults={"last": seen}
    )
    if not is_new:
        ReadMark.objects.filter(pk=kept.pk, last__lt=seen).update(last=seen)


def last_read(person: Person, room: Room, thread: Post | None) -> int:
    """Return the newest post that the person has seen there."""
    marks = ReadMark.objects.filter(person=person, room=room, thread=thread)
    return marks.values_list("last", flat=True).first() or 0


def rooms(person: Person) -> list[Known]:
    """Return the rooms, each with the number of posts in it that are new."""
    begun = Q(deployment__isnull=False) & ~Q(deployment__person=person)
    marks = ReadMark.objects.filter(person=person, room=OuterRef(OuterRef("pk")), thread=None)
    fresh = Post.objects.filter(
        _by_others(person) | begun, _after(marks, person), room=OuterRef("pk"), parent=None
    )
    counted = rooms_for(person).annotate(new=_count(fresh, "room"))
    return [Known(room, room.new) for room in counted]


def replies_unread(person: Person) -> QuerySet[Post]:
    """Return what other people said in the outer query's thread and the person has not seen."""
    marks = ReadMark.objects.filter(person=person, thread=OuterRef(OuterRef("pk")))
    fresh = Post.objects.filter(_by_others(person), _after(marks, person), parent=OuterRef("pk"))
    return fresh.order_by()


def new_in_thread(person: Person) -> Coalesce:
    """Count what is new in the thread of each first post."""
    return _count(replies_unread(person), "parent")


def threads_unread(person: Person) -> int:
    """Count the deployments in whose threads something is new."""
    mine = in_rooms_for(person)
    found = Post.objects.filter(mine, Exists(replies_unread(person)), deployment__isnull=False)
    return int(found.aggregate(count=Count("deployment", distinct=True))["count"])


def mentions_unread(person: Person) -> QuerySet[PostMention]:
    """Return where the person is named and has not looked."""
    room_marks = ReadMark.objects.filter(person=person, room=OuterRef("post__room"), thread=None)
    marks = ReadMark.objects.filter(person=person, thread=OuterRef("post__parent"))
    in_room = Q(post__parent=None, post_id__gt=Coalesce(_last(room_marks), 0))
    in_thread = Q(post__parent__isnull=False, post_id__gt=Coalesce(_last(marks), 0))
    seen = mentions.seen_by(person).exclude(post__person=F("person"))
    return seen.filter(in_room | in_thread)


def _by_others(person: Person) -> Q:
    return Q(person__isnull=False) & ~Q(person=person)


def _after(marks: QuerySet[ReadMark], person: Person) -> Q:
    """Match what came after the mark, which is looked up for the place and not for each post."""
    return Q(pk__gt=Coalesce(_last(marks), 0), created_at__gt=person.date_joined)


def _last(marks: QuerySet[ReadMark]) -> Subquery:
    return Subquery(marks.values("last")[:1])


def _count(posts: QuerySet[Post], by: str) -> Coalesce:
    counted = posts.order_by().values(by).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)
