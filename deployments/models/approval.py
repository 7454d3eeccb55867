from __future__ import annotations

from django.db import models
from django.db.models import Q

from .deployment import Deployment
from .person import Person


class Approval(models.Model):
    """Somebody's word that a deployment waits for: why it needs one, and who gave which.

    It is given once, and stays on record for ever beside who asked for the deployment.
    """

    deployment = models.OneToOneField(Deployment, models.CASCADE, related_name="approval")
    because = models.TextField()  # why it needs one, in a sentence
    asked_at = models.DateTimeField(auto_now_add=True)
    approved = models.BooleanField(null=True)  # null: nobody has answered yet
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="approvals")
    via = models.CharField(max_length=20, blank=True)
    why = models.CharField(max_length=500, blank=True)  # the reason that was given
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved=None, person=None) | Q(approved__isnull=False, person__gt=0),
                name="an_approval_is_somebodys",
            )
        ]

    def __str__(self) -> str:
        return f"approval of #{self.deployment_id}"
