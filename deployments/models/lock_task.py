from __future__ import annotations

from django.db import models

from .environment import Environment
from .person import Person

FIRST = 10**12  # no number of a deployment is as large


class LockTask(models.Model):
    """A lock that was taken, or opened, by a request for a deployment of GitHub's kind.

    It deploys nothing and is no deployment here; whoever asked finds it under a number of its own.
    """

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="lock_tasks")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    task = models.CharField(max_length=63)  # deploy:lock or deploy:unlock
    ref = models.CharField(max_length=255)  # as asked; it means nothing to a lock
    sha = models.CharField(max_length=40, blank=True)  # empty: nobody could tell
    why = models.CharField(max_length=500, blank=True)
    done = models.TextField()  # what came of it, in a sentence
    key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001  idempotency
    asked = models.CharField(max_length=64)  # a fingerprint of what was sent with the key
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.task} of {self.environment} by {self.person}"

    def get_absolute_url(self) -> str:
        return self.environment.get_absolute_url()

    @property
    def number(self) -> int:
        return FIRST + self.pk
