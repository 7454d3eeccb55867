"""What a host writes of a tree that it has made."""

from __future__ import annotations

from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def mark(folder: Path, *, boot: str = "") -> Path:
    """Mark the tree in this folder as whole, made since this start of the host or another."""
    file = folder / "whole"
    file.write_text(f"{boot or BOOT.read_text().strip()} tests\n")
    return file
