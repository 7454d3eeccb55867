"""The entries of the main menu. Others add theirs from their AppConfig."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True)
class Entry:
    label: str
    view: str
    order: int = 50
    count: Callable[[HttpRequest], int] | None = None


_entries: list[Entry] = [Entry("Board", "board", 10)]


def add(entry: Entry) -> None:
    """Add an entry; the same view is there once."""
    if all(entry.view != known.view for known in _entries):
        _entries.append(entry)
        _entries.sort(key=lambda known: known.order)


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every template `menu` and the chosen `theme`."""
    theme = request.COOKIES.get("theme", "")
    return {
        "menu": [_item(entry, request) for entry in _entries] if _signed_in(request) else [],
        "theme": theme if theme in ("light", "dark") else "",
    }


def _signed_in(request: HttpRequest) -> bool:
    return hasattr(request, "user") and request.user.is_authenticated


def _item(entry: Entry, request: HttpRequest) -> dict[str, Any]:
    url = reverse(entry.view)
    here = request.path == url if url == "/" else request.path.startswith(url)
    return {
        "label": entry.label,
        "url": url,
        "current": here,
        "count": entry.count(request) if entry.count else 0,
    }
