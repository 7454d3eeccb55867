"""A few moments of a few faults; `python -m benchmarks.faults` has them all (docs/faults.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faulty import names, table
from benchmarks.faulty.catalogue import FAULTS

ROOT = Path(__file__).resolve().parents[2]
FOUND = {
    "name": "worker",
    "words": "the worker killed",
    "moments": 2,
    "hit": 2,
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
def test_shipmate_survives_what_strikes_single_deployments_all_at_once() -> None:
    found = struck("--at-once")

    assert problems(found) == []
    assert {one["name"] for one in found["faults"]} == set(names.AT_ONCE)
    assert sum(one["hit"] for one in found["faults"]) > len(names.AT_ONCE) / 2


@pytest.mark.slow
@pytest.mark.sshd
@pytest.mark.timeout(600)
def test_shipmate_survives_the_end_of_all_its_processes() -> None:
    found = struck("--faults", "restart,web", "--moments", "3")

    assert problems(found) == []
    assert found["right_to_moments_ratio"] == 1


def struck(*options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.faults", "--seed", "7", "--json", *options]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=580, check=False
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def problems(found: dict[str, Any]) -> list[str]:
    return [problem for one in found["faults"] for problem in one["problems"]]


def test_each_name_has_its_fault_and_each_fault_its_name() -> None:
    assert set(names.KINDS) == FAULTS.keys() - {"calm"}
    assert set(names.QUICK) <= set(names.KINDS)
    assert not any(FAULTS[name].together for name in names.AT_ONCE)


def test_the_table_tells_how_many_moments_went_right() -> None:
    assert table.rows([FOUND]) == [("the worker killed", "2", "2", "2", "1 of 2", "4.0 s", "5.0 s")]
    assert table.plain([FOUND]).splitlines()[-1] == "! worker: #1: build ran 2 times"


def test_the_table_takes_its_place_in_the_documentation(tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    page.write_text(f"Before.\n{table.BEGIN}\nold\n{table.END}\nAfter.\n")

    table.write(page, [FOUND], seed=7)

    text = page.read_text()
    assert text.startswith("Before.\n")
    assert text.endswith("After.\n")
    assert "| the worker killed | 2 | 2 | 2 | 1 of 2 | 4.0 s | 5.0 s |" in text
    assert "old" not in text
