from __future__ import annotations

from django.db import models
from django.db.models import Q

from .chat import ChatAccount, ChatConnection, ChatRoom


class Incoming(models.Model):
    """What somebody said in a chat outside. Kept before it is acknowledged: nothing is lost."""

    connection = models.ForeignKey(ChatConnection, models.CASCADE, related_name="incoming")
    external_id = models.CharField(max_length=200)  # the same message delivered twice counts once
    account = models.ForeignKey(ChatAccount, models.CASCADE, related_name="+")
    room = models.ForeignKey(ChatRoom, models.CASCADE, related_name="+")
    thread = models.CharField(max_length=200, blank=True)  # the id of the message that begins it
    text = models.TextField()
    direct = models.BooleanField(default=False)  # said to the bot alone
    created_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="one_message_per_connection_and_id"
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(handled_at=None), name="incoming_waits")]

    def __str__(self) -> str:
        return f"{self.external_id} of {self.connection}"
