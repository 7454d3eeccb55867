from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from .environment import Environment
from .names import slug


class Host(models.Model):
    """A machine that can be deployed to."""

    name = models.CharField(max_length=63, unique=True, validators=[slug])
    address = models.CharField(
        max_length=253,
        validators=[
            RegexValidator(
                r"\A[A-Za-z0-9_\[:]([-A-Za-z0-9_.:\]%]*)\Z", "Write a host name or an IP address."
            )
        ],
    )
    port = models.PositiveIntegerField(
        default=22, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    user = models.CharField(
        max_length=64,
        default="deploy",
        validators=[RegexValidator(r"\A[A-Za-z0-9_][-A-Za-z0-9_.@]*\Z", "Write a login name.")],
    )
    # Accepted keys, one “ssh-ed25519 AAAA…” a line. None is ever accepted silently.
    host_keys = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["address", "port", "user"], name="one_host_per_login")
        ]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """A host in an environment, with its roles there and what runs on it."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="placements")
    host = models.ForeignKey(Host, models.CASCADE, related_name="placements")
    roles = models.JSONField(default=list, blank=True)
    # What this host runs, as the last phase that switched it told. Null: nothing yet.
    current = models.ForeignKey(
        "Deployment", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # What the host itself says that it runs: the commit in its REVISION; empty: none.
    says = models.CharField(max_length=40, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)  # when it said so
    asked_at = models.DateTimeField(null=True, blank=True)  # null: it is to be asked soon
    silence = models.TextField(blank=True)  # why it has not answered since

    class Meta:
        ordering = ["host__name"]
        constraints = [
            models.UniqueConstraint(fields=["environment", "host"], name="one_placement_per_host")
        ]

    def __str__(self) -> str:
        return f"{self.host} in {self.environment}"

    @property
    def is_odd(self) -> bool:
        """Return whether the host said something else, when last heard, than is on record."""
        if self.heard_at is None or self.current is None:
            return False
        return self.says != self.current.sha
