"""What to do next after a deployment that did not succeed. Pure."""

from __future__ import annotations

NEXT = {
    "command": "Read its last lines below. If the cause is in the code, deploy the fix; "
    "if it was an accident, retry.",
    "health": "The new version runs but does not answer well. Read the check's lines below, "
    "then roll back or deploy a fix.",
    "timed_out": "Its commands were stopped on the hosts. See where it hung below; the longest "
    "time and silence allowed stand in the environment's settings.",
    "partly": "Some hosts run the new version, some the old one. Retrying the failed hosts brings "
    "those to the new one, rolling back returns all to the old one.",
    "unreachable": "Nothing is known to be wrong with the code. See that the host is up and lets "
    "Shipmate in, then retry.",
    "host_key": "A maintainer compares the fingerprint on the host's settings page and accepts it, "
    "then retry.",
    "lost": "The host no longer knows how it ended. Look at the host, then retry.",
    "forge": "See that the repository answers and has this commit, then retry.",
    "settings": "A maintainer puts the settings right, then retry.",
}
USUAL = "See the log and the timeline, then retry or deploy another version."


def advice(reason: str) -> str:
    """Return the next step in a sentence or two."""
    return NEXT.get(reason, USUAL)
