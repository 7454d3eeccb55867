"""What a deployment does: one dictionary, one small contract (contract.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.module_loading import import_string

from .contract import Provider

PROVIDERS = {
    "ssh": "deployments.providers.ssh.SshProvider",
    "command": "deployments.providers.command.CommandProvider",
    "heroku": "deployments.providers.heroku.HerokuProvider",
    "beanstalk": "deployments.providers.beanstalk.BeanstalkProvider",
}


@cache
def provider(name: str) -> Provider:
    """Return the provider of this name."""
    made: Provider = import_string(PROVIDERS[name])()
    return made


@cache
def without_hosts() -> list[str]:
    """Return the names of those that show none: clouds, which are asked themselves what runs."""
    return [name for name in PROVIDERS if not provider(name).takes_hosts]


@dataclass(frozen=True)
class Way:
    """A provider, and a preset of it where it has any: what people choose from."""

    key: str
    label: str
    provider: str
    settings: Mapping[str, Any]
    note: str = ""

    @property
    def is_trusted(self) -> bool:
        """Return whether programs of people's own run as Shipmate does: for administrators."""
        return provider(self.provider).is_trusted


@cache
def ways() -> dict[str, Way]:
    """Return all that there is to choose from, by its key."""
    found = (way for name in PROVIDERS for way in _ways_of(name))
    return {way.key: way for way in found}


def _ways_of(name: str) -> Iterator[Way]:
    made = provider(name)
    if not made.presets:
        yield Way(name, made.label, name, {})
    for preset in made.presets:
        settings = {**preset.settings, "preset": preset.name}
        yield Way(f"{name}:{preset.name}", preset.label, name, settings, preset.note)


def way_of(name: str, settings: Mapping[str, Any]) -> Way:
    """Return the way that was chosen; one that nobody knows any more is told by its provider."""
    made = provider(name)
    key = f"{name}:{settings.get('preset', '')}" if made.presets else name
    return ways().get(key) or Way(key, made.label, name, {})
