"""The entries of the main menu, and of the settings. Others add theirs from their AppConfig."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from deployments import rights
from deployments.models import Person
from deployments.rights import Right
from deployments.web.doors import person_of


@dataclass(frozen=True)
class Entry:
    label: str
    view: str
    order: int = 50
    count: Callable[[HttpRequest], int] | None = None
    icon: str = ""
    right: Right = "see"  # who lacks it does not see the entry
    somewhere: bool = False  # holding the right for anything at all is enough
    below: str = ""  # its other pages, where they do not lie below its own address


_entries: list[Entry] = [
    Entry("Board", "board", 10),
    Entry("History", "history", 20),
    Entry("Queue", "queue", 30),
]
_settings: list[Entry] = [
    Entry("Apps", "settings", 10, icon="board", below="/settings/apps/"),
    Entry("Hosts", "hosts-settings", 20, icon="host"),
    Entry("People", "people-settings", 30, icon="people"),
    Entry("Audit", "audit", 40, icon="history", right="configure", somewhere=True),
    Entry("Webhooks", "deliveries", 58, icon="git-compare", right="configure", somewhere=True),
    Entry("Told to GitHub", "reports", 59, icon="send", right="configure", somewhere=True),
    Entry("Tokens", "tokens-settings", 80, icon="key"),
    Entry("You", "profile", 90, icon="at"),
]


# Pages that stand in no menu, but are found by their names.
_others: list[Entry] = [
    Entry("Weeks: deployments a week", "weeks"),
    Entry("New app", "application-new", right="configure"),
    Entry("Import apps.json of hubot-deploy", "apps-import", right="configure"),
    Entry("API: what scripts can do", "api-docs"),
    Entry("API: try it out", "api-try"),
    Entry("Second factor", "mfa_index"),
    Entry("Change the password", "account_change_password"),
    Entry("Sign out", "account_logout"),
]


def add(entry: Entry) -> None:
    """Add an entry; the same view is there once."""
    _add(_entries, entry)


def add_setting(entry: Entry) -> None:
    """Add an entry to the menu beside the settings pages."""
    _add(_settings, entry)


def add_other(entry: Entry) -> None:
    """Add a page that stands in no menu."""
    _add(_others, entry)


def _add(entries: list[Entry], entry: Entry) -> None:
    if all(entry.view != known.view for known in entries):
        entries.append(entry)
        entries.sort(key=lambda known: known.order)


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every template `menu` and the chosen `theme`."""
    theme = request.COOKIES.get("theme", "")
    return {
        "menu": [_item(entry, request) for entry in _entries] if _signed_in(request) else [],
        "theme": theme if theme in ("light", "dark") else "",
    }


def pages(request: HttpRequest) -> list[dict[str, Any]]:
    """Return every page that has a name, as far as it concerns the person."""
    return _concerning([*_entries, *_settings, *_others], request, person_of(request))


def settings(request: HttpRequest, person: Person) -> list[dict[str, Any]]:
    """Return the menu beside the settings pages, as far as it concerns the person."""
    return _concerning(_settings, request, person)


def _concerning(entries: list[Entry], request: HttpRequest, person: Person) -> list[dict[str, Any]]:
    asked = {(entry.right, entry.somewhere) for entry in entries}
    held = {each for each in asked if _holds(person, *each)}
    return [_item(one, request) for one in entries if (one.right, one.somewhere) in held]


def _holds(person: Person, right: Right, somewhere: bool) -> bool:
    return rights.may_somewhere(person, right) if somewhere else rights.may(person, right)


def _signed_in(request: HttpRequest) -> bool:
    return hasattr(request, "user") and request.user.is_authenticated


def _item(entry: Entry, request: HttpRequest) -> dict[str, Any]:
    url = reverse(entry.view)
    within = entry.below or (url if url != "/" else "")
    here = request.path == url or bool(within and request.path.startswith(within))
    return {
        "icon": entry.icon,
        "label": entry.label,
        "url": url,
        "current": here,
        "count": entry.count(request) if entry.count else 0,
    }
