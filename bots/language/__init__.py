"""The chat language: text in, a typed command out. Pure."""

from __future__ import annotations

from bots.language.commands import (
    Cancel,
    Command,
    Deploy,
    Deploys,
    Diff,
    Help,
    Log,
    NearMiss,
    No,
    NotACommand,
    NotYet,
    Parsed,
    Retry,
    Rollback,
    Show,
    Status,
    Version,
    Why,
    Yes,
)
from bots.language.nearest import nearest
from bots.language.parser import parse
from bots.language.table import help_lines, reserved

__all__ = [
    "Cancel",
    "Command",
    "Deploy",
    "Deploys",
    "Diff",
    "Help",
    "Log",
    "NearMiss",
    "No",
    "NotACommand",
    "NotYet",
    "Parsed",
    "Retry",
    "Rollback",
    "Show",
    "Status",
    "Version",
    "Why",
    "Yes",
    "help_lines",
    "nearest",
    "parse",
    "reserved",
]
