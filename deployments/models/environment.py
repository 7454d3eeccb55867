from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse

from .application import Application
from .names import slug


class Environment(models.Model):
    """One application in one place, such as web/production."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="environments")
    name = models.CharField(max_length=63, validators=[slug])
    aliases = models.JSONField(default=list, blank=True)
    position = models.PositiveSmallIntegerField(default=0)  # the order of promotion
    production = models.BooleanField(default=False)
    url = models.URLField(blank=True)
    # The least role that may deploy here.
    deploys = models.CharField(
        max_length=20,
        default="deployer",
        choices=[("deployer", "deployers"), ("maintainer", "maintainers"), ("admin", "admins")],
    )
    # Which checks of a commit must have passed before it is deployed here.
    checks = models.CharField(
        max_length=10,
        default="none",
        choices=[
            ("none", "no checks"),
            ("all", "all checks that were reported, at least one"),
            ("named", "the checks named below"),
        ],
    )
    required_contexts = models.JSONField(default=list, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    # Since when nothing is deployed there any more and the board leaves it out.
    archived_at = models.DateTimeField(null=True, blank=True)
    # Moves only when a release succeeded on all hosts.
    current = models.ForeignKey(
        "Deployment", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # What a cloud says that it runs, where it goes to one. Hosts say it in their placements.
    says = models.CharField(max_length=100, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)  # when it said so
    asked_at = models.DateTimeField(null=True, blank=True)  # null: it is to be asked soon
    silence = models.TextField(blank=True)  # why it has not answered since

    class Meta:
        ordering = ["application__name", "position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["application", "name"], name="one_environment_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.application.name}/{self.name}"

    def get_absolute_url(self) -> str:
        return reverse("environment", args=[self.application.name, self.name])

    @property
    def effective_settings(self) -> dict[str, Any]:
        """The application's settings, with what this environment says instead."""
        return {**self.application.settings, **self.settings}
