"""One thread per deployment and room, brought up to date from what is, not from what was sent.

What is new is put on its way out (outgoing.py) in the transaction that marks it as shown: so it
does not matter whether news comes twice, late or never, or to several workers at once.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from bots import bells, outgoing, sayings, steps
from bots.messages import to_json
from bots.models import ChatRoom, ChatThread, Outgoing
from bots.platforms import platform
from bots.portraits import outside, portrait
from bots.sentences import DeploymentView
from deployments.models import Change, Comment, Deployment
from deployments.services import queue

SETTLED = timedelta(seconds=3)
LONGEST_TRANSACTION = timedelta(minutes=10)
TELL = "bots.tasks.tell"
TOLD = (
    "deployment.status",
    "deployment.approval",
    "deployment.approved",
    "deployment.stopping",
    "deployment.doubt",
    "deployment.merged",
    "deployment.waits",
    "deployment.paused",
    "deployment.went_on",
    "deployment.undone",
    "deployment.taken_over",
    "deployment.comment",
    "deployment.check_failed",
    "deployment.check_missing",
)


def follow(change: Change) -> None:
    """Ring for a chat worker when something happened to a deployment."""
    if change.deployment_id is not None and change.verb in TOLD:
        queue.wake(TELL, change.deployment_id, cluster="chat")


def bring_up_to_date(deployment: Deployment) -> None:
    """Tell each room that tells the deployment's application. Nobody waits for rooms outside."""
    for room in rooms(deployment):
        thread, _ = ChatThread.objects.get_or_create(room=room, deployment=deployment)
        thread.room = room
        is_behind = _compose(thread)
        if platform(room.platform).abilities.here:
            outgoing.deliver(thread)
        elif is_behind:
            outgoing.ring(thread)


def rooms(deployment: Deployment) -> QuerySet[ChatRoom]:
    """Return the rooms in which the application may be told."""
    app = deployment.environment.application_id
    told = Q(applications=None) | Q(applications=app)
    return ChatRoom.objects.filter(told, direct=False).distinct()


def ring_behind() -> None:
    """Ring for threads that lack a change: their bell was lost, or their worker died."""
    newest = Change.objects.order_by("-pk").values("pk")[:1]
    for room in ChatRoom.objects.filter(direct=False, told__lt=Subquery(newest)):
        missing = _behind(room)
        numbers = missing.order_by("deployment").values_list("deployment", flat=True).distinct()
        bells.ring_forgotten(TELL, numbers[:100])
        first = missing.values_list("pk", flat=True).first()
        _note_told(room, first)


def note_as_shown(comment: Comment, room: ChatRoom | None) -> None:
    """Note, in the transaction that makes the comment, in which room's thread it was said."""
    if room is not None:
        thread, _ = ChatThread.objects.get_or_create(room=room, deployment=comment.deployment)
        said = {"verb": "deployment.comment", "subject": str(comment.pk)}
        thread.shown.add(*Change.objects.filter(deployment=comment.deployment_id, **said))


# ---- One thread ----


def _compose(thread: ChatThread) -> bool:
    """Put what is new on its way out, together with the mark that it was; return if anything is.

    The steps are read before the state: the head is never older than the last step below it.
    """
    if not _unshown(thread).exists():
        return False
    with transaction.atomic():
        # One at a time: others wait here, and then find nothing.
        ChatThread.objects.select_for_update().get(pk=thread.pk)
        news = list(_unshown(thread).select_related("person"))
        if news:
            deployment = _read(thread)
            _compose_head(thread, deployment)
            _compose_steps(thread, deployment, news)
            thread.shown.add(*news)
    return bool(news)


def _unshown(thread: ChatThread) -> QuerySet[Change]:
    told = Change.objects.filter(deployment=thread.deployment_id, verb__in=TOLD)
    return told.exclude(_is_shown(chatthread=thread.pk)).order_by("pk")


def _is_shown(**where: object) -> Exists:
    shown = ChatThread.shown.through.objects
    return Exists(shown.filter(change=OuterRef("pk"), **where))


def _behind(room: ChatRoom) -> QuerySet[Change]:
    """Return what the threads there lack."""
    settled = timezone.now() - SETTLED
    told = Change.objects.filter(pk__gt=room.told, at__lt=settled, verb__in=TOLD)
    if room.applications.exists():
        told = told.filter(application__in=room.applications.all())
    missing = told.filter(deployment__isnull=False).exclude(_is_shown(chatthread__room=room.pk))
    return missing.order_by("pk")


def _note_told(room: ChatRoom, missing: int | None) -> None:
    """Note up to where nothing is missing there, so that nobody looks at it again.

    Ids appear at COMMIT: of what is young, some may still be to come.
    """
    old = Change.objects.filter(pk__gt=room.told, at__lt=timezone.now() - LONGEST_TRANSACTION)
    if missing is not None:
        old = old.filter(pk__lt=missing)
    newest = old.aggregate(newest=Max("pk"))["newest"]
    if newest is not None:
        ChatRoom.objects.filter(pk=room.pk, told__lt=newest).update(told=newest)


def _read(thread: ChatThread) -> Deployment:
    related = (
        "environment__application__repository",
        "environment__current",
        "person",
        "previous",
        "stop_by",
    )
    return Deployment.objects.select_related(*related).get(pk=thread.deployment_id)


def _compose_head(thread: ChatThread, deployment: Deployment) -> None:
    """Have the head say what is so now; edits that nobody has seen yet become one."""
    message = to_json(sayings.head(_portrait(thread, deployment)))
    anew = {"message": message, "room": thread.room, "thread": thread, "is_head": True}
    head, is_new = Outgoing.objects.get_or_create(key=f"thread:{thread.pk}", defaults=anew)
    if is_new or (head.message == message and head.state != Outgoing.State.FAILED):
        return
    Outgoing.objects.filter(pk=head.pk).update(
        message=message,
        version=F("version") + 1,
        state=Outgoing.State.WAITING,
        attempts=0,
        next_at=None,
        waits_since=timezone.now(),
    )


def _compose_steps(thread: ChatThread, deployment: Deployment, news: list[Change]) -> None:
    said = [int(change.subject) for change in news if change.verb == "deployment.comment"]
    comments = Comment.objects.select_related("person").in_bulk(said)
    view = _portrait(thread, deployment)
    rows = []
    for change in news:
        author = None
        if change.verb == "deployment.comment":
            comment = comments[int(change.subject)]
            author, message = comment.person, sayings.note(comment.text)
        elif (told := steps.step(view, change)) is not None:
            message = told
        else:
            continue
        key = f"step:{thread.pk}:{change.pk}"
        row = {"room": thread.room, "thread": thread, "author": author}
        rows.append(Outgoing(key=key, message=to_json(message), **row))
    Outgoing.objects.bulk_create(rows)


def _portrait(thread: ChatThread, deployment: Deployment) -> DeploymentView:
    here = platform(thread.room.platform).abilities.here
    return portrait(deployment, "" if here else outside())
