"""How long a line takes to be understood, also one that is made to take long.

The peer, measured in the same run, is one regular expression that accepts what hubot-deploy's
accepted: task, force, app, ref, environment, hosts and code. It knows no other line, and is silent
where it does not match.

    python -m benchmarks.language [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections.abc import Callable

from bots.language.names import Names
from bots.language.parser import parse
from bots.language.repair import MOST_LETTERS
from bots.language.text import LONGEST

LIMIT = 0.001  # seconds for a line
SIZES = {"mended": MOST_LETTERS, "read": LONGEST, "100kb": 100_000}  # letters of a hostile line
PEER = re.compile(
    r"^\s*@?shipmate[:,]?\s*(deploy(?::[^\s]+)?)(!)?\s+([-_.0-9a-z]+)(?:/([^\s]+))?"
    r"(?:\s+(?:to|in|on)\s+([-_.0-9a-z]+)(?:/([^\s]+))?)?"
    r"\s*(?:([cbdefghijklnrtuv]{32,64}|\d{6})?\s*)?$",
    re.IGNORECASE,
)
COMMANDS = (
    "deploy web",
    "deploy web/fix-login to production",
    "deploy web on production/web-1,db",
    "deploy! web to staging",
    "deploy:migrations web to qa",
)
OTHERS = (
    "deploy web,api to qa REGION=eu because we move",
    "lock web in staging for 1h30m because we test",
    "promote web from qa to production",
    "where can i deploy web",
    "search app:web state:failure refused",
)
NEAR_MISSES = (
    "deploy to production web",
    "deplyo wbe into prodution now",
    "rollback web production",
    "what is in production?",
    "lock web until friday",
)
HOSTILE: dict[str, Callable[[int], str]] = {
    "one_word": lambda size: "x" * size,
    "many_words": lambda size: "deploy " + "web " * (size // 4),
    "slashes": lambda size: "deploy " + "a/" * (size // 2),
    "apps": lambda size: "deploy " + "a," * (size // 2),
    "hosts": lambda size: "deploy web to qa/" + "a," * (size // 2),
    "parameters": lambda size: "deploy web " + "".join(f"A{i}=b " for i in range(size // 8)),
    "markup": lambda size: "<@" * (size // 2),
    "entities": lambda size: "&amp;" * (size // 5),
    "quotes": lambda size: "search " + "“" * size,
    "duration": lambda size: "lock web for " + "1d" * (size // 2),
    "reason": lambda size: "deploy web to qa because " + "&amp; “x” " * (size // 10),
    "slips": lambda size: "rollback " + "".join(f"ap{i}-prodcton " for i in range(size // 12)),
    "names": lambda size: "deplyo " + "".join(f"app{i} " for i in range(size // 7)),
}
NAMES = Names(
    {f"app-{number}": ["production", "staging", "qa"] for number in range(48)}
    | {"web": ["production", "staging", "qa"], "api": ["production", "qa"]},
    {"prod": "production"},
    tasks=lambda app: ("cache", "migrations"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    found = measure(rounds=50 if given.quick else 1000, repeats=3 if given.quick else 9)
    print(json.dumps(found) if given.json else _table(found))
    if _is_slow(found):
        sys.exit(1)


def measure(rounds: int, repeats: int) -> dict[str, float]:
    """Return medians in seconds, and ratios by name."""
    ours = _each(COMMANDS, rounds, _understand)
    theirs = _each(COMMANDS, rounds, PEER.match)
    found = {
        "command_seconds": ours,
        "hubot_pattern_seconds": theirs,
        "other_line_seconds": _each(OTHERS, rounds, _understand),
        "near_miss_seconds": _each(NEAR_MISSES, max(10, rounds // 20), _understand),
        "command_to_hubot_pattern_ratio": ours / theirs,
    }
    for size, letters in SIZES.items():
        each = {name: _fastest(make(letters), repeats) for name, make in HOSTILE.items()}
        found |= {f"hostile_{name}_{size}_seconds": taken for name, taken in each.items()}
        found[f"slowest_hostile_{size}_seconds"] = max(each.values())
    return {name: float(f"{value:.3g}") for name, value in found.items()}


def _understand(line: str) -> object:
    return parse(line, known=lambda: NAMES)


def _each(lines: tuple[str, ...], rounds: int, read: Callable[[str], object]) -> float:
    """Return the median time of one line."""
    said = [f"shipmate {line}" for line in lines]
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        for line in said:
            read(line)
        times.append((time.perf_counter() - started) / len(said))
    return statistics.median(times)


def _fastest(line: str, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        parse(line, addressed=True, known=lambda: NAMES)
        times.append(time.perf_counter() - started)
    return min(times)


def _is_slow(found: dict[str, float]) -> bool:
    return any(value > LIMIT for name, value in found.items() if name.endswith("_seconds"))


def _table(found: dict[str, float]) -> str:
    limit = f"(limit {LIMIT:g})"
    return "\n".join(
        f"{name:44} {value:>12.7g} {limit if name.endswith('_seconds') else ''}".rstrip()
        for name, value in found.items()
    )


if __name__ == "__main__":
    main()
