"""A phase on many hosts over SSH: connect, upload, run, follow, cancel. Knows no database."""

from __future__ import annotations

import sys


def _import_paramiko_alone() -> None:
    """Import Paramiko without invoke.

    It would take 6 MB in each process, for lines of an ssh_config that nobody reads here.
    """
    if "paramiko" in sys.modules or "invoke" in sys.modules:
        return
    sys.modules["invoke"] = None  # type: ignore[assignment]
    try:
        import paramiko  # noqa: F401, PLC0415
    finally:
        del sys.modules["invoke"]


_import_paramiko_alone()
