"""What things may be called."""

from __future__ import annotations

from django.core.validators import RegexValidator

from deployments import lines

# The chat language's own words; an application called like one could not be spoken of.
RESERVED = {
    "approve", "auto-deploy", "cancel", "changed", "command", "deploy", "deploys", "deployments",
    "diff", "forget", "freeze", "freezes", "go", "graph", "help", "link", "lock", "locks", "log",
    "no", "plan", "promote", "queue", "reject", "retry", "rollback", "search", "show", "status",
    "steal", "tell", "unfreeze", "unlock", "wcid", "what", "where", "which", "who", "why", "yes",
    "failed", "to", "in", "on", "because", "when", "at", "after", "from", "for", "into", "the",
    "of", "and", "me",
}  # fmt: skip

TAKEN = frozenset({"new"})  # words of the settings pages' own addresses


def is_reserved(name: str) -> bool:
    """Return whether it is a word of the language, or the team's own word for deploying."""
    own = {lines.spoken(word) for word in ("deploy", "deploys", "auto-deploy")}
    return name in RESERVED | own


slug = RegexValidator(
    r"\A[a-z0-9][-_.a-z0-9]{0,62}\Z",
    "Use small letters, digits, “-”, “_” and “.”, beginning with a letter or a digit; at most 63.",
)
variable = RegexValidator(
    r"\A[A-Za-z_][A-Za-z0-9_]{0,99}\Z",
    "Use letters, digits and “_”, not beginning with a digit, as for an environment variable.",
)
