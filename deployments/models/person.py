from __future__ import annotations

import zoneinfo

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .application import Application
from .environment import Environment


def check_time_zone(name: str) -> None:
    """Refuse a time zone that this machine does not know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"“{name}” is no time zone; write one like Europe/Rome or UTC.")


def every_scope() -> list[str]:
    """Return what a token from before there were scopes may."""
    return [str(scope) for scope in ApiToken.Scope.values]


class Person(AbstractUser):
    """Somebody who signs in, or whose chat account or token speaks for them."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_time_zone])

    # The highest role that counts for what is asked by this door; empty: any. Not kept.
    ceiling: str = ""
    # The token that speaks for them now; what it does not allow they may not. Not kept.
    token: ApiToken | None = None

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self).split()[0]

    @property
    def initials(self) -> str:
        words = str(self).split()
        return "".join(word[0] for word in [words[0], *words[1:][-1:]]).upper()


class Role(models.Model):
    """A role given to a person everywhere, for an application or for an environment."""

    class Name(models.TextChoices):
        VIEWER = "viewer"
        DEPLOYER = "deployer"
        MAINTAINER = "maintainer"
        ADMIN = "admin"

    person = models.ForeignKey(Person, models.CASCADE, related_name="roles")
    name = models.CharField(max_length=20, choices=Name.choices)
    application = models.ForeignKey(Application, models.CASCADE, null=True, blank=True)
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(application=None) | Q(environment=None), name="role_has_one_scope"
            ),
            # One for each kind of scope: SQLite takes nulls for different, whatever it is told.
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(application=None, environment=None),
                name="one_role_everywhere",
            ),
            models.UniqueConstraint(
                fields=["person", "application"], name="one_role_per_application"
            ),
            models.UniqueConstraint(
                fields=["person", "environment"], name="one_role_per_environment"
            ),
        ]

    def __str__(self) -> str:
        where = self.environment or self.application or "everywhere"
        return f"{self.person} is {self.name} of {where}"


class ApiToken(models.Model):
    """A person's key for scripts. Only its hash is kept; the text is shown once.

    It may less than its person, never more: what its scopes name, in the apps it is bound to.
    """

    class Scope(models.TextChoices):
        READ = "read", "read apps, hosts, deployments, logs and changes"
        DEPLOY = "deploy", "deploy, retry, roll back, cancel one's own; lock"
        FORCE = "force", "go past red checks, cancel or unlock another's"
        STATUSES = "statuses", "report what checks say of commits"
        CHAT = "chat", "say chat lines; what they do takes its own scope"
        METRICS = "metrics", "read /metrics, for Prometheus"
        ADMIN = "admin", "whatever else its person may, such as reading all changes"

    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    start = models.CharField(max_length=12)  # shown in lists, to tell one from another
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=every_scope)
    applications = models.JSONField(default=list, blank=True)  # numbers; empty: all
    # For old programs that know no other way: /api/v3/…?access_token=… lets it in.
    in_addresses = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)  # null: never
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.start}… ({self.name})"

    @property
    def ended(self) -> str:
        """Say since when it is of no use, and why; empty: it can be used."""
        if self.revoked_at is not None:
            return f"was revoked on {self.revoked_at:%Y-%m-%d %H:%M} UTC"
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return f"expired on {self.expires_at:%Y-%m-%d %H:%M} UTC"
        return ""
