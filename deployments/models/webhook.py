from __future__ import annotations

from django.db import models

from .application import Repository


class Webhook(models.Model):
    """What a forge may tell Shipmate of one repository, and the secret that it signs with."""

    repository = models.OneToOneField(Repository, models.CASCADE, related_name="webhook")
    full_name = models.CharField(max_length=200)  # acme/web, as the forge calls it
    secret_encrypted = models.BinaryField()
    made_at = models.DateTimeField(auto_now_add=True)
    heard_at = models.DateTimeField(null=True)
    # The forge's own numbers, learnt from what was signed: a name may change, these do not.
    forge_id = models.BigIntegerField(null=True)
    hook_id = models.CharField(max_length=40, blank=True)
    # Why the forge lets its App see the repository no more, as it told. Null: it does.
    access_lost = models.CharField(max_length=200, null=True)  # noqa: DJ001
    access_lost_at = models.DateTimeField(null=True)
    # Since when GitHub has been asked to send a ping, which has not come yet.
    pinged_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.full_name


class Delivery(models.Model):
    """What a forge has told, as it came, and what came of it. Kept before it is acknowledged."""

    class State(models.TextChoices):
        WAITING = "waiting"
        HANDLED = "handled"
        UNHANDLED = "unhandled"  # kept, and nothing here does anything with it
        FAILED = "failed"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="deliveries")
    guid = models.CharField(max_length=100)  # the same delivered twice counts once
    event = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=100, blank=True)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    outcome = models.TextField(blank=True)  # what came of it, in words
    handled_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)  # before which nobody handles it
    away_since = models.DateTimeField(null=True)  # since when the forge is asked about it in vain
    limited_until = models.DateTimeField(null=True)  # when the forge may be asked again, as it said
    rung_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    again = models.PositiveIntegerField(default=0)  # how often somebody had it done again
    # How often the forge delivered it again and it was handled anew, and when that was last.
    redelivered = models.PositiveIntegerField(default=0, db_default=0)
    redelivered_at = models.DateTimeField(null=True)
    # Null where a machine of the version before has written it.
    earlier = models.JSONField(default=list, null=True)
    digest = models.CharField(max_length=64)  # of the body, which may come again by another id
    headers = models.JSONField(default=dict)
    body = models.BinaryField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["repository", "guid"], name="one_delivery_per_guid")
        ]
        indexes = [
            models.Index(fields=["repository", "digest"], name="delivery_digest"),
            models.Index(fields=["state", "-id"], name="delivery_state"),
        ]

    def __str__(self) -> str:
        return f"{self.event or 'delivery'} {self.guid}"

    @property
    def attempts_before(self) -> list[dict[str, str]]:
        """What came of it each time before: state, outcome, ended_at, again_at and `by` whom."""
        return self.earlier or []
