"""Where people talk: one dictionary, one small contract (contract.py)."""

from __future__ import annotations

from functools import cache

from django.utils.module_loading import import_string

from .contract import Platform

PLATFORMS = {
    "flow": "bots.platforms.flow.FlowPlatform",
    "http": "bots.platforms.http.HttpPlatform",
}


@cache
def platform(name: str) -> Platform:
    """Return the platform of this name."""
    made: Platform = import_string(PLATFORMS[name])()
    return made
