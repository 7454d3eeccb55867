"""What is set otherwise today than when a deployment was claimed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployments.models import Deployment, Environment
from deployments.selectors import secrets


def changed(deployment: Deployment) -> list[str]:
    """Name the settings, hosts and secrets that a retry would find changed. Never their values."""
    then = deployment.settings
    if not then:
        return []  # nothing was frozen: it never began
    environment = deployment.environment
    found = _differ(then.get("settings", {}), environment.effective_settings)
    found += [
        f"secret {name}" for name in _differ(then.get("secrets", {}), secrets.marks(environment))
    ]
    before = {host["name"] for host in then.get("hosts", [])}
    if not deployment.hosts and before != _hosts(environment):
        found.append("hosts")
    return found


def _differ(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = sorted({**then, **now})
    return [name for name in names if (then.get(name) or None) != (now.get(name) or None)]


def _hosts(environment: Environment) -> set[str]:
    return set(environment.placements.values_list("host__name", flat=True))
