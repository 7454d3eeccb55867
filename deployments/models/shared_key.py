from __future__ import annotations

from django.db import models


class SharedKey(models.Model):
    """The mark by which a key that all machines of an installation share is known again."""

    name = models.CharField(max_length=20, unique=True)  # signing or secrets
    mark = models.TextField()

    def __str__(self) -> str:
        return self.name
