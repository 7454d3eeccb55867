"""What a search found, marked in its text. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def marked(text: str, words: Sequence[str]) -> SafeString:
    """Return a text as HTML with each of the words in it marked, whatever their case."""
    if not words:
        return format_html("{}", text)
    longest_first = sorted(words, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", text, flags=re.IGNORECASE)
    return format_html_join("", "{}", ((_part(part, place),) for place, part in enumerate(parts)))


def _part(text: str, place: int) -> str:
    """Return what stands at an odd place as a match, as re.split gives them."""
    return format_html("<mark>{}</mark>", text) if place % 2 else text
