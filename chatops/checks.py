"""Combinations of settings that cannot work, or that must not be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from django.db import DatabaseError

from chatops import sign_in
from deployments.lines import plural
from deployments.models.names import RESERVED
from deployments.services import shared_keys

VERB = re.compile(r"[a-z]{2,20}")
NAME = re.compile(r"[\w.-]+")
AT_LEAST_ONE = (
    "SHIPMATE_LEASE_SECONDS",
    "SHIPMATE_HOST_PATIENCE",
    "SHIPMATE_PENDING_DEADLINE",
    "SHIPMATE_QUEUED_DEADLINE",
    "SHIPMATE_WAITING_DEADLINE",
    "SHIPMATE_CHECK_PATIENCE",
    "SHIPMATE_LONGEST_DEPLOYMENT",
    "SHIPMATE_MIRROR_MAX_MB",
    "GIT_TIMEOUT",
)
ON_PURPOSE = "If it was changed on purpose: manage.py keys --renew."
KEYS = {
    shared_keys.SIGNING: Error(
        "SHIPMATE_SECRET_KEY is another one than this database's other machines have: sessions and "
        "what lies in the queue would be no good to each other.",
        hint=f"Give each machine the same, such as keys/secret_key of the first. {ON_PURPOSE}",
        id="shipmate.E020",
    ),
    shared_keys.SECRETS: Error(
        "SHIPMATE_FERNET_KEY is another one than this database's other machines have: this one "
        "could read no secret.",
        hint="Give each machine the same, such as keys/fernet_key of the first; where keys are "
        f"rotated, each needs the newest in SHIPMATE_FERNET_KEYS. {ON_PURPOSE}",
        id="shipmate.E021",
    ),
}
ROLES = ("", "viewer", "deployer", "maintainer", "admin")


def register() -> None:
    register_check(server, Tags.security)
    register_check(values, Tags.security)
    register_check(sign_in.ways, Tags.security)
    register_check(keys, Tags.database)


def server(**_: Any) -> list[CheckMessage]:
    """Say what a real installation lacks."""
    return list(_lacks()) if settings.SERVER else []


def _lacks() -> Iterator[CheckMessage]:
    if not settings.ALLOWED_HOSTS:
        yield Error(
            "A server does not start without the names it answers to.",
            hint="Set SHIPMATE_ALLOWED_HOSTS, such as deploy.example.com.",
            id="shipmate.E001",
        )
    if settings.SHIPMATE_DEMO:
        yield Error(
            "The demo's SSH target is no place to deploy to for real.",
            hint="Unset SHIPMATE_DEMO, or run script/demo.",
            id="shipmate.E002",
        )
    if not settings.SHIPMATE_URL.startswith("https://"):
        yield Error(
            "Links in messages need the address that people use, and sign-in needs https.",
            hint="Set SHIPMATE_URL, such as https://deploy.example.com.",
            id="shipmate.E003",
        )


def values(**_: Any) -> list[CheckMessage]:
    """Say which values can only be slips."""
    found: list[CheckMessage] = []
    if not all(map(_is_fernet_key, settings.SHIPMATE_FERNET_KEYS)):
        found.append(
            Error(
                "A key for secrets at rest is not one.",
                hint="SHIPMATE_FERNET_KEYS: 32 bytes in URL-safe base64 each, with commas between.",
                id="shipmate.E004",
            )
        )
    found += [
        Error(f"{name} is {getattr(settings, name)}; it is at least 1.", id="shipmate.E005")
        for name in AT_LEAST_ONE
        if getattr(settings, name) < 1
    ]
    found += _wrong_words()
    if bool(settings.SHIPMATE_GITHUB_APP) != bool(settings.SHIPMATE_GITHUB_APP_WEBHOOK_SECRET):
        found.append(
            Error(
                "The webhook of a GitHub App is half set.",
                hint="SHIPMATE_GITHUB_APP is the App's id, SHIPMATE_GITHUB_APP_WEBHOOK_SECRET its"
                " webhook's secret; unset both to do without.",
                id="shipmate.E038",
            )
        )
    if settings.SHIPMATE_SECOND_FACTOR not in ROLES:
        found.append(
            Error(
                f"SHIPMATE_SECOND_FACTOR is “{settings.SHIPMATE_SECOND_FACTOR}”, which is no role.",
                hint="Write deployer, maintainer or admin, or leave it out.",
                id="shipmate.E009",
            )
        )
    return found


def keys(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Say where this machine's keys are not those of the installation in the database."""
    if not databases:
        return []
    try:
        strange = shared_keys.strange()
    except DatabaseError:  # without tables yet, or away: its own check tells
        return []
    return [KEYS[name] for name in strange]


def _wrong_words() -> Iterator[CheckMessage]:
    """Say which of the bot's own words nobody could say to it."""
    verb, names = settings.SHIPMATE_VERB, settings.SHIPMATE_BOT_NAMES
    if not VERB.fullmatch(verb):
        yield Error(
            f"“{verb}” is no verb that lines could begin with.",
            hint="SHIPMATE_VERB: one word of 2 to 20 small letters, such as ship.",
            id="shipmate.E006",
        )
    elif {verb, plural(verb)} & (RESERVED - {"deploy", "deploys"}) or verb in names:
        yield Error(
            f"“{verb}” or “{plural(verb)}” means something else in chat.",
            hint="SHIPMATE_VERB: a word that is no other command's and no name of the bot.",
            id="shipmate.E007",
        )
    for name in names:
        if not NAME.fullmatch(name) or name.lower() in RESERVED:
            yield Error(
                f"The bot cannot be called “{name}”.",
                hint="SHIPMATE_BOT_NAMES: words of letters, digits, “-”, “_” and “.” that are no "
                "commands, with commas between.",
                id="shipmate.E008",
            )


def _is_fernet_key(text: str) -> bool:
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
