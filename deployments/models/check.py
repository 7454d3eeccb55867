from __future__ import annotations

from django.db import models

from .application import Repository
from .person import Person


class CommitStatus(models.Model):
    """What a check says of a commit; a later word on the same context takes its place.

    Named after https://docs.github.com/en/rest/commits/statuses .
    """

    class State(models.TextChoices):
        PENDING = "pending"
        SUCCESS = "success"
        FAILURE = "failure"
        ERROR = "error"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="statuses")
    sha = models.CharField(max_length=40)
    context = models.CharField(max_length=255)  # as long as GitHub takes one
    state = models.CharField(max_length=10, choices=State.choices)
    description = models.CharField(max_length=140, blank=True)
    target_url = models.URLField(max_length=500, blank=True)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    # What of the forge's said it and when, by the forge's clock: an older word of the same never
    # takes the place of a newer one. Null: it came by the API, or before this was kept.
    source = models.CharField(max_length=40, null=True)  # noqa: DJ001
    said_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["context"]
        constraints = [
            models.UniqueConstraint(
                fields=["repository", "sha", "context"], name="one_status_per_context"
            )
        ]

    def __str__(self) -> str:
        return f"{self.context} {self.state} on {self.sha[:7]}"


class CommitHeard(models.Model):
    """When the forge was last heard about a commit's checks, by whichever way."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    sha = models.CharField(max_length=40)
    heard_at = models.DateTimeField(null=True)
    trouble = models.TextField(blank=True)  # why it did not answer when it was asked since

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repository", "sha"], name="heard_once_per_commit")
        ]

    def __str__(self) -> str:
        return f"{self.sha[:7]} of {self.repository}"
