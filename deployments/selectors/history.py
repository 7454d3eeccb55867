"""What was deployed lately."""

from __future__ import annotations

from django.db.models import QuerySet

from deployments.models import Deployment

RECENT = 20


def lately(deployments: QuerySet[Deployment]) -> list[Deployment]:
    """Return the newest few, with all that a table of them shows."""
    return list(
        deployments.select_related("environment__application", "person", "previous")[:RECENT]
    )
