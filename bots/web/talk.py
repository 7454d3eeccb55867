"""What a room and a thread show, a page at a time. Query counts do not grow with rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.db.models import (
    Count,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)
from django.utils import timezone
from django.utils.safestring import SafeString

from bots import bare, keeping, mentions, withheld
from bots.handlers import asking
from bots.language import parse
from bots.language.commands import Command
from bots.messages import Message, from_json
from bots.models import Post, PostMention, Room
from bots.rendering import html
from deployments.models import Deployment, Person

SHOWN = 50  # on a page
STEPS = 100  # of a deployment
SAID_TO_THE_BOT = (*bare.STRONG, "status", "help")
LONGEST_LINE = 400  # letters; what is longer is talk
STEP = "step:"  # the keys of what the bot adds to a thread
LATEST = 200  # at once, to a page that was asleep
RELATED = (
    "person",
    "deployment__environment__application",
    "deployment__environment__current",
    "deployment__person",
    "deployment__previous",
    "deployment__stop_by",
)
NAMED = Prefetch("mentions", PostMention.objects.select_related("person"))
TOLD = Prefetch(
    "deployment",
    Deployment.objects.select_related("environment__application").only(
        "person_id",
        "status",
        "environment__name",
        "environment__deploys",
        "environment__application__name",
    ),
)


@dataclass(frozen=True)
class Said:
    """A post as it is drawn: a person's words, or the bot's message in pieces of safe HTML."""

    post: Post
    payload: html.Payload | None
    is_step: bool  # a line of the activities, without a face
    words: SafeString
    replies: int = 0  # of people; what the bot adds is not counted
    asks: bool = False  # has buttons that one answer takes away
    is_line: bool = False  # said to the bot, not to people
    is_kept: bool = False  # by the reader
    kept_from: str = ""  # who can say what its buttons say, where the reader may not

    @property
    def day(self) -> date:
        """Return the day on which it was said, where the reader is."""
        return timezone.localdate(self.post.created_at)

    @property
    def day_name(self) -> str:
        today = timezone.localdate()
        near = {today: "Today", today - timedelta(days=1): "Yesterday"}
        year = "" if self.day.year == today.year else f" {self.day.year}"
        return near.get(self.day) or f"{self.day:%A}, {self.day.day} {self.day:%B}{year}"


@dataclass(frozen=True)
class Page:
    """Some posts in the order in which they were said."""

    posts: list[Said] = field(default_factory=list)
    older: int = 0  # the post before which the next page ends; 0: there is none
    new_from: int = 0  # the first post that the reader has not seen; 0: none
    is_newest: bool = True

    @property
    def last(self) -> int:
        return self.posts[-1].post.pk if self.posts else 0


def said(
    post: Post,
    reader: Person,
    codes: Collection[str] = (),
    kept: Collection[int] = (),
    replies: int = 0,
    kept_from: str = "",
) -> Said:
    """Return how a post is drawn; a question has buttons while its code is among the open ones."""
    message = _with_open_buttons(post, codes) if post.message else None
    return Said(
        post,
        html.render(message) if message else None,
        is_step=message is not None and (post.key or "").startswith(STEP),
        words=mentions.drawn(post.text, _named(post), reader),
        replies=replies,
        asks=bool(message and message.asks and message.buttons),
        is_line=_is_line(post),
        is_kept=post.pk in kept,
        kept_from=kept_from,
    )


def threaded(root: Post, reader: Person) -> Said:
    """Return a thread's first post with the present facts of its deployment."""
    found = Post.objects.select_related(*RELATED).get(pk=root.pk)
    kept_from = _kept_from([found], reader).get(found.pk, "")
    return said(found, reader, kept=keeping.among(reader, [found]), kept_from=kept_from)


def posts(room: Room, root: Post | None, person: Person, *, before: int = 0, read: int = 0) -> Page:
    """Return the newest posts that this person may read, or those before a post.

    `read` is the newest post that they have seen: what others said after it is new.
    """
    rows = _readable(room, root, person).exclude(_steps())
    if before:
        rows = rows.filter(pk__lt=before)
    newest = list(rows.order_by("-pk")[: SHOWN + 1])
    shown = newest[:SHOWN][::-1]
    drawn = _said(shown, person)
    fresh = (post.pk for post in shown if post.pk > read and _is_news(post, person))
    return Page(
        drawn,
        older=shown[0].pk if len(newest) > SHOWN else 0,
        new_from=next(fresh, 0) if read else 0,
        is_newest=not before,
    )


def steps(root: Post, person: Person) -> list[Said]:
    """Return the activities of a thread's deployment, in order."""
    rows = _readable(root.room, root, person).filter(_steps()).order_by("-pk")[:STEPS]
    return [said(post, person) for post in reversed(rows)]


def these(
    room: Room, root: Post | None, person: Person, numbers: Sequence[int], after: int | None
) -> list[Said]:
    """Return the posts that a live page heard of, and what came after the last one it has."""
    asked = Q(pk__in=numbers)
    if after is not None:
        asked |= Q(pk__gt=after)
    return _said(list(_readable(room, root, person).filter(asked).order_by("pk")[:LATEST]), person)


def _readable(room: Room, root: Post | None, person: Person) -> QuerySet[Post]:
    mine = Q(only_for=None) | Q(only_for=person)  # the room was found for them
    return Post.objects.filter(mine, room=room, parent=root).select_related("person")


def _steps() -> Q:
    return Q(key__startswith=STEP, person=None)


def _is_news(post: Post, person: Person) -> bool:
    """Return what bots.reading counts as new, of a post at hand."""
    if post.deployment is not None:
        return post.deployment.person_id != person.pk
    return post.person_id not in (None, person.pk)


def _said(rows: list[Post], person: Person) -> list[Said]:
    """Draw posts. What few of them have is asked for only if one of them has it."""
    is_asked = any(post.message and post.message.get("state") == "question" for post in rows)
    codes = asking.open_codes(person) if is_asked else frozenset[str]()
    prefetch_related_objects([post for post in rows if "@" in post.text], NAMED)
    kept = keeping.among(person, rows)
    roots = [post for post in rows if post.deployment_id is not None]
    prefetch_related_objects(roots, TOLD)
    counts = replies(roots) if roots else {}
    kept_from = _kept_from(rows, person)
    return [
        said(post, person, codes, kept, counts.get(post.pk, 0), kept_from.get(post.pk, ""))
        for post in rows
    ]


def _kept_from(rows: list[Post], reader: Person) -> dict[int, str]:
    """Say of each post whose buttons the reader may not press who can."""
    told = {post.pk: post.deployment for post in rows if post.deployment is not None}
    by_deployment = withheld.of_each(told.values(), reader) if told else {}
    found = {pk: by_deployment[one.pk] for pk, one in told.items() if one.pk in by_deployment}
    offering = [post.pk for post in rows if post.pk not in told and _offers(post)]
    everywhere = withheld.from_everywhere(reader) if offering else ""
    return found | dict.fromkeys(offering if everywhere else [], everywhere)


def _offers(post: Post) -> bool:
    buttons = (post.message or {}).get("buttons", ())
    return any(withheld.acts(button["line"]) for button in buttons)


def replies(roots: Sequence[Post]) -> dict[int, int]:
    """Count what people said; what the bot adds is not counted."""
    found = Post.objects.filter(
        parent__in=[post.pk for post in roots], only_for=None, person__isnull=False
    )
    return dict(found.order_by().values_list("parent").annotate(Count("pk")))


def _is_line(post: Post) -> bool:
    """Return whether a person said a line of the language, as far as the words alone tell."""
    if post.person_id is None or len(post.text) > LONGEST_LINE or "\n" in post.text:
        return False
    first = post.text.split(" ")[0].lower().partition(":")[0].strip("!/")
    is_strong = first in SAID_TO_THE_BOT
    in_thread = post.parent_id is not None
    meant = parse(post.text, addressed=is_strong, in_thread=in_thread, asked=lambda: True)
    return isinstance(meant, Command)


def _named(post: Post) -> list[Person]:
    """Return who is named in a post; of those on a page they are fetched together."""
    return [mention.person for mention in post.mentions.all()] if "@" in post.text else []


def _with_open_buttons(post: Post, codes: Collection[str]) -> Message:
    message = from_json(post.message or {})
    if message.asks and message.buttons[0].line.split()[-1] not in codes:
        return replace(message, buttons=())
    return message
