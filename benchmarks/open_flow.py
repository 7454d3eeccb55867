"""How long the server works on a page of the chat with 10,000 posts.

The room, a deployment's thread and the team inbox, with 10,000 posts in the room, 10,000 more in
one thread and 1,000 threads; once for somebody who has read everything, and once for somebody who
has read nothing of it. Server time is what passes inside Django, from the request to the whole
answer, with the product's settings on SQLite. The peer, measured
before in the same run, are the same pages with a hundredth of everything.

    python -m benchmarks.open_flow [--quick] [--json]
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.installation import configured

if TYPE_CHECKING:
    from benchmarks.talk import Reader

LIMIT = 0.1  # seconds at the 95th percentile
FEW, MANY = 100, 10_000
Times = dict[str, list[float]]
Pages = dict[str, "tuple[Reader, str]"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="10 openings of each in place of 60")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured():
        found = measure(rounds=10 if given.quick else 60)
    print(json.dumps(found) if given.json else _table(found))
    if found["slowest_p95_seconds"] > LIMIT or found["queries_grow_by"]:
        sys.exit(1)


def measure(rounds: int) -> dict[str, float]:
    """Return the figures of each page, in seconds."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    few = _pages("few", FEW)
    few_queries = _queries(few)
    few_took, _ = _opened(few, rounds)
    many = _pages("many", MANY)
    many_queries = _queries(many)
    many_took, computed = _opened(many, rounds)
    return _figures(few_took, many_took, computed) | {
        "most_queries": max(many_queries.values()),
        "queries_grow_by": max(many_queries[name] - few_queries[name] for name in many),
    }


def _pages(name: str, count: int) -> Pages:
    """Make the talk, and return its pages, for who has read it all and for who has read nothing."""
    from benchmarks import talk  # noqa: PLC0415  models are there only now

    knows, new = talk.Reader(f"knows-{name}"), talk.Reader(f"new-{name}", forgets=True)
    made = talk.make(name, count, new.person)
    talk.has_read(knows.person, made)
    room = made.room.get_absolute_url()
    addresses = {"inbox": "/flow/", "room": room, "thread": f"{room}{made.thread.pk}/"}
    pages = {
        f"{page}_{kind}": (reader, address)
        for kind, reader in (("read", knows), ("unread", new))
        for page, address in addresses.items()
    }
    return pages | {"inbox_of_unread": (new, "/flow/?unread=1")}


def _opened(pages: Pages, rounds: int) -> tuple[Times, Times]:
    """Open each page again and again, in turns; return what passed, and what the processor did."""
    gc.collect()
    gc.freeze()  # as the page server does once it has loaded (chatops/asgi.py)
    took: Times = {name: [] for name in pages}
    computed: Times = {name: [] for name in pages}
    for _ in range(rounds):
        for name, (reader, address) in pages.items():
            reader.forget()
            began, worked = time.perf_counter(), time.process_time()
            reader.open(address)
            took[name].append(time.perf_counter() - began)
            computed[name].append(time.process_time() - worked)
    return took, computed


def _queries(pages: Pages) -> dict[str, int]:
    """Return how many queries each page asks, once templates and connection are warm."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    counted = {}
    for name, (reader, address) in pages.items():
        reader.open(address)
        reader.forget()
        with CaptureQueriesContext(connection) as queries:
            reader.open(address)
        counted[name] = len(queries)
    return counted


def _figures(few: Times, many: Times, computed: Times) -> dict[str, float]:
    found: dict[str, float] = {"posts": MANY, "rounds": len(few["room_read"])}
    for name, took in many.items():
        found[f"{name}_minimum_seconds"] = min(took)
        found[f"{name}_median_seconds"] = median(took)
        found[f"{name}_p95_seconds"] = quantiles(took, n=20)[-1]
        found[f"{name}_{MANY}_to_{FEW}_posts_ratio"] = median(took) / median(few[name])
    found["slowest_processor_p95_seconds"] = max(
        quantiles(took, n=20)[-1] for took in computed.values()
    )
    found["slowest_p95_seconds"] = max(quantiles(took, n=20)[-1] for took in many.values())
    found["slowest_p95_to_limit_ratio"] = found["slowest_p95_seconds"] / LIMIT
    return {name: round(value, 4) for name, value in found.items()}


def _table(found: dict[str, float]) -> str:
    return "\n".join(f"{name.replace('_', ' '):48} {value:8.4g}" for name, value in found.items())


if __name__ == "__main__":
    main()
