"""Faults at random moments: whatever befalls Shipmate, a host, or the line between them.

For each fault deployments are begun on real sshd hosts (dash and busybox by turns), struck at
moments that are spread over their lives, and waited for; nobody touches anything. What is right:
each step ran once, the status is true, the stored log is the host's to the last byte, nothing is
left on the host, and the next deployment works.

    python -m benchmarks.faults [--faults a,b] [--moments N] [--quick] [--json] [--seed N]
                                [--markdown FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.faulty import names, table

ROOT = Path(__file__).resolve().parent.parent
AT_ONE = 6  # faults at one installation


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--faults", default="", help="their names, with commas; else all")
    parser.add_argument("--moments", type=int, default=25, help="of each fault")
    parser.add_argument("--quick", action="store_true", help="4 moments of the quickest faults")
    parser.add_argument(
        "--at-once", action="store_true", help="one moment of each that strikes one deployment"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))  # noqa: S311
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    parser.add_argument("--markdown", type=Path, help="write the table for the documentation")
    given = parser.parse_args()
    chosen = _chosen(given)
    found = []
    for one in measure(chosen, given):
        found.append(one)
        if not given.json:
            print(table.line(one), flush=True)
    if given.json:
        print(json.dumps(_figures(found, given.seed)))
    else:
        print(table.plain(found), f"seed {given.seed}", sep="\n")
    if given.markdown:
        table.write(given.markdown, found, seed=given.seed)
    if table.problems(found):
        sys.exit(1)


def measure(chosen: list[str], given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Strike with each fault; some of one kind of installation share it, as its disk is small."""
    moments = min(given.moments, 4) if given.quick else given.moments
    for kind, names_there in _shared(chosen, len(chosen) if given.at_once else AT_ONE):
        count = len(names_there) if given.at_once else moments
        command = [sys.executable, "-m", "benchmarks.faulty", "--kind", kind]
        command += ["--faults", ",".join(names_there), "--moments", str(count)]
        command += ["--seed", str(given.seed), *(["--at-once"] if given.at_once else [])]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                yield json.loads(line)
        if process.returncode:
            sys.exit(f"the installation on {kind} broke")


def _shared(chosen: list[str], most: int) -> Iterator[tuple[str, list[str]]]:
    for kind, group in groupby(sorted(chosen, key=names.kind), key=names.kind):
        found = list(group)
        for start in range(0, len(found), most):
            yield kind, found[start : start + most]


def _chosen(given: argparse.Namespace) -> list[str]:
    if not given.faults:
        return list(names.AT_ONCE if given.at_once else names.QUICK if given.quick else names.KINDS)
    asked: list[str] = given.faults.split(",")
    if unknown := [name for name in asked if name not in names.KINDS]:
        sys.exit(f"No such fault: {', '.join(unknown)}. There are: {', '.join(names.KINDS)}")
    return asked


def _figures(found: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    moments = sum(one["moments"] for one in found)
    right = sum(one["right"] for one in found)
    return {"seed": seed, "right_to_moments_ratio": right / moments, "faults": found}


if __name__ == "__main__":
    main()
