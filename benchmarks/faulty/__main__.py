"""Faults of one kind of installation, in a process of its own (benchmarks/faults.py starts it)."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import django

from benchmarks.faulty import servers
from benchmarks.faulty.shipmate import Shipmate
from benchmarks.scale import forget_others

LEAST_WORKERS, MOST_WORKERS = 3, 7  # in each of two clusters


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", default="sqlite")
    parser.add_argument("--faults", required=True)
    parser.add_argument("--moments", type=int, required=True)
    parser.add_argument("--at-once", action="store_true")
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leaves nothing behind
    with tempfile.TemporaryDirectory(prefix="shipmate-faults-") as folder:
        place = Path(folder)
        base = "sqlite" if given.kind == "clock" else given.kind
        with servers.running(base, place) as server:
            workers = min(max(given.moments // 2 + 1, LEAST_WORKERS), MOST_WORKERS)
            shipmate = Shipmate(
                place, server.variables, workers=workers, clock=given.kind == "clock"
            )
            forget_others()
            os.environ.update(
                {k: v for k, v in shipmate.variables.items() if k.startswith(("DJ", "SHIP"))}
            )
            django.setup()
            try:
                _measure(shipmate, server, given)
            finally:
                shipmate.end()


def _measure(shipmate: Shipmate, server: servers.Server, given: argparse.Namespace) -> None:
    from benchmarks.faulty import striking, world  # noqa: PLC0415  settings are there only now
    from benchmarks.faulty.catalogue import FAULTS  # noqa: PLC0415

    shipmate.start()
    with world.made(shipmate, server, moments=given.moments, seed=given.seed) as made:
        life, chosen = _life(made), given.faults.split(",")
        if given.at_once:
            for found in striking.measure_at_once(made, {n: FAULTS[n] for n in chosen}, life):
                print(json.dumps(found), flush=True)
            return
        for name in chosen:
            print(json.dumps(striking.measure(made, name, FAULTS[name], life)), flush=True)


def _life(made: Any) -> float:
    """Return how long a deployment takes here that nothing befalls: the median of all at once."""
    from benchmarks.faulty import striking  # noqa: PLC0415  settings are there only now
    from benchmarks.faulty.catalogue import FAULTS  # noqa: PLC0415

    found = striking.measure(made, "calm", FAULTS["calm"], 0.1)
    if found["problems"]:
        sys.exit(f"without any fault: {found['problems']}")
    return float(sorted(found["seconds"])[len(found["seconds"]) // 2])


if __name__ == "__main__":
    main()
