"""Which addresses may become links."""

from __future__ import annotations

import re

WEB = re.compile(r"https?://[^\s/]|/(?![/\\])", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x20\x7f]")


def web_address(url: str) -> str:
    """Return the address if it leads into this server or the web, else nothing."""
    return url if WEB.match(url) and not CONTROL.search(url) else ""
