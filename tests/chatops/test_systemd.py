"""The unit in docs/ is one that systemd understands."""

from __future__ import annotations

import getpass
import re
import subprocess
from pathlib import Path

import pytest

from chatops import supervision
from tests.servers import checkout

pytestmark = pytest.mark.systemd
UNIT = (checkout.ROOT / "docs/shipmate.service").read_text()


def verified(unit: str, folder: Path) -> str:
    """Return what systemd finds wrong, for this checkout and the person who runs the tests."""
    here = unit.replace("/opt/shipmate", str(checkout.ROOT))
    here = here.replace("User=shipmate", f"User={getpass.getuser()}")
    file = folder / "shipmate.service"
    file.write_text(here)
    command = ["systemd-analyze", "verify", "--man=no", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return "\n".join(line for line in done.stderr.splitlines() if file.name in line)


def test_it_has_no_fault(tmp_path: Path) -> None:
    assert verified(UNIT, tmp_path) == ""


def test_a_fault_would_be_found(tmp_path: Path) -> None:
    assert "mixt" in verified(UNIT.replace("KillMode=process", "KillMode=mixt"), tmp_path)


def test_programs_that_deploy_from_this_machine_outlive_a_restart() -> None:
    settings = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line)

    assert settings["KillMode"] == "process"  # all others kill them
    assert "PrivateTmp" not in settings  # takes away their /tmp
    assert settings["OOMPolicy"] == "continue"


def test_it_waits_until_the_supervisor_has_ended_what_does_not_listen() -> None:
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.M)

    assert int(seconds) > 2 * supervision.PATIENCE
