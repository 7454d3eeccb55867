"""The chat queue's way in. Each task is given an id, may come twice, and lets no error text out."""

from __future__ import annotations

from bots import conversation, hearing, outgoing, threads
from bots.models import ChatRoom, ChatThread, Incoming, Post
from deployments.models import Deployment
from deployments.tasks import in_silence


def handle(number: int) -> None:
    """Do what a post says, and answer it."""
    with in_silence(number):
        post = Post.objects.select_related("room", "person").get(pk=number)
        conversation.handle(post)


def hear(number: int) -> None:
    """Do what a message from outside says, and answer it."""
    with in_silence(number):
        related = ("connection", "account__person", "account__connection", "room")
        hearing.handle(Incoming.objects.select_related(*related).get(pk=number))


def tell(number: int) -> None:
    """Bring the deployment's threads up to date."""
    with in_silence(number):
        deployment = Deployment.objects.select_related("environment").get(pk=number)
        threads.bring_up_to_date(deployment)


def deliver_thread(number: int) -> None:
    """Send what waits in the thread."""
    with in_silence(number):
        outgoing.deliver(ChatThread.objects.get(pk=number))


def deliver_room(number: int) -> None:
    """Send what waits in the room, outside of threads."""
    with in_silence(number):
        outgoing.deliver(ChatRoom.objects.get(pk=number))
