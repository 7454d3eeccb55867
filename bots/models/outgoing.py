from __future__ import annotations

from django.db import models
from django.utils import timezone

from deployments.models import Person

from .chat import ChatRoom, ChatThread


class Outgoing(models.Model):
    """A message on its way out. Kept before it is sent, and until long after: nothing is lost.

    The messages of one thread leave in the order of their ids, each once.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"  # tried too often; “send again” makes it wait anew

    room = models.ForeignKey(ChatRoom, models.CASCADE, related_name="outgoing")
    thread = models.ForeignKey(ChatThread, models.CASCADE, null=True, related_name="outgoing")
    key = models.CharField(max_length=120, unique=True)  # said once, here and on the platform
    reply_to = models.CharField(max_length=200, blank=True)  # the platform's id of a message
    only_for = models.CharField(max_length=200, blank=True)  # the account that alone sees it
    author = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    message = models.JSONField()
    # The head of a thread is edited in place: it waits again whenever there is news, and says what
    # is so now, however often that has changed since it was sent.
    is_head = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)  # rises with each change of what it says
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)  # of the last attempt, in a sentence
    external_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    waits_since = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(null=True)  # not before
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["room", "thread", "id"],
                condition=models.Q(state="waiting"),
                name="outgoing_waits",
            ),
            models.Index(
                fields=["room", "id"], condition=models.Q(state="failed"), name="outgoing_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"
