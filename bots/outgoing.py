"""Messages on their way out: kept in one table first, then sent in order, each once.

Whoever sends takes the thread (or the room, for what stands in no thread) by a lease, sends what
waits in the order of the ids, releases it and looks again. A message that could not be sent holds
up those behind it in its thread until it is given up; then they go on without it.
"""

from __future__ import annotations

import logging
import traceback
import zlib
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from bots import bells
from bots.hold import free
from bots.messages import Message, from_json, to_json
from bots.models import ChatRoom, ChatThread, Outgoing
from bots.platforms import platform
from bots.platforms.contract import Place, Platform, Undelivered
from bots.reasons import reason
from deployments import changes, rights
from deployments.models import Person
from deployments.services import queue

Lane = ChatRoom | ChatThread
State = Outgoing.State

LEASE = timedelta(seconds=30)  # longer than any call of a platform
SETTLED = timedelta(seconds=3)
ATTEMPTS = 10  # with these pauses, in about an hour
FIRST_PAUSE, GROWTH, LONGEST_PAUSE, LONGEST_REST = 2.0, 3.0, 900.0, 120.0  # seconds
DEADLINE = timedelta(days=1)
CONTACT = timedelta(minutes=1)  # so exactly is the last contact known
DELIVER_ROOM, DELIVER_THREAD = "bots.tasks.deliver_room", "bots.tasks.deliver_thread"
log = logging.getLogger(__name__)


class Lost(Exception):
    """Another worker has taken over: the lease had ended."""


# ---- For those who have something to say ----


def queue_message(
    room: ChatRoom,
    message: Message,
    *,
    key: str,
    thread: ChatThread | None = None,
    reply_to: str = "",
    only_for: str = "",
    author: Person | None = None,
) -> Outgoing:
    """Keep a message and ring for a chat worker, within the caller's transaction.

    The same key says it once. `thread`: it stands in that deployment's thread; `reply_to` and
    `only_for` are the platform's ids of the message that is answered and of the account that
    alone sees it; `author` is who said it, if not the bot.
    """
    fields = {
        "room": room,
        "thread": thread,
        "reply_to": reply_to,
        "only_for": only_for,
        "author": author,
        "message": to_json(message),
    }
    with transaction.atomic():
        row, is_new = Outgoing.objects.get_or_create(key=key, defaults=fields)
        if is_new:
            ring(thread or room)
    return row


def ring(lane: Lane) -> None:
    """Tell a chat worker that something waits there."""
    queue.wake(_task(lane), lane.pk, cluster="chat")


def deliver(lane: Lane) -> None:
    """Send what waits in a thread, or in a room outside of threads, unless somebody does."""
    while _take(lane):
        try:
            while (row := _next(lane)) is not None:
                _send(lane, row)
        except Lost:
            break
        finally:
            _mine(lane).update(lease_until=None)


def ring_due() -> None:
    """Ring for what is due: its bell was lost, its worker died, or its pause is over."""
    if not Outgoing.objects.filter(state=State.WAITING).exists():
        return
    _give_up_overdue()
    now = timezone.now()
    due = _ready().filter(Q(waits_since__lt=now - SETTLED) | Q(next_at__isnull=False))
    rooms = ChatRoom.objects.filter(free(), pk__in=due.filter(thread=None).values("room"))
    threads = ChatThread.objects.filter(free(), pk__in=due.values("thread"))
    for task, lanes in ((DELIVER_ROOM, rooms), (DELIVER_THREAD, threads)):
        bells.ring_forgotten(task, lanes.order_by("pk").values_list("pk", flat=True)[:100])


def send_again(rows: QuerySet[Outgoing], by: Person, *, via: str = "web") -> int:
    """Have messages that were given up wait anew; return how many. A Change tells of each room."""
    rights.require(by, "administer")
    with transaction.atomic():
        failed = list(rows.filter(state=State.FAILED).select_for_update(of=("self",)))
        anew = {"state": State.WAITING, "attempts": 0, "error": "", "next_at": None}
        chosen = Outgoing.objects.filter(pk__in=[row.pk for row in failed])
        chosen.update(**anew, version=F("version") + 1, waits_since=timezone.now())
        for room in ChatRoom.objects.filter(pk__in={row.room_id for row in failed}):
            keys = [row.key for row in failed if row.room_id == room.pk]
            changes.record(
                "outgoing.again",
                person=by,
                via=via,
                subject=f"{room.name} ({room.platform})",
                new=f"{len(keys)} {'message' if len(keys) == 1 else 'messages'}",
                note=", ".join(keys[:100]),
            )
            ChatRoom.objects.filter(pk=room.pk).update(rest_until=None)
        _ring_for(failed)
    return len(failed)


# ---- One thread, or one room ----


def _take(lane: Lane) -> bool:
    """Take it if something is due and nobody holds it; the epoch fences who held it before."""
    now = timezone.now()
    lane.refresh_from_db(fields=["epoch", "lease_until"])
    if (lane.lease_until and now <= lane.lease_until <= now + LEASE) or not _due(lane).exists():
        return False
    taken = _mine(lane).filter(free()).update(epoch=F("epoch") + 1, lease_until=now + LEASE) == 1
    lane.epoch += taken
    return taken


def _hold(lane: Lane) -> None:
    """Hold it for another while, before something is sent."""
    if _mine(lane).update(lease_until=timezone.now() + LEASE) != 1:
        raise Lost


def _mine(lane: Lane) -> QuerySet[ChatRoom] | QuerySet[ChatThread]:
    if isinstance(lane, ChatThread):
        return ChatThread.objects.filter(pk=lane.pk, epoch=lane.epoch)
    return ChatRoom.objects.filter(pk=lane.pk, epoch=lane.epoch)


def _next(lane: Lane) -> Outgoing | None:
    related = ("room__connection", "author", "thread__deployment")
    return _due(lane).select_related(*related).order_by("pk").first()


def _due(lane: Lane) -> QuerySet[Outgoing]:
    if isinstance(lane, ChatThread):
        return _ready().filter(thread=lane)
    return _ready().filter(room=lane, thread=None)


def _ready() -> QuerySet[Outgoing]:
    """Return what may go out now: nothing waits before it, its pause is over, its room is awake.

    Outside of threads only answers to the same account or message have an order among them.
    """
    now = timezone.now()
    before = Outgoing.objects.filter(
        state=State.WAITING, room=OuterRef("room"), pk__lt=OuterRef("pk")
    )
    beside = before.filter(
        thread=None, reply_to=OuterRef("reply_to"), only_for=OuterRef("only_for")
    )
    return Outgoing.objects.filter(
        Q(next_at=None) | Q(next_at__lte=now),
        Q(room__rest_until=None) | Q(room__rest_until__lte=now),
        ~Exists(before.filter(thread=OuterRef("thread"))),
        Q(thread__isnull=False) | ~Exists(beside),
        state=State.WAITING,
    )


# ---- One message ----


def _send(lane: Lane, row: Outgoing) -> None:
    speaks = platform(row.room.platform)
    try:
        if speaks.abilities.here:
            _send_here(lane, row, speaks)
        else:
            _send_outside(lane, row, speaks)
    except (Lost, InterfaceError, OperationalError):
        raise  # the database may be away for a moment: the sweeper has it done again
    except Exception as error:  # noqa: BLE001  whatever it is, others wait behind it
        if not isinstance(error, Undelivered):
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("Message %s failed: %s\n%s", row.pk, type(error).__name__, where)
        _note_failure(row, error)


def _send_here(lane: Lane, row: Outgoing, speaks: Platform) -> None:
    """Say it and note that it was said, at once; who has lost the lease says nothing."""
    row.attempts += 1
    with transaction.atomic():
        _hold(lane)
        _note_sent(row, _say(row, speaks))


def _send_outside(lane: Lane, row: Outgoing, speaks: Platform) -> None:
    """Say it there. The attempt is counted before, so that none kills workers for ever."""
    _hold(lane)
    if row.attempts >= ATTEMPTS:
        raise Undelivered("Each worker that tried to send it has died.", permanent=True)
    row.attempts += 1
    Outgoing.objects.filter(pk=row.pk).update(attempts=row.attempts)
    sent = _say(row, speaks)
    with transaction.atomic():
        if row.is_head and _may_be_old(lane, row):
            _refresh(row)
        _note_sent(row, sent)
    _note_contact(row.room)


def _say(row: Outgoing, speaks: Platform) -> str:
    """Send it, or bring up to date what was sent; return its id there."""
    able, message = speaks.abilities, from_json(row.message)
    thread = row.thread.external_id if row.thread and able.threads else ""
    place = Place(row.room.external_id, thread, row.reply_to, row.only_for, row.room.connection)
    if not row.external_id:
        begins = row.thread.deployment if row.is_head and row.thread else None
        return speaks.send(place, message, key=row.key, deployment=begins, author=row.author)
    if able.edits:
        speaks.edit(place, row.external_id, message)
    return row.external_id


def _may_be_old(lane: Lane, row: Outgoing) -> bool:
    """Return whether older words may stand there than those that were just given.

    An attempt before this one may have arrived unconfirmed, and a key counts once; or this edit
    came after the edit of who has taken over.
    """
    if row.external_id:
        return not _mine(lane).exists()
    return row.attempts > 1 or row.version > 0


def _refresh(row: Outgoing) -> None:
    """Have the head say once more what is so now."""
    again = {"state": State.WAITING, "attempts": 0, "next_at": None, "waits_since": timezone.now()}
    Outgoing.objects.filter(pk=row.pk).update(version=F("version") + 1, **again)


def _note_sent(row: Outgoing, sent: str) -> None:
    """Note it; what has changed in between goes on waiting, and knows what it has to edit."""
    done: dict[str, Any] = {
        "state": State.SENT,
        "sent_at": timezone.now(),
        "error": "",
        "next_at": None,
    }
    if row.only_for:
        done["message"] = {}  # what one account alone may see is not kept
    rows = Outgoing.objects.filter(pk=row.pk)
    as_it_was = rows.filter(version=row.version)
    if not as_it_was.update(**done, attempts=row.attempts, external_id=sent):
        rows.update(external_id=sent)
    if row.is_head and not row.external_id and row.thread_id:
        ChatThread.objects.filter(pk=row.thread_id).update(external_id=sent)


def _note_failure(row: Outgoing, error: Exception) -> None:
    """Try again after a while, longer each time, or give it up."""
    permanent, asked = getattr(error, "permanent", False), getattr(error, "after", 0.0)
    over = permanent or row.attempts >= ATTEMPTS
    wait = max(pause(row.key, row.attempts), asked)
    # Nothing, where it was sent meanwhile or says something else now.
    same = Outgoing.objects.filter(pk=row.pk, version=row.version, state=State.WAITING)
    same.filter(attempts__lte=row.attempts).update(
        state=State.FAILED if over else State.WAITING,
        attempts=row.attempts,
        error=reason(error, row.room.connection),
        next_at=None if over else timezone.now() + timedelta(seconds=wait),
    )
    if isinstance(error, Undelivered) and not permanent:
        _rest(row.room, asked)


def pause(key: str, attempt: int) -> float:
    """Return the seconds until the next attempt: more each time, and others for each message."""
    seconds = min(FIRST_PAUSE * GROWTH ** (attempt - 1), LONGEST_PAUSE)
    return seconds * (0.75 + zlib.crc32(f"{key}:{attempt}".encode()) / 2**33)


def _rest(room: ChatRoom, asked: float) -> None:
    """Leave a room that is away alone for a while: one call at a time finds out when it is back."""
    seconds = max(min(pause(room.external_id, min(room.failures + 1, 9)), LONGEST_REST), asked)
    until = timezone.now() + timedelta(seconds=seconds)
    ChatRoom.objects.filter(pk=room.pk).update(failures=F("failures") + 1, rest_until=until)


def _note_contact(room: ChatRoom) -> None:
    """Note that the room was reached, though not with each message."""
    now = timezone.now()
    if room.failures or room.reached_at is None or room.reached_at < now - CONTACT:
        contact = {"reached_at": now, "failures": 0, "rest_until": None}
        ChatRoom.objects.filter(pk=room.pk).update(**contact)


def _give_up_overdue() -> None:
    """Nothing waits for ever; what is given up stays, and can be sent again."""
    overdue = Outgoing.objects.filter(
        state=State.WAITING, waits_since__lt=timezone.now() - DEADLINE
    )
    said = Case(
        When(error="", then=Value("It could not be sent within a day.")), default=F("error")
    )
    overdue.update(state=State.FAILED, error=said, next_at=None)


def _ring_for(rows: list[Outgoing]) -> None:
    """Ring once for each thread or room; what are more than a hundred the sweeper rings for."""
    lanes = {(_kind(row), row.thread_id or row.room_id) for row in rows}
    for task, number in sorted(lanes)[:100]:
        queue.wake(task, number, cluster="chat")


def _kind(row: Outgoing) -> str:
    return DELIVER_THREAD if row.thread_id else DELIVER_ROOM


def _task(lane: Lane) -> str:
    return DELIVER_THREAD if isinstance(lane, ChatThread) else DELIVER_ROOM
