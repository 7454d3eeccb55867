from __future__ import annotations

import subprocess
import sys

LOOK = "import sys, deployments.runner.fanout; print(*sys.modules)"
VERSIONS = """
import deployments.runner.fanout, paramiko
from importlib import metadata
print(paramiko.__version__ == metadata.version("paramiko"))
"""


def test_the_runner_takes_no_memory_for_what_it_never_uses() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()

    assert "paramiko.transport" in loaded
    assert {"invoke", "email", "csv", "zipfile"}.isdisjoint(loaded)
    assert "django" not in loaded


def test_versions_can_be_asked_for_as_ever_after_it() -> None:
    command = [sys.executable, "-c", VERSIONS]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"True\n"
