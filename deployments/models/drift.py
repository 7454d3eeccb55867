from __future__ import annotations

from django.db import models

from .environment import Environment


class Drift(models.Model):
    """How far an environment was behind the default branch when its repository was last asked.

    The board tells of it without asking anybody; it counts only while `sha` is what runs.
    """

    environment = models.OneToOneField(Environment, models.CASCADE, related_name="drift")
    sha = models.CharField(max_length=40)  # what ran
    head = models.CharField(max_length=40)  # where the default branch was
    behind = models.PositiveIntegerField()  # commits that the branch has over what ran

    def __str__(self) -> str:
        return f"{self.environment} is {self.behind} behind"
