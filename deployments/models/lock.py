from __future__ import annotations

from django.db import models
from django.db.models import Q

from .environment import Environment
from .person import Person


class Lock(models.Model):
    """A person's claim: nobody deploys there until it is released or its time is over."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="locks")
    person = models.ForeignKey(Person, models.PROTECT, related_name="locks")
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment"],
                condition=Q(released_at=None),
                name="one_lock_per_environment",
            )
        ]

    def __str__(self) -> str:
        return f"{self.environment} locked by {self.person}"
