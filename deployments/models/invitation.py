from __future__ import annotations

from django.db import models
from django.db.models import Q

from .application import Application
from .environment import Environment
from .person import Person, Role


class Invitation(models.Model):
    """A link that makes one account. Only its hash is kept; the link is shown once."""

    digest = models.CharField(max_length=64, unique=True)
    note = models.CharField(max_length=120, blank=True)  # whom it is for
    role = models.CharField(max_length=20, choices=Role.Name.choices)
    application = models.ForeignKey(Application, models.CASCADE, null=True, blank=True)
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True)
    # Counts for as long as this person may give the role.
    by = models.ForeignKey(Person, models.CASCADE, related_name="invitations")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    # Who came.
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(application=None) | Q(environment=None), name="invitation_has_one_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note or 'somebody'} as {self.role} of {self.scope or 'everything'}"

    @property
    def scope(self) -> Application | Environment | None:
        return self.environment or self.application
