from __future__ import annotations

import subprocess
import sys

LOOK = "import sys, deployments.runner.fanout; print(*sys.modules)"


def test_the_runner_takes_no_memory_for_what_it_never_uses() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()

    assert "paramiko.transport" in loaded
    assert "invoke" not in loaded
    assert "django" not in loaded
