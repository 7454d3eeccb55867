"""How often a person, and a token, may ask; counted for all web processes together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import connection, transaction
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle

from deployments.models import ApiToken

if TYPE_CHECKING:  # the framework's views import what throttles there are
    from rest_framework.views import APIView


class Exact(SimpleRateThrottle):
    """Counts every request, also those that come at once, and always says when to come again.

    The framework reads and writes without holding anything, so of sixteen at once it counts one;
    and it says nothing of when where more was counted than is allowed.
    """

    history: list[float]
    now: float
    num_requests: int
    duration: int

    def allow_request(self, request: Request, view: APIView) -> bool:
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        with transaction.atomic(savepoint=False):  # SQLite lets one in at a time
            _hold(key)
            return bool(super().allow_request(request, view))

    def wait(self) -> float:
        until = self.history[self.num_requests - 1] + self.duration
        return max(until - self.now, 1.0)


def _hold(key: str) -> None:
    """Let others who count under this key wait until this transaction ends."""
    if connection.vendor == "postgresql" and isinstance(caches["default"], BaseDatabaseCache):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [key])


class PersonRate(Exact, UserRateThrottle):
    """All requests of one person, by whichever token."""

    def look(self, request: Request, view: APIView) -> None:
        """Read how many there were, and count none."""
        self.now = self.timer()
        counted = self.cache.get(self.get_cache_key(request, view), [])
        self.history = [moment for moment in counted if moment > self.now - self.duration]

    def told(self) -> dict[str, int]:
        """Return how many are left. The window slides: the oldest one is given back first."""
        used = len(self.history)
        begun = self.history[-1] if self.history else self.now
        return {
            "limit": self.num_requests,
            "remaining": max(self.num_requests - used, 0),
            "used": used,
            "reset": int(begun + self.duration) + 1,
        }


class TokenWriteRate(Exact):
    """What one token starts, stops or reports. Reading does not count."""

    scope = "write"

    def get_cache_key(self, request: Request, view: object) -> Any:
        if request.method in SAFE_METHODS or not isinstance(request.auth, ApiToken):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.auth.pk}
