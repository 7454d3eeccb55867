"""Where code lives: one dictionary, one small contract."""

from __future__ import annotations

from importlib import import_module

from deployments.exceptions import Invalid
from deployments.forges.contract import Forge

FORGES = {
    "local": "deployments.forges.local.LocalForge",
    "github": "deployments.forges.github.GitHubForge",
}


def forge(name: str) -> Forge:
    """Return the forge of this name, imported on first use."""
    if name not in FORGES:
        raise Invalid(f"There is no forge “{name}”. There is: {', '.join(FORGES)}.")
    module, _, attribute = FORGES[name].rpartition(".")
    found: Forge = getattr(import_module(module), attribute)()
    return found
