"""What people type, without the signs that nobody sees.

Control signs reach terminals, and what turns the direction of writing would let a reason or a name
change how the sentence around it reads.
"""

from __future__ import annotations

import re

from deployments.exceptions import Invalid

LONGEST_REASON = 500

# C0 and C1 without the tab, line separators, and what turns the direction of writing.
INVISIBLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def line(text: str) -> str:
    """Return one line, white space single."""
    return " ".join(INVISIBLE.sub(" ", text).split())


def reason(text: str) -> str:
    """Return why somebody does something, as one line; refuse one that would have to be cut."""
    said = line(text)
    if len(said) > LONGEST_REASON:
        raise Invalid(
            f"A reason has at most {LONGEST_REASON} letters; this one has {len(said):,}. "
            "Say the rest in the thread."
        )
    return said


def lines(text: str) -> str:
    """Return the text with its lines."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(INVISIBLE.sub("", part) for part in kept).strip()
