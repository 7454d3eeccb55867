"""How the bot of this installation is spoken to: its names, and the team's own verb."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from bots.language import Parsed, parse
from bots.language.names import Names


def verb() -> str:
    """Return the team's word for “deploy”."""
    return str(settings.SHIPMATE_VERB)


def read(
    text: str,
    *,
    signs: str = "",
    addressed: bool = True,
    in_thread: bool = False,
    asked: Callable[[], bool] = lambda: False,
    known: Callable[[], Names] | None = None,
) -> Parsed:
    """Return what a line means here; what is asked of it is explained at `parse`."""
    return parse(
        text,
        names=settings.SHIPMATE_BOT_NAMES,
        signs=signs,
        addressed=addressed,
        in_thread=in_thread,
        asked=asked,
        verb=verb(),
        known=known,
    )
