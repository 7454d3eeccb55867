from __future__ import annotations

from django.db import models
from django.db.models import Q

from .application import Application, Repository
from .environment import Environment
from .names import variable


class SshKey(models.Model):
    """An environment's key. The private half is encrypted and never leaves but to sign in."""

    environment = models.OneToOneField(Environment, models.CASCADE, related_name="ssh_key")
    public = models.TextField()  # the line for authorized_keys
    fingerprint = models.CharField(max_length=80)
    private_encrypted = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.fingerprint} of {self.environment}"


class ForgeAccess(models.Model):
    """What opens a repository at its forge: a token, or the private key of an App. Write-only."""

    repository = models.OneToOneField(Repository, models.CASCADE, related_name="access")
    app = models.CharField(max_length=100, blank=True)  # the App's id; empty: it is a token
    secret_encrypted = models.BinaryField()
    fingerprint = models.CharField(max_length=20)
    updated_at = models.DateTimeField(auto_now=True)
    # How telling the forge of deployments goes. Until `rest_until` nothing is told there.
    reached_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    trouble = models.TextField(blank=True)  # why nothing could be told at last, in a sentence
    rest_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.fingerprint} of {self.repository}"


class Secret(models.Model):
    """A named value that commands get as an environment variable. Write-only."""

    application = models.ForeignKey(
        Application, models.CASCADE, null=True, blank=True, related_name="secrets"
    )
    environment = models.ForeignKey(
        Environment, models.CASCADE, null=True, blank=True, related_name="secrets"
    )
    name = models.CharField(max_length=100, validators=[variable])
    value_encrypted = models.BinaryField()
    fingerprint = models.CharField(max_length=20)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(application=None, environment__isnull=False)
                | Q(application__isnull=False, environment=None),
                name="secret_has_one_owner",
            ),
            # Two, because SQLite takes nulls for different, whatever it is told.
            models.UniqueConstraint(
                fields=["application", "name"], name="one_secret_per_application"
            ),
            models.UniqueConstraint(
                fields=["environment", "name"], name="one_secret_per_environment"
            ),
        ]

    def __str__(self) -> str:
        return self.name
