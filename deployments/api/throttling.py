"""How often a person, and a token, may ask; counted for all web processes together."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle

from deployments.models import ApiToken


class PersonRate(UserRateThrottle):
    """All requests of one person, by whichever token."""


class TokenWriteRate(SimpleRateThrottle):
    """What one token starts, stops or reports. Reading does not count."""

    scope = "write"

    def get_cache_key(self, request: Request, view: object) -> Any:
        if request.method in SAFE_METHODS or not isinstance(request.auth, ApiToken):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.auth.pk}
