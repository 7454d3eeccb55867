"""What a terminal makes of its output: which signs are text, and which are not shown. Pure."""

from __future__ import annotations

import re

# A colour or style; any other control sequence; a title or link; two-byte escapes; stray controls.
SEQUENCE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;]*)m"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    # Signs that turn the reading direction could make a line say what it does not.
    r"|[\u202a-\u202e\u2066-\u2069]"
)


def plain(text: str) -> str:
    """Return the text without any control sequence."""
    return SEQUENCE.sub("", text)


def overwritten(line: str) -> str:
    """Return what a terminal shows after the last carriage return, as of a progress bar."""
    shown = line.rstrip("\r")
    return shown.rsplit("\r", 1)[-1] if "\r" in shown else shown
