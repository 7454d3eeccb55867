from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """A process that says every few seconds that it lives."""

    name = models.CharField(max_length=120, unique=True)  # host, process id and start
    role = models.CharField(max_length=20)  # deploy, chat or sweeper
    machine = models.CharField(max_length=100, blank=True, default="")  # its mark
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.role} {self.name}"
