"""How somebody's approval is asked in a thread. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bots.messages import Button, Line, Message, phrase
from bots.sentences import DeploymentView
from deployments import lines

ASKED = 3  # people who are named where their approval is asked


def asked(view: DeploymentView, because: str, names: Sequence[str]) -> Message:
    """Ask those who may for their approval, by name: they are needed."""
    named = ", ".join(f"@{name}" for name in names[:ASKED]) or "nobody yet"
    more = " or another" if len(names) > ASKED else ""
    return Message(
        state="waiting",
        parts=phrase(
            because, f" Who may: {named}{more}. To end it: ", Line(lines.reject(view.number, "…"))
        ),
        buttons=(Button("Approve", lines.approve(view.number)),),
        url=view.url,
    )
