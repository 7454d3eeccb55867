from __future__ import annotations

from django.db import models

from .deployment import Deployment
from .person import Person


class Comment(models.Model):
    """What somebody said in a deployment's thread, kept with the deployment."""

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="comments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    via = models.CharField(max_length=20)
    text = models.TextField(max_length=10_000)
    key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001  said once
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.person} on #{self.deployment_id}"
