"""The names of all faults, with the kind of installation that each takes."""

from __future__ import annotations

OWN: tuple[str, ...] = (
    "worker",
    "all",
    "restart",
    "supervisor",
    "sigterm",
    "sigstop",
    "idle",
    "idle-stopped",
)
OWN += ("sweeper", "told-twice", "memory", "web", "locked", "state-full", "names")
HOSTS: tuple[str, ...] = (
    "session",
    "sshd",
    "swallowed",
    "slow",
    "frozen",
    "disk",
    "script",
    "supervisor-there",
    "log-cut",
    "folder",
)
HOSTS += ("reboot", "host-key", "cancel")
HOSTS += ("relay", "mute", "supervisor-stopped", "followers", "sessions-stopped")
KINDS = {
    **dict.fromkeys((*OWN, *HOSTS), "sqlite"),
    **dict.fromkeys(("clock-forward", "clock-back"), "clock"),
    **dict.fromkeys(("postgres", "postgres-locked"), "postgres"),
    "redis": "redis",
}
# Each strikes one deployment, and soon shows what comes of it.
AT_ONCE: tuple[str, ...] = ("worker", "told-twice", "sweeper", "session", "sshd", "slow", "disk")
AT_ONCE += (
    "script",
    "supervisor-there",
    "log-cut",
    "folder",
    "reboot",
    "host-key",
    "cancel",
    "relay",
)
QUICK = ("worker", "restart", "told-twice", "web", "session", "sshd", "disk", "reboot", "cancel")


def kind(name: str) -> str:
    return KINDS[name]
