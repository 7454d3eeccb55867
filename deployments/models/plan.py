from __future__ import annotations

from django.db import models

from .deployment import Deployment
from .environment import Environment
from .person import Person


class Plan(models.Model):
    """What a deployment would do, shown and not done; its code does exactly that, for a while."""

    code = models.CharField(max_length=8, unique=True)
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="plans")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    ref = models.CharField(max_length=255, blank=True)
    sha = models.CharField(max_length=40)
    task = models.CharField(max_length=63, default="deploy")
    hosts = models.JSONField(default=list, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    why = models.CharField(max_length=500, blank=True)
    forced = models.BooleanField(default=False)
    when_green = models.BooleanField(null=True)
    # What it stands on, by name: whichever of it has moved is named when the plan is refused.
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    deployment = models.ForeignKey(Deployment, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"plan {self.code} for {self.environment}"
