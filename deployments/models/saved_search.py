from __future__ import annotations

from django.db import models

from .person import Person


class SavedSearch(models.Model):
    """A search of the history that a person keeps under a name."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="searches")
    name = models.CharField(max_length=60)
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["person", "name"], name="one_search_per_name")
        ]

    def __str__(self) -> str:
        return self.name
