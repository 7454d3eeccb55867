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
KINDS = {
    **dict.fromkeys((*OWN, *HOSTS), "sqlite"),
    **dict.fromkeys(("clock-forward", "clock-back"), "clock"),
    **dict.fromkeys(("postgres", "postgres-locked"), "postgres"),
    "redis": "redis",
}
QUICK = ("worker", "restart", "told-twice", "web", "session", "sshd", "disk", "reboot", "cancel")


def kind(name: str) -> str:
    return KINDS[name]
