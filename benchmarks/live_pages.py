"""50 pages of a room are open when something is said there: when it stands on the last of them.

All processes of an installation run as in script/demo, on SQLite. Each page holds its stream, asks
for the new post as the page's script does, and notes after a while that it was seen. The peer,
measured in the same run, is one page that is open alone.

    python -m benchmarks.live_pages [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.installation import configured, running

if TYPE_CHECKING:
    from benchmarks.people import OpenPage, Visitor
    from chatops.demo.options import Options

LIMIT = 1.0  # seconds until the last page has it
PAGES = 50
PLACE = "/flow/deploys/"
PATIENCE = 60.0
POLL = 0.02
QUIET = 2.5  # seconds between two posts: every page has noted by then that the last one was seen


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="3 posts in place of 25")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured() as options:
        found = measure(options, rounds=3 if given.quick else 25)
    print(json.dumps(found) if given.json else _table(found))
    if found["last_page_median_seconds"] > LIMIT:
        sys.exit(1)


def measure(options: Options, rounds: int) -> dict[str, float]:
    """Run the installation and return the figures, in seconds."""
    with running(options):
        from benchmarks import people  # noqa: PLC0415  models are there only now

        speaker, *readers = people.make(options.port, PAGES + 1)
        with people.pages(readers[:1], PLACE) as pages:
            one = _rounds(speaker, pages, rounds)
        with people.pages(readers, PLACE) as pages:
            many = _rounds(speaker, pages, rounds)
    return _figures(one, many)


def _rounds(speaker: Visitor, pages: list[OpenPage], rounds: int) -> list[list[float]]:
    """Say something again and again; return the seconds until each page showed it."""
    _say(speaker, pages, "the first of everything is slow")
    return [_say(speaker, pages, f"post {number}") for number in range(rounds)]


def _say(speaker: Visitor, pages: list[OpenPage], text: str) -> list[float]:
    began = time.perf_counter()
    post = speaker.say(PLACE, text)
    while not all(post in page.shown for page in pages):
        if time.perf_counter() - began > PATIENCE:
            raise RuntimeError("Some pages never showed the post.")
        time.sleep(POLL)
    time.sleep(QUIET)
    return [page.shown[post] - began for page in pages]


def _figures(one: list[list[float]], many: list[list[float]]) -> dict[str, float]:
    last = [max(each) for each in many]
    alone = median(max(each) for each in one)
    return {
        "pages": PAGES,
        "rounds": len(many),
        "any_page_median_seconds": round(median(took for each in many for took in each), 4),
        "last_page_minimum_seconds": round(min(last), 4),
        "last_page_median_seconds": round(median(last), 4),
        "last_page_maximum_seconds": round(max(last), 4),
        "one_open_page_median_seconds": round(alone, 4),
        "last_page_to_one_open_page_ratio": round(median(last) / alone, 4),
        "last_page_to_limit_ratio": round(median(last) / LIMIT, 4),
    }


def _table(found: dict[str, float]) -> str:
    return "\n".join(f"{name.replace('_', ' '):36} {value:8.3f}" for name, value in found.items())


if __name__ == "__main__":
    main()
