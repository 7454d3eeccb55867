"""What a deployment does: one dictionary, one small contract (contract.py)."""

from __future__ import annotations

from functools import cache

from django.utils.module_loading import import_string

from .contract import Provider

PROVIDERS = {
    "ssh": "deployments.providers.ssh.SshProvider",
    "command": "deployments.providers.command.CommandProvider",
}


@cache
def provider(name: str) -> Provider:
    """Return the provider of this name."""
    made: Provider = import_string(PROVIDERS[name])()
    return made
