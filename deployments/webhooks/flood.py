"""What is refused is counted, and logged once a minute: nobody outside fills the log."""

from __future__ import annotations

import logging
import threading
import time

EVERY = 60.0  # seconds
log = logging.getLogger(__name__)


class Refusals:
    """How many were refused since that was last logged, by this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0
        self.told_at = float("-inf")

    def note(self, why: str, sender: str) -> None:
        """Count one, and log them if that was not done of late."""
        with self.lock:
            self.count += 1
            now = time.monotonic()
            if now - self.told_at < EVERY:
                return
            count, self.count, self.told_at = self.count, 0, now
        log.warning("%s webhooks refused, the last from %s: %s", count, sender, why)
