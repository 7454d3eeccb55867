from __future__ import annotations

from django.db import models

from .application import Application
from .deployment import Deployment
from .environment import Environment
from .person import Person


class Change(models.Model):
    """Who changed what, when, from what to what. Only ever added to.

    Status history, live feed and outbox at once: whoever follows reads it by id.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # null: itself
    via = models.CharField(max_length=20, blank=True)
    verb = models.CharField(max_length=40)  # such as deployment.status, host.accept_key
    deployment = models.ForeignKey(Deployment, models.PROTECT, null=True, related_name="changes")
    environment = models.ForeignKey(Environment, models.SET_NULL, null=True, related_name="+")
    application = models.ForeignKey(Application, models.SET_NULL, null=True, related_name="+")
    subject = models.CharField(max_length=200, blank=True)  # what else it is about, in words
    topic = models.CharField(max_length=40, blank=True)  # what live pages wait for: room-3
    old = models.CharField(max_length=200, blank=True)
    new = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=20, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        # The history of one thing, without the many rows about deployments.
        indexes = [
            models.Index(
                fields=[field, "-id"], condition=models.Q(deployment=None), name=f"change_{field}"
            )
            for field in ("application", "environment", "subject")
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject} {self.old} → {self.new}"
