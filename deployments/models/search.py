from __future__ import annotations

from django.db import models


class Indexing(models.Model):
    """How far the log is indexed where that is done behind its writer's back (SQLite). One row.

    Chunks are numbered in the order of their commits there. New ones are indexed upwards from
    `newest`; those that were there before the index, downwards to `oldest`, until that is 0.
    """

    newest = models.PositiveBigIntegerField(default=0)
    oldest = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"chunks {self.oldest} to {self.newest}"
