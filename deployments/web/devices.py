"""Where somebody is signed in, in words: “Firefox on Linux”."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession

# The first that is found counts: Edge says that it is Chrome, and Chrome that it is Safari.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
SYSTEMS = {
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Seen:
    id: int
    device: str
    address: str
    first: datetime
    last: datetime
    here: bool
    way: str = ""  # who vouched; empty: the password


def device(agent: str) -> str:
    """Say what a browser says it is."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    if not browser and not system:
        return agent[:60] or "an unnamed program"
    return f"{browser or 'a browser'} on {system}" if system else browser


def seen(sessions: Iterable[UserSession], here: str | None) -> list[Seen]:
    """Return the sessions for a page; `here` is the key of the one that asks."""
    return [
        Seen(
            session.pk,
            device(session.user_agent),
            session.ip,
            session.created_at,
            session.last_seen_at,
            session.session_key == here,
            session.data.get("way", ""),
        )
        for session in sessions
    ]
