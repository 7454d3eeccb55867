"""What people type, without the signs that nobody sees.

Control signs reach terminals, and what turns the direction of writing would let a reason or a name
change how the sentence around it reads.
"""

from __future__ import annotations

import re

# C0 and C1 without the tab, line separators, and what turns the direction of writing.
INVISIBLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def line(text: str) -> str:
    """Return one line, white space single."""
    return " ".join(INVISIBLE.sub(" ", text).split())


def lines(text: str) -> str:
    """Return the text with its lines."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(INVISIBLE.sub("", part) for part in kept).strip()
