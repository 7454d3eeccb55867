"""Bytes that strangers wrote, as text that may be shown."""

from __future__ import annotations

import re

from deployments.typed import INVISIBLE

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
USERINFO = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s'\"]*@")
# In a patch a control sign is part of the change: it is drawn instead of dropped.
DRAWN: dict[int, int | str] = (
    {code: 0x2400 + code for code in range(32) if code not in (9, 10)}
    | {0x7F: 0x2421}
    | {
        code: f"⟨U+{code:04X}⟩"
        for code in (*range(0x80, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
    }
)


def plain(data: bytes) -> str:
    """Return one line without invisible signs."""
    return INVISIBLE.sub("", data.decode(errors="replace"))


def drawn(data: bytes) -> str:
    """Return lines in which invisible signs can be seen."""
    return data.decode(errors="replace").translate(DRAWN)


def path(data: bytes) -> str:
    """Return a path on one line: a newline in a name shows as \\n."""
    text = data.decode(errors="replace").replace("\\", "\\\\").replace("\t", "\\t")
    return INVISIBLE.sub(_escaped, text)


def without_credentials(text: str) -> str:
    """Return the text with user and password taken out of every address."""
    return USERINFO.sub(r"\1", text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
