"""Posts that people keep to come back to. Whoever keeps one keeps it for themselves alone."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from bots import rooms
from bots.models import Kept, Post
from deployments.exceptions import NotFound
from deployments.models import Person


def keep(person: Person, number: int) -> Post:
    post = _readable(person).filter(pk=number).first()
    if post is None:
        raise NotFound("There is no such post that you may read.")
    Kept.objects.get_or_create(person=person, post=post)
    return post


def drop(person: Person, number: int) -> Post | None:
    """Keep it no longer; return it, if it is still there."""
    Kept.objects.filter(person=person, post=number).delete()
    return _readable(person).filter(pk=number).first()


def kept_by(person: Person) -> QuerySet[Kept]:
    """Return what the person keeps, what was kept last first."""
    return Kept.objects.filter(rooms.readable(person, "post__"), person=person)


def among(person: Person, posts: Collection[Post]) -> frozenset[int]:
    """Return the numbers of those posts that the person keeps."""
    numbers = [post.pk for post in posts]
    return frozenset(kept_by(person).filter(post__in=numbers).values_list("post", flat=True))


def _readable(person: Person) -> QuerySet[Post]:
    return Post.objects.filter(rooms.readable(person)).select_related("room", "parent")
