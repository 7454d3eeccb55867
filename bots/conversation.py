"""The built-in chat: what people say is kept first, then handled by a worker, and answered."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from bots import bells, mentions, rooms, sayings, threads, tongue
from bots.hold import LEASE, Hold, free
from bots.language.identity import blanked
from bots.messages import Message, to_json
from bots.models import Post, Room
from bots.receive import receive
from bots.rendering import plain
from bots.sayings import Acknowledgement
from bots.speaker import Speaker
from deployments import typed
from deployments.durability import redone_if_lost
from deployments.exceptions import DeploymentError, Invalid
from deployments.models import Person
from deployments.services import comments, lifecycle, queue

LONGEST = 10_000
SETTLED = timedelta(seconds=3)
HANDLE = "bots.tasks.handle"
log = logging.getLogger(__name__)


def say(
    person: Person, room: Room, text: str, *, parent: Post | None = None, key: str = ""
) -> Post:
    """Keep what a person says and ring for a chat worker, in one transaction.

    The same key says it once.
    """
    said = blanked(typed.lines(text), tongue.verb())
    if not said or len(said) > LONGEST:
        raise Invalid(f"A message has between 1 and {LONGEST:,} characters.")
    unique = f"said:{person.pk}:{key}"[:100] if key else None
    try:
        with transaction.atomic():
            post = Post.objects.create(
                room=room, parent=parent, person=person, text=said, key=unique
            )
            mentions.note(post)
            rooms.has_changed(post)
            queue.wake(HANDLE, post.pk, cluster="chat")
    except IntegrityError:
        known = Post.objects.filter(key=unique).first() if unique else None
        if known is None:
            raise
        return known
    return post


def handle(post: Post) -> None:
    """Do what a post says, unless that was done.

    Its worker may die anywhere: deeds carry the post's key, and everything else happens in one
    transaction together with the mark that it was handled.
    """
    if not _take(post):
        return
    speaker = _speaker(post)
    with Hold(post):
        answer = _answer(post, speaker)
    with redone_if_lost(), transaction.atomic():
        waits = Post.objects.filter(pk=post.pk, handled_at=None)
        if waits.update(handled_at=timezone.now(), lease_until=None) != 1:
            return
        if answer is None or answer.is_guess:
            answer = _keep_comment(post) or answer
        if answer is not None and not _is_told_by_its_thread(answer, post):
            _reply(post, answer, alone=answer.quiet or not _may_be_heard(post, speaker))


def waiting() -> Q:
    """Match people's posts that nobody has handled and nobody is handling."""
    return free() & Q(handled_at=None, person__isnull=False)


def ring_forgotten() -> None:
    """Ring again for posts whose bell was lost, or whose worker died over them."""
    settled = Post.objects.filter(waiting(), created_at__lt=timezone.now() - SETTLED)
    bells.ring_forgotten(HANDLE, settled.order_by("pk").values_list("pk", flat=True)[:100])


def _take(post: Post) -> bool:
    taken = Post.objects.filter(waiting(), pk=post.pk)
    with redone_if_lost():
        return taken.update(lease_until=timezone.now() + LEASE) == 1


def _answer(post: Post, speaker: Speaker) -> Message | None:
    """Return what the bot says to a post. A fault of ours is said too, and not tried for ever."""
    try:
        return receive(post.text, speaker, direct=False)
    except (InterfaceError, OperationalError):
        raise  # the database may be away for a moment: whoever looks next tries again
    except Exception:
        # Whatever it is, a person waits for an answer.
        log.exception("Post %s could not be handled", post.pk)
        said = f"Shipmate failed over this; its log names post {post.pk}. What it did may be seen: "
        return sayings.sorry(said, suggestions=["status"])


def _speaker(post: Post) -> Speaker:
    thread = post.parent
    return Speaker(
        person=post.person,  # type: ignore[arg-type]  # waiting() gives people's posts only
        via="chat",
        place=f"flow:{post.room_id}:{post.parent_id or ''}",
        key=f"post:{post.pk}",
        deployment=thread.deployment if thread else None,
        at=post.created_at,
    )


def _keep_comment(post: Post) -> Message | None:
    """Keep talk in a deployment's thread with the deployment; a refusal is the answer."""
    deployment = post.parent.deployment if post.parent else None
    if deployment is None or post.person is None:
        return None
    try:
        comment = comments.add(deployment, post.person, post.text, via="chat")
    except DeploymentError as error:
        return sayings.sorry(str(error))
    threads.note_as_shown(comment, rooms.chat_room(post.room))
    return None


def _reply(post: Post, answer: Message, *, alone: bool) -> None:
    reply = Post.objects.create(
        key=f"answer:{post.pk}",
        room=post.room,
        parent=post.parent,
        only_for=post.person if alone else None,
        text=plain.words(answer.parts),
        message=to_json(answer),
        handled_at=timezone.now(),
    )
    rooms.has_changed(reply)


def _may_be_heard(post: Post, speaker: Speaker) -> bool:
    """Return whether everybody in the room may hear of the apps that an answer is about."""
    return rooms.may_hear(post.room, speaker.about)


def _is_told_by_its_thread(answer: Message, post: Post) -> bool:
    """What was done to a deployment stands in its own thread: at the head, or as a step."""
    if not isinstance(answer, Acknowledgement) or post.parent is not None:
        return isinstance(answer, Acknowledgement)
    made = lifecycle.find_by_key(_speaker(post).door)
    if made is None:
        return False
    return threads.rooms(made).filter(platform="flow", external_id=post.room.slug).exists()
