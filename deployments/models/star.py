from __future__ import annotations

from django.db import models

from .application import Application
from .person import Person


class Star(models.Model):
    """An application that a person wants first on the board."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="stars")
    application = models.ForeignKey(Application, models.CASCADE, related_name="stars")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "application"], name="one_star_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.application}, starred by {self.person}"
