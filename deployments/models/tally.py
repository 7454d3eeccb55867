from __future__ import annotations

from django.db import models

from .environment import Environment


class Tally(models.Model):
    """How the releases that ended in one week went in one environment.

    Kept in the transaction that ends a deployment, so that no page has to count a million of them.
    """

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="tallies")
    week = models.DateField()  # its Monday, in the installation's own time zone
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)  # failures and errors
    cancelled = models.PositiveIntegerField(default=0)
    tasks = models.PositiveIntegerField(default=0)  # however they ended: they release nothing
    # How long those that succeeded took: {class: how many}; see `deployments.durations`.
    took = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["week"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "week"], name="one_tally_per_week")
        ]
        indexes = [models.Index(fields=["week"])]

    def __str__(self) -> str:
        return f"{self.environment} in the week of {self.week}"
