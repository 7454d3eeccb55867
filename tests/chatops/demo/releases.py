"""Releases of the demo's application, made without Shipmate."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from chatops.demo.repository import run_git


def git(repository: Path, *arguments: str) -> str:
    return run_git(repository, *arguments).decode().strip()


def checkout(repository: Path, ref: str, release: Path) -> Path:
    """Put a commit where Shipmate would, with the file that tells its revision."""
    release.mkdir(parents=True)
    tree = run_git(repository, "archive", ref)
    subprocess.run(["tar", "-xf", "-"], cwd=release, input=tree, check=True)
    (release / "REVISION").write_text(git(repository, "rev-parse", f"{ref}^{{commit}}") + "\n")
    return release


def command(release: Path, name: str) -> subprocess.CompletedProcess[str]:
    settings = {"HELLO_PACE": "0", "HELLO_STATE": str(release.parent / "state")}
    return subprocess.run(
        [f"bin/{name}"],
        cwd=release,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
    )
