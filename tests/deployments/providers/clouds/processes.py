"""The programs as a worker runs them: processes with their secrets in their environment."""

from __future__ import annotations

import os
import subprocess
import sys


def started(cloud: str, *arguments: str, **secrets: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"deployments.providers.clouds.{cloud}", *arguments],
        env={"PATH": os.environ["PATH"], **secrets},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Return what the program says up to a line with these words."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it never said {words}, but: {said}")


def ended(process: subprocess.Popen[str]) -> str:
    """Return what the program says to its end."""
    return process.communicate(timeout=120)[0]
