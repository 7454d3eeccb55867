"""What a room, a thread and the inbox show. Query counts do not grow with rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from django.db.models import Count, Q, QuerySet

from bots.handlers import asking
from bots.messages import Message, from_json
from bots.models import Post, Room
from bots.rendering import html
from deployments.models import Deployment, Person
from deployments.web.looks import Look, look_of

SHOWN = 200  # the newest posts
INBOX = 50  # the newest threads
REPLIES = Count("replies", filter=Q(replies__only_for=None))
RELATED = (
    "person",
    "deployment__environment__application",
    "deployment__environment__current",
    "deployment__person",
    "deployment__previous",
    "deployment__stop_by",
)


@dataclass(frozen=True)
class Said:
    """A post as it is drawn: a person's words, or the bot's message in pieces of safe HTML."""

    post: Post
    payload: html.Payload | None
    is_step: bool  # one line among the replies, without a face
    replies: int = 0


@dataclass(frozen=True)
class Thread:
    """A deployment's thread in the inbox: its state now, and how lively it is."""

    post: Post
    deployment: Deployment
    look: Look
    replies: int
    people: list[str] = field(default_factory=list)


def said(post: Post, codes: Collection[str] = ()) -> Said:
    """Return how a post is drawn; a question has buttons while its code is among the open ones."""
    payload = html.render(_with_open_buttons(post, codes)) if post.message else None
    step = payload is not None and (post.key or "").startswith("step:")
    return Said(post, payload, step, getattr(post, "count", 0))


def threaded(root: Post) -> Said:
    """Return a thread's first post with the present facts of its deployment."""
    return said(Post.objects.select_related(*RELATED).get(pk=root.pk))


def posts(room: Room, root: Post | None, person: Person) -> list[Said]:
    """Return the newest posts of a room, or of a thread, that this person may read."""
    mine = Q(only_for=None) | Q(only_for=person)
    rows = Post.objects.filter(mine, room=room, parent=root).select_related(*RELATED)
    newest = rows.annotate(count=REPLIES).order_by("-pk")[:SHOWN]
    codes = asking.open_codes(person)
    return [said(post, codes) for post in reversed(newest)]


def inbox(room: Room) -> list[Thread]:
    """Return the deployments' threads, newest first."""
    rows = (
        Post.objects.filter(room=room, parent=None, deployment__isnull=False)
        .select_related(*RELATED)
        .annotate(count=REPLIES)
        .order_by("-deployment_id")[:INBOX]
    )
    names = _speakers(rows)
    return [
        Thread(post, post.deployment, look_of(post.deployment), post.count, names.get(post.pk, []))
        for post in rows
        if post.deployment is not None
    ]


def _with_open_buttons(post: Post, codes: Collection[str]) -> Message:
    message = from_json(post.message or {})
    if message.asks and message.buttons[0].line.split()[-1] not in codes:
        return replace(message, buttons=())
    return message


def _speakers(rows: QuerySet[Post]) -> dict[int, list[str]]:
    """Return who spoke in each thread, in one query."""
    talk = Post.objects.filter(parent__in=[post.pk for post in rows], person__isnull=False)
    pairs = (
        talk.order_by("parent", "person__username")
        .values_list("parent", "person__name", "person__username")
        .distinct()
    )
    names: dict[int, list[str]] = {}
    for parent, name, username in pairs:
        if parent is not None:
            names.setdefault(parent, []).append((name or username).split()[0])
    return names
