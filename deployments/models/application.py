from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from .names import is_reserved, slug


def check_reserved(name: str) -> None:
    """Refuse a name that is a word of the chat language."""
    if is_reserved(name):
        raise ValidationError(f"“{name}” is a word of the chat language; choose another name.")


class Repository(models.Model):
    """Where code lives. Statuses, mirrors and webhooks belong to it, not to one application."""

    forge = models.CharField(max_length=20, default="local")
    location = models.CharField(max_length=500, unique=True)
    name = models.CharField(max_length=200)
    # The forge's own number of it, on the word of the App that opens it: names change, this stays.
    forge_id = models.BigIntegerField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class Application(models.Model):
    """A repository and how it is deployed; “app” in chat and addresses."""

    name = models.CharField(max_length=63, unique=True, validators=[slug, check_reserved])
    repository = models.ForeignKey(Repository, models.PROTECT, related_name="applications")
    provider = models.CharField(max_length=20, default="ssh")
    default_environment = models.CharField(max_length=63, blank=True)
    # What the provider asks for; its `validate` knows the keys. An environment may say otherwise.
    settings = models.JSONField(default=dict, blank=True)
    # Whether what its default branch has is merged into another branch that is to be deployed.
    auto_merge = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # When its repository was last asked what is new; null: as soon as somebody can.
    looked_at = models.DateTimeField(null=True, editable=False)
    # Whether its forge is told of its deployments, where that can be told anything.
    reports = models.BooleanField(default=True)
    # Since when nothing is deployed any more and the board leaves it out; its history stays.
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("application", args=[self.name])

    def setting(self, key: str, default: Any = None) -> Any:
        return self.settings.get(key, default)
