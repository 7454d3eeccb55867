from __future__ import annotations

from django.db import models

from .application import Repository
from .deployment import Deployment


class ForgeReport(models.Model):
    """How far the forge was told of a deployment. Who is told has a row from the beginning."""

    class State(models.TextChoices):
        WAITING = "waiting"
        TOLD = "told"
        FAILED = "failed"  # given up, until there is news or somebody has it told again

    deployment = models.OneToOneField(Deployment, models.CASCADE, related_name="report")
    # Where it is told: an app may take its code from elsewhere later.
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="reports")
    place = models.CharField(max_length=140)  # the environment, as the forge calls it
    remote_id = models.BigIntegerField(null=True)  # the forge's number of the deployment
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    told = models.CharField(max_length=12, blank=True)  # the state that was told last
    told_number = models.BigIntegerField(default=0)  # of the Change that it was
    told_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)  # rises with each news
    waits_since = models.DateTimeField(null=True)
    # Since when something was sent of which nobody has heard what came of it.
    doubt_since = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)  # rises with each worker that takes it
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)  # that failed, in a row
    next_at = models.DateTimeField(null=True)  # not before that
    error = models.TextField(blank=True)  # why it could not be told at last, in a sentence
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "repository", "-deployment"], name="reports_by_state")
        ]

    def __str__(self) -> str:
        return f"#{self.deployment_id} is {self.state}"
