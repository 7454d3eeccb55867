from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .environment import Environment
from .person import Person


class Lock(models.Model):
    """A person's claim: nobody else deploys there until it is released or its time is over.

    Its row says so until somebody ends it; `selectors.locks` knows which of them hold still.
    """

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="locks")
    person = models.ForeignKey(Person, models.PROTECT, related_name="locks")
    reason = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)  # null: until it is released
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    # The same request counts once: what it took, or what it released.
    taken_key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001
    released_key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001

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
