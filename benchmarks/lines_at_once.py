"""50 people say a line at the same moment: when each has the bot's answer on the page.

All processes of an installation run as in script/demo, on SQLite. A line counts as acknowledged
when its POST was answered and the bot's answer stands in the fragment that an open page of the
room has fetched. The peer, measured in the same run, is the same with one person at a time.

    python -m benchmarks.lines_at_once [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from dataclasses import dataclass, replace
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.installation import configured, running

if TYPE_CHECKING:
    from benchmarks.people import OpenPage, Visitor
    from chatops.demo.options import Options

LIMIT = 1.0  # seconds at the 99th percentile
PEOPLE = 50
PLACE = "/flow/deploys/"
LINES = ("shipmate status hello", "shipmate deploys hello", "shipmate where can i deploy hello")
PATIENCE = 60.0
POLL = 0.05


@dataclass(frozen=True)
class Took:
    """When a line was said, when its POST was answered, when the bot's answer was on the page."""

    began: float
    kept: float
    shown: float = 0.0

    @property
    def acknowledged(self) -> float:
        return max(self.kept, self.shown) - self.began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="2 rounds in place of 20")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured() as options:
        found = measure(options, rounds=2 if given.quick else 20)
    print(json.dumps(found) if given.json else _table(found))
    if found["acknowledged_p99_seconds"] > LIMIT:
        sys.exit(1)


def measure(options: Options, rounds: int) -> dict[str, float]:
    """Run the installation and return the figures, in seconds."""
    with running(options):
        from benchmarks import people  # noqa: PLC0415  models are there only now

        crowd = people.make(options.port, PEOPLE)
        watcher = people.make(options.port, 1)
        with people.pages(watcher, PLACE) as (page,):
            _at_once(crowd[:1], page, 0)  # the first of everything is slow
            alone = [
                took for number in range(5 * rounds) for took in _at_once(crowd[:1], page, number)
            ]
            together = [_at_once(crowd, page, number) for number in range(rounds)]
    return _figures(alone, together)


def _at_once(speakers: list[Visitor], page: OpenPage, number: int) -> list[Took]:
    """Have each say a line; return how long each waited."""
    start = threading.Barrier(len(speakers))
    said: dict[int, Took] = {}

    def say(speaker: Visitor, line: str) -> None:
        start.wait()
        began = time.perf_counter()
        post = speaker.say(PLACE, line)
        said[post] = Took(began, time.perf_counter())

    doing = [
        threading.Thread(target=say, args=(speaker, LINES[(number + index) % len(LINES)]))
        for index, speaker in enumerate(speakers)
    ]
    for thread in doing:
        thread.start()
    for thread in doing:
        thread.join()
    if len(said) != len(speakers):
        raise RuntimeError("Some lines were not kept.")
    return _until_answered(said, page)


def _until_answered(said: dict[int, Took], page: OpenPage) -> list[Took]:
    from benchmarks import people  # noqa: PLC0415

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answers = people.answers(said)
        if len(answers) == len(said) and page.shown.keys() >= set(answers.values()):
            return [replace(took, shown=page.shown[answers[post]]) for post, took in said.items()]
        time.sleep(POLL)
    raise RuntimeError(f"{len(said) - len(answers)} of {len(said)} lines were not answered.")


def _figures(alone: list[Took], rounds: list[list[Took]]) -> dict[str, float]:
    one, kept, many = [took.acknowledged for took in alone], [], []
    for took in (took for each in rounds for took in each):
        kept.append(took.kept - took.began)
        many.append(took.acknowledged)
    slowest = [max(took.acknowledged for took in each) for each in rounds]
    found = {
        "kept_median_seconds": median(kept),
        "kept_p99_seconds": _p99(kept),
        "acknowledged_median_seconds": median(many),
        "acknowledged_p99_seconds": _p99(many),
        "slowest_in_best_round_seconds": min(slowest),
        "slowest_in_median_round_seconds": median(slowest),
        "one_person_median_seconds": median(one),
        "one_person_p99_seconds": _p99(one),
        "acknowledged_p99_to_one_person_p99_ratio": _p99(many) / _p99(one),
        "acknowledged_p99_to_limit_ratio": _p99(many) / LIMIT,
    }
    rounded = {name: round(value, 4) for name, value in found.items()}
    return {"people": PEOPLE, "rounds": len(rounds), **rounded}


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100, method="inclusive")[-1]


def _table(found: dict[str, float]) -> str:
    return "\n".join(f"{name.replace('_', ' '):44} {value:8.3f}" for name, value in found.items())


if __name__ == "__main__":
    main()
