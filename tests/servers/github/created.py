"""Deployments that somebody created at GitHub."""

from __future__ import annotations

from tests.servers.github.description import completed
from tests.servers.github.hub import Json, Kept


def know(kept: Kept, told: Json) -> Json:
    """Let this have been created, as an event tells of it; return what GitHub says of it."""
    creator = completed("simple-user", told.get("creator") or {})
    made = completed("deployment", {**told, "creator": creator})
    kept.deployments = [one for one in kept.deployments if one["id"] != made["id"]]
    kept.deployments.append(made)
    return made
