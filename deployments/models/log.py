from __future__ import annotations

from django.db import models

from .deployment import Deployment


class LogChunk(models.Model):
    """Some output of one phase on one host, masked. Written once, read by `seq`."""

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="log_chunks")
    seq = models.PositiveIntegerField()  # 1, 2, 3 … in a deployment
    host = models.CharField(max_length=63)
    phase = models.CharField(max_length=40)
    offset = models.PositiveBigIntegerField()  # where it began in the remote log, in raw bytes
    first_line = models.PositiveIntegerField()  # its first line's number in the deployment
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["deployment", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["deployment", "seq"], name="one_chunk_per_seq"),
        ]

    def __str__(self) -> str:
        return f"#{self.deployment_id} log {self.seq}"
