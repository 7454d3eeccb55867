"""A phase on many hosts over SSH: connect, upload, run, follow, cancel. Knows no database."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType


def _import_paramiko_alone() -> None:
    """Import Paramiko without what it takes 8 MB for in each process.

    That is invoke, for lines of an ssh_config that nobody reads here, and importlib.metadata with
    email, csv and zipfile, for its own version.
    """
    if "paramiko" in sys.modules or "invoke" in sys.modules:
        return
    sys.modules["invoke"] = None  # type: ignore[assignment]
    in_its_place = "importlib.metadata" not in sys.modules
    if in_its_place:
        sys.modules["importlib.metadata"] = _Versions("importlib.metadata")
    try:
        import paramiko  # noqa: F401, PLC0415
    finally:
        del sys.modules["invoke"]
        if in_its_place:
            del sys.modules["importlib.metadata"]


class _Versions(ModuleType):
    """As much of importlib.metadata as Paramiko uses."""

    def version(self, name: str) -> str:
        """Return the version that stands in the name of a package's folder, or nothing."""
        folders = (found for place in sys.path for found in Path(place).glob(f"{name}-*.dist-info"))
        first = next(folders, None)
        return first.name.removeprefix(f"{name}-").removesuffix(".dist-info") if first else ""


_import_paramiko_alone()
