"""One thread per deployment and room, brought up to date from what is, not from what was sent.

Take it by conditional update with a lease, drain in order, release, look again: so it does not
matter whether news comes twice, late or never, or to several workers at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from bots import bells, sayings
from bots.messages import Message, Strong
from bots.models import ChatRoom, ChatThread
from bots.platforms import platform
from bots.platforms.contract import Place
from bots.portraits import portrait
from deployments.models import Change, Comment, Deployment
from deployments.services import queue

LEASE = timedelta(seconds=30)
LATELY = timedelta(days=1)
SETTLED = timedelta(seconds=3)
TELL = "bots.tasks.tell"
TOLD = ("deployment.status", "deployment.stopping", "deployment.taken_over", "deployment.comment")


class Lost(Exception):
    """Another worker has taken the thread over: its lease had ended."""


def follow(change: Change) -> None:
    """Ring for a chat worker when something happened to a deployment."""
    if change.deployment_id is not None and change.verb in TOLD:
        queue.wake(TELL, change.deployment_id, cluster="chat")


def bring_up_to_date(deployment: Deployment) -> None:
    """Tell each room that tells the deployment's application."""
    for room in rooms(deployment):
        thread, _ = ChatThread.objects.get_or_create(room=room, deployment=deployment)
        while _take(thread):
            try:
                _drain(thread)
            except Lost:
                break
            finally:
                _mine(thread).update(lease_until=None)


def rooms(deployment: Deployment) -> QuerySet[ChatRoom]:
    """Return the rooms in which the application may be told."""
    app = deployment.environment.application_id
    return ChatRoom.objects.filter(Q(applications=None) | Q(applications=app)).distinct()


def ring_behind() -> None:
    """Ring for threads that lack a change: their bell was lost, or their worker died."""
    for room in ChatRoom.objects.all():
        bells.ring_forgotten(TELL, _behind(room)[:100])


def note_as_shown(comment: Comment, platform: str, external_id: str) -> None:
    """Note, in the transaction that makes the comment, in which room's thread it was said."""
    room = ChatRoom.objects.filter(platform=platform, external_id=external_id).first()
    if room is not None:
        thread, _ = ChatThread.objects.get_or_create(room=room, deployment=comment.deployment)
        said = {"verb": "deployment.comment", "subject": str(comment.pk)}
        thread.shown.add(*Change.objects.filter(deployment=comment.deployment_id, **said))


# ---- One thread ----


def _take(thread: ChatThread) -> bool:
    """Take the thread if it is behind and nobody holds it; the epoch fences who held it before."""
    thread.refresh_from_db()
    if not _unshown(thread).exists():
        return False
    now = timezone.now()
    free = ChatThread.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    taken = free.filter(pk=thread.pk, epoch=thread.epoch)
    if taken.update(epoch=F("epoch") + 1, lease_until=now + LEASE) != 1:
        return False
    thread.epoch += 1
    return True


def _drain(thread: ChatThread) -> None:
    """Show the present state at the head, then each step that is not shown yet.

    The steps are read before the state: the head is never older than the last step below it.
    """
    news = list(_unshown(thread).select_related("person"))
    deployment = _read(thread)
    _keep(thread)
    _show_head(thread, deployment)
    for change in news:
        _keep(thread)
        _show_step(thread, deployment, change)
        thread.shown.add(change)


def _keep(thread: ChatThread) -> None:
    """Hold the thread for another while, before something is sent."""
    if _mine(thread).update(lease_until=timezone.now() + LEASE) != 1:
        raise Lost


def _mine(thread: ChatThread) -> QuerySet[ChatThread]:
    return ChatThread.objects.filter(pk=thread.pk, epoch=thread.epoch)


def _unshown(thread: ChatThread) -> QuerySet[Change]:
    told = Change.objects.filter(deployment=thread.deployment_id, verb__in=TOLD)
    return told.exclude(_is_shown(chatthread=thread.pk)).order_by("pk")


def _is_shown(**where: object) -> Exists:
    shown = ChatThread.shown.through.objects
    return Exists(shown.filter(change=OuterRef("pk"), **where))


def _behind(room: ChatRoom) -> QuerySet[Change, int]:
    """Return the deployments whose thread there lacks a change of late."""
    now = timezone.now()
    told = Change.objects.filter(at__gt=now - LATELY, at__lt=now - SETTLED, verb__in=TOLD)
    if room.applications.exists():
        told = told.filter(application__in=room.applications.all())
    missing = told.filter(deployment__isnull=False).exclude(_is_shown(chatthread__room=room.pk))
    return missing.order_by("deployment").values_list("deployment", flat=True).distinct()


def _read(thread: ChatThread) -> Deployment:
    related = (
        "environment__application__repository",
        "environment__current",
        "person",
        "previous",
        "stop_by",
    )
    return Deployment.objects.select_related(*related).get(pk=thread.deployment_id)


def _show_head(thread: ChatThread, deployment: Deployment) -> None:
    speaks = platform(thread.room.platform)
    place = Place(thread.room.external_id)
    message = sayings.head(portrait(deployment))
    if thread.external_id:
        speaks.edit(place, thread.external_id, message)
        return
    key = f"thread:{thread.pk}"
    thread.external_id = speaks.send(place, message, key=key, deployment=deployment)
    _mine(thread).update(external_id=thread.external_id)


def _show_step(thread: ChatThread, deployment: Deployment, change: Change) -> None:
    place = Place(thread.room.external_id, thread.external_id)
    key = f"step:{thread.pk}:{change.pk}"
    speaks = platform(thread.room.platform)
    if change.verb == "deployment.comment":
        comment = Comment.objects.select_related("person").get(pk=int(change.subject))
        speaks.send(place, sayings.note(comment.text), key=key, author=comment.person)
        return
    message = _step(deployment, change)
    if message is not None:
        speaks.send(place, message, key=key)


def _step(deployment: Deployment, change: Change) -> Message | None:
    """Return what a change adds to the thread; waiting and queued stand at its head."""
    if change.verb == "deployment.stopping":
        return sayings.note(Strong(str(change.person)), " asked to cancel it.", state="cancelling")
    if change.verb == "deployment.taken_over":
        said = "Its worker fell silent; another goes on from where the hosts are."
        return sayings.note(said, state="lost")
    if change.new in ("pending", "queued"):
        return None
    view = portrait(deployment)
    if change.new == "in_progress":
        view = replace(view, state="running")
    return sayings.activity(view)
