"""What is said in chats outside: kept first, then handled by a worker, and answered there."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from bots import accounts, bells, outgoing, rooms, sayings, threads, tongue
from bots.hold import LEASE, Hold, free
from bots.language.identity import blanked
from bots.messages import Message
from bots.models import ChatConnection, ChatRoom, ChatThread, Incoming
from bots.portraits import outside
from bots.receive import receive
from bots.sayings import Acknowledgement
from bots.speaker import Speaker
from deployments.durability import redone_if_lost
from deployments.exceptions import DeploymentError
from deployments.services import comments, lifecycle, queue

SETTLED = timedelta(seconds=3)
CONTACT = timedelta(minutes=1)
HEAR = "bots.tasks.hear"
SIGNS = ".!"  # where a room allows them
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Said:
    """A message as its chat tells it, by the chat's own ids."""

    id: str
    text: str
    account: str
    account_name: str
    room: str
    room_name: str
    thread: str = ""
    direct: bool = False


def accept(connection: ChatConnection, said: Said) -> tuple[Incoming, bool]:
    """Keep a message and ring for a chat worker, in one transaction; say whether it is new.

    The same message delivered again is the one that is kept, whatever it says now.
    """
    with transaction.atomic():
        _note_contact(connection)
        row, is_new = Incoming.objects.get_or_create(
            connection=connection,
            external_id=said.id,
            defaults={
                "account": accounts.known(connection, said.account, said.account_name),
                "room": _room(connection, said),
                "thread": said.thread,
                "text": blanked(said.text.replace("\x00", "").strip(), tongue.verb()),
                "direct": said.direct,
            },
        )
        if is_new:
            queue.wake(HEAR, row.pk, cluster="chat")
    return row, is_new


def handle(row: Incoming) -> None:
    """Do what a message says, unless that was done.

    Its worker may die anywhere: deeds carry the message's key, and everything else happens in one
    transaction together with the mark that it was handled.
    """
    if not _take(row):
        return
    thread = _thread(row)
    speaker = _speaker(row, thread)
    with Hold(row):
        answer = _answer(row, speaker)
    with redone_if_lost(), transaction.atomic():
        waits = Incoming.objects.filter(pk=row.pk, handled_at=None)
        if waits.update(handled_at=timezone.now(), lease_until=None) != 1:
            return
        if answer is None or answer.is_guess:
            answer = _keep_comment(row, speaker) or answer
        if answer is not None and not _is_told_by_its_thread(answer, row, speaker):
            _reply(row, thread, answer, alone=_is_private(answer, row, speaker))


def waiting() -> Q:
    """Match messages that nobody has handled and nobody is handling."""
    return free() & Q(handled_at=None)


def ring_forgotten() -> None:
    """Ring again for messages whose bell was lost, or whose worker died over them."""
    settled = Incoming.objects.filter(waiting(), created_at__lt=timezone.now() - SETTLED)
    bells.ring_forgotten(HEAR, settled.order_by("pk").values_list("pk", flat=True)[:100])


def _take(row: Incoming) -> bool:
    taken = Incoming.objects.filter(waiting(), pk=row.pk)
    with redone_if_lost():
        return taken.update(lease_until=timezone.now() + LEASE) == 1


def _room(connection: ChatConnection, said: Said) -> ChatRoom:
    room, _ = ChatRoom.objects.get_or_create(
        connection=connection,
        external_id=said.room,
        defaults={
            "platform": connection.platform,
            "name": said.room_name or said.room,
            "direct": said.direct,
        },
    )
    return room


def _note_contact(connection: ChatConnection) -> None:
    """Note that it was heard of, though not with each message."""
    now = timezone.now()
    if connection.seen_at is None or connection.seen_at < now - CONTACT:
        ChatConnection.objects.filter(pk=connection.pk).update(seen_at=now)


def _thread(row: Incoming) -> ChatThread | None:
    if not row.thread:
        return None
    found = ChatThread.objects.select_related("deployment__environment__application")
    return found.filter(room=row.room, external_id=row.thread).first()


def _speaker(row: Incoming, thread: ChatThread | None) -> Speaker:
    return Speaker(
        person=accounts.person_of(row.account),
        via="chat",
        place=f"room:{row.room_id}:{row.thread}"[:200],
        key=f"in:{row.pk}",
        deployment=thread.deployment if thread else None,
        base=outside(),
        account=row.account,
        at=row.created_at,
    )


def _answer(row: Incoming, speaker: Speaker) -> Message | None:
    """Return what the bot says. A fault of ours is said too, and not tried for ever."""
    signs = SIGNS if row.room.signs else ""
    try:
        answer = receive(row.text, speaker, direct=row.direct, bare_lines=False, signs=signs)
    except (InterfaceError, OperationalError):
        raise  # the database may be away for a moment: whoever looks next tries again
    except Exception:
        # Whatever it is, a person waits for an answer.
        log.exception("Message %s could not be handled", row.pk)
        said = f"Shipmate failed over this; its log names message {row.pk}."
        return sayings.sorry(said, suggestions=["status"])
    if speaker.is_known or answer is None or _may_all_hear(row, speaker):
        return answer
    # A refusal may name what there is; what else is said quietly is about the stranger alone.
    names = answer.state in ("refused", "question") or not answer.quiet
    return sayings.stranger() if names else answer


def _may_all_hear(row: Incoming, speaker: Speaker) -> bool:
    """Return whether a stranger may hear of it too: what everybody in the room may hear."""
    return not row.room.direct and rooms.may_tell(row.room, speaker.about)


def _is_private(answer: Message, row: Incoming, speaker: Speaker) -> bool:
    return answer.quiet or not (row.room.direct or rooms.may_tell(row.room, speaker.about))


def _keep_comment(row: Incoming, speaker: Speaker) -> Message | None:
    """Keep talk in a deployment's thread with the deployment; a refusal is the answer."""
    if speaker.deployment is None or not speaker.is_known:
        return None
    try:
        comment = comments.add(speaker.deployment, speaker.person, row.text, via="chat")
    except DeploymentError as error:
        return sayings.sorry(str(error))
    threads.note_as_shown(comment, row.room)
    return None


def _is_told_by_its_thread(answer: Message, row: Incoming, speaker: Speaker) -> bool:
    """What was done to a deployment stands in its own thread: at the head, or as a step."""
    if not isinstance(answer, Acknowledgement) or row.room.direct:
        return False
    if speaker.deployment is not None:
        return True
    made = lifecycle.find_by_key(speaker.door)
    return made is not None and threads.rooms(made).filter(pk=row.room_id).exists()


def _reply(row: Incoming, thread: ChatThread | None, answer: Message, *, alone: bool) -> None:
    outgoing.queue_message(
        row.room,
        answer,
        key=f"answer:in:{row.pk}",
        thread=thread,
        reply_to=row.external_id,
        only_for=row.account.external_id if alone else "",
    )
