"""What providers are told of a deployment."""

from __future__ import annotations

from typing import Any

from deployments.providers.contract import RELEASE, Context

SHA = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"


def context(settings: dict[str, Any], **more: Any) -> Context:
    """Return that of #812, which brings the shop to production, on no host."""
    told: dict[str, Any] = {
        "number": 812,
        "application": "shop",
        "environment": "production",
        "task": RELEASE,
        "ref": "main",
        "sha": SHA,
        "who": "alice",
        "hosts": (),
        "settings": settings,
        "release": "20261128120000-812",
        "work": "/state/it's here/work/812",
        **more,
    }
    return Context(**told)
