from __future__ import annotations

from django.db import models

from .application import Repository


class PullRequest(models.Model):
    """What a forge last said of a pull request, so that open ones can be offered at every key.

    One that is closed is kept: an older word that comes late does not open it again.
    """

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="pull_requests")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    author = models.CharField(max_length=100, blank=True)  # the login
    sha = models.CharField(max_length=40, blank=True)  # of its head
    is_open = models.BooleanField(default=True)
    said_at = models.DateTimeField()  # by the forge's clock
    heard_at = models.DateTimeField()  # by ours

    class Meta:
        ordering = ["-said_at", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "number"], name="pull_request_once")
        ]

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"


class PullRequestsHeard(models.Model):
    """When the forge was last heard about all open ones; when it was asked to be asked."""

    repository = models.OneToOneField(
        Repository, models.CASCADE, related_name="pull_requests_heard"
    )
    heard_at = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"pull requests of {self.repository}"
