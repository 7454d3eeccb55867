"""A few moments of a few faults; `python -m benchmarks.faults` has them all (docs/faults.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.faulty import names, table
from benchmarks.faulty.catalogue import FAULTS

ROOT = Path(__file__).resolve().parents[2]
FOUND = {
    "name": "worker",
    "words": "the worker killed",
    "moments": 2,
    "right": 1,
    "phases": ["build", "check"],
    "ends": {"success": 2},
    "seconds": [3.0, 5.0],
    "notes": {},
    "problems": ["#1: build ran 2 times"],
}


@pytest.mark.slow
@pytest.mark.sshd
@pytest.mark.timeout(600)
@pytest.mark.parametrize("faults", ["worker,restart,told-twice,web", "session,sshd,disk,reboot"])
def test_shipmate_survives_them(faults: str) -> None:
    command = [sys.executable, "-m", "benchmarks.faults", "--faults", faults]
    done = subprocess.run(
        [*command, "--moments", "2", "--seed", "7", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )

    found = json.loads(done.stdout) if done.stdout else {"faults": []}
    assert [problem for one in found["faults"] for problem in one["problems"]] == [], done.stderr
    assert [one["name"] for one in found["faults"]] == faults.split(","), done.stderr
    assert done.returncode == 0, done.stderr


def test_each_name_has_its_fault_and_each_fault_its_name() -> None:
    assert set(names.KINDS) == FAULTS.keys() - {"calm"}
    assert set(names.QUICK) <= set(names.KINDS)


def test_the_table_tells_how_many_moments_went_right() -> None:
    assert table.rows([FOUND]) == [("the worker killed", "2", "2", "1 of 2", "4.0 s", "5.0 s")]
    assert table.plain([FOUND]).splitlines()[-1] == "! worker: #1: build ran 2 times"


def test_the_table_takes_its_place_in_the_documentation(tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    page.write_text(f"Before.\n{table.BEGIN}\nold\n{table.END}\nAfter.\n")

    table.write(page, [FOUND], seed=7)

    text = page.read_text()
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    assert "| the worker killed | 2 | 2 | 1 of 2 | 4.0 s | 5.0 s |" in text
    assert "old" not in text
