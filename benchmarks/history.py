"""The history at full size: its page, a search by fields, by any part of a text, and in logs.

300 apps × 4 environments, 1,000,000 deployments, 10 million lines of log. The peer, in the same
run, is what one writes first: a LIKE over each column and over the log, newest first.

    python -m benchmarks.history [--quick] [--json] [--database postgresql] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import scale

if TYPE_CHECKING:
    from deployments.models import Person

# Milliseconds at p95.
LIMITS = {"page": 150.0, "fields": 50.0, "text": 50.0, "log": 300.0}
QUERIES = 30  # of one page, at most
FLUSHES = 200
PEOPLE = 10  # who search at once


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="a hundredth of the rows")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--part", type=int, default=0, help="one in so many of the rows")
    parser.add_argument("--keep", type=Path, help="a folder that the data stays in")
    given = parser.parse_args()
    size = scale.Size().shrunk(given.part or (100 if given.quick else 1))
    with scale.installation(given.database, given.keep) as folder:
        made = scale.fill(folder, size, _say)
        found = measure(made, rounds=2 if given.quick else 5)
    print(json.dumps(found) if given.json else _table(found))
    if too_slow(found):
        sys.exit(1)


def measure(made: scale.Made, rounds: int) -> dict[str, float]:
    """Return the figures: milliseconds, and numbers of queries. `cpu` is the time of the processor
    that this process took, and the one of the database that serves it: what is more than that is
    waiting, for the disk or for a busy machine.
    """
    from django.db import connection  # noqa: PLC0415  settings are there only now

    from deployments.models import Person  # noqa: PLC0415

    import_module("chatops.asgi")  # as a web process begins
    person = Person.objects.get(username=made.people[0])
    found: dict[str, float] = {"deployments": made.size.deployments, "log_lines": made.size.lines}
    for name, queries in _queries(made).items():
        found |= _times(name, [_search(person, query) for query in queries], rounds)
    pages = [query for queries in _queries(made).values() for query in queries]
    found |= _times("page", [_page(person, query) for query in pages], max(1, rounds // 2))
    found["page_queries_max"] = max(_queries_of(person, query) for query in pages)
    found |= _together(person, _queries(made)["log"])
    rare = _queries(made)["log"][-3:-1]
    found |= _times("like_scan", [_scan(query) for query in rare], 1)
    found["like_scan_to_log_ratio"] = found["like_scan_median_ms"] / found["log_p95_ms"]
    if connection.vendor == "sqlite":
        found |= _indexing()
    found |= _export(person)
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def _queries(made: scale.Made) -> dict[str, list[str]]:
    """Return what is looked for, by its kind, from what is common to what is not there."""
    dice = random.Random(11)  # noqa: S311
    return {"fields": _fields(made, dice), "text": _texts(made, dice), "log": _logs(made)}


def _fields(made: scale.Made, dice: random.Random) -> list[str]:
    app = made.apps[7]
    return [
        "",
        "env:production state:failed",
        f"app:{app}",
        f"app:{app} env:qa -state:success",
        f"by:{made.people[5]}",
        f"by:{made.people[6]} state:cancelled since:90d",
        "task:migrate state:error",
        "kind:rollback via:api env:dev",
        f"host:{made.apps[9]}-production-1",
        "since:2d",
        "until:900d",
        "state:timed_out env:qa via:web is:forced",
        f"sha:{dice.getrandbits(20):05x}",
        "state:running",
    ]


def _texts(made: scale.Made, dice: random.Random) -> list[str]:
    words = made.words
    parts = [word[1:] for word in (words[3], words[40], words[1_500], words[-4]) if len(word) > 3]
    return [
        *parts,
        f"ref:feature/{words[900]}",
        f'ref:{words[12]}-44 "{words[2]}"',
        f"{dice.getrandbits(28):07x}",
        f"env:production {parts[-1]}",
        f"state:failed {parts[0]}",
        "zzqqx",
    ]


def _logs(made: scale.Made) -> list[str]:
    words = made.words
    log = ["Collecting", words[0], words[30], words[700], words[6_000], words[-9], "zzqqx"]
    return [
        *log,
        *(f"env:production state:failed {word}" for word in log),
        f'"Collecting {words[20]}"',
        f"{words[300]}.css",
        f'"{words[100]}.service"',
        f"{words[3]} {words[5_000]}",
        f"{words[-30]} -state:success",
        f"app:{made.apps[3]} deprecated",
    ]


def _search(person: Person, query: str) -> Callable[[], object]:
    from deployments.selectors import history  # noqa: PLC0415

    return lambda: history.find(person, query)


def _page(person: Person, query: str) -> Callable[[], object]:
    """Return what asks for the page, and for the one behind it."""
    from django.test import Client  # noqa: PLC0415

    client = Client(headers={"host": "localhost"})
    client.force_login(person)

    def ask() -> None:
        answer = client.get("/history/", {"q": query})
        if answer.status_code != 200:
            raise RuntimeError(f"{query}: {answer.status_code}")

    return ask


def _together(person: Person, queries: list[str]) -> dict[str, float]:
    """Let some people search in logs at once, each through all queries from another one on; count
    how many searches stopped and said how far they came."""
    from django.db import connections  # noqa: PLC0415

    from deployments.selectors import history  # noqa: PLC0415

    times, stopped = list[float](), list[bool]()

    def search(first: int) -> None:
        for query in queries[first:] + queries[:first]:
            started = time.perf_counter()
            stopped.append(history.find(person, query).reached is not None)
            times.append(time.perf_counter() - started)
        connections.close_all()

    threads = [threading.Thread(target=search, args=(2 * number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _figures("together", times) | {"together_stopped": sum(stopped)}


def _queries_of(person: Person, query: str) -> int:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    ask = _page(person, query)
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)


def _scan(word: str) -> Callable[[], object]:
    """Return the peer: what finds the newest with a word by looking at every row."""
    from django.db.models import Exists, OuterRef, Q  # noqa: PLC0415

    from deployments.models import Deployment, LogChunk  # noqa: PLC0415

    said = Q()
    for field in ("ref", "sha", "subject", "why", "note", "person__username", "person__name"):
        said |= Q(**{f"{field}__icontains": word})
    logs = LogChunk.objects.filter(deployment=OuterRef("pk"), text__icontains=word)
    rows = Deployment.objects.filter(said | Q(Exists(logs))).order_by("-pk")
    return lambda: list(rows[:50])


def _indexing() -> dict[str, float]:
    """Time writes to a log by themselves, and while the indexer catches up with a long one."""
    from deployments.services import indexing  # noqa: PLC0415

    alone = _flushes()
    with _beside(indexing.catch_up):
        beside = _flushes()
    return _figures("flush", alone) | _figures("flush_beside_indexer", beside)


def _flushes() -> list[float]:
    """Write chunks as a log's writer does, one every few milliseconds; leave none of them."""
    from django.db import transaction  # noqa: PLC0415

    from deployments.models import Deployment, LogChunk  # noqa: PLC0415

    made = Deployment.objects.order_by("-pk")[0]
    before = made.log_seq
    text = "GET http://web-1:8000/healthz 200 in 7 ms\n" * 100
    times = []
    for _ in range(FLUSHES):
        started = time.perf_counter()
        with transaction.atomic():
            made.log_seq += 1
            Deployment.objects.filter(pk=made.pk).update(log_seq=made.log_seq)
            chunk = LogChunk(deployment=made, seq=made.log_seq, host="web-1", phase="x", offset=0)
            chunk.first_line, chunk.text = 1, text
            chunk.save()
        times.append(time.perf_counter() - started)
        time.sleep(0.005)
    LogChunk.objects.filter(deployment=made, seq__gt=before).delete()
    Deployment.objects.filter(pk=made.pk).update(log_seq=before)
    return times


@contextmanager
def _beside(step: Callable[[], None]) -> Iterator[None]:
    """Do it again and again in a thread meanwhile, as the sweeper does."""
    from django.db import connections  # noqa: PLC0415

    end = threading.Event()

    def again() -> None:
        while not end.is_set():
            step()
            end.wait(0.01)
        connections.close_all()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def _export(person: Person) -> dict[str, float]:
    """Time the table of some 20,000 deployments."""
    from deployments.selectors import history  # noqa: PLC0415
    from deployments.selectors.asked import ask  # noqa: PLC0415
    from deployments.web import table  # noqa: PLC0415

    started, count = time.perf_counter(), 0
    for page in history.pages(ask(person, "state:success"), 500):
        count += len("".join(table.line(table.cells(one, "")) for one in page)) and len(page)
        if count >= 20_000:
            break
    return {"csv_rows_per_second": count / (time.perf_counter() - started)}


def _times(name: str, steps: list[Callable[[], object]], rounds: int) -> dict[str, float]:
    times, own = [], []
    spent = processor()
    for step in steps:
        step()
        for _ in range(rounds):
            started, used = time.perf_counter(), spent()
            step()
            times.append(time.perf_counter() - started)
            own.append(spent() - used)
    return _figures(name, times) | {f"{name}_cpu_p95_ms": _figures("", own)["_p95_ms"]}


def processor() -> Callable[[], float]:
    """Return what tells how long the processor worked so far for this process, and for the one of
    PostgreSQL that serves it, which runs on the same machine."""
    from django.db import connection  # noqa: PLC0415

    if connection.vendor == "sqlite":
        return time.process_time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: time.process_time() + int(told.read_text().split()[0]) / 1e9


def _figures(name: str, seconds: list[float]) -> dict[str, float]:
    times = sorted(1_000 * time for time in seconds)
    return {
        f"{name}_median_ms": statistics.median(times),
        f"{name}_p95_ms": times[min(len(times) - 1, int(len(times) * 0.95))],
        f"{name}_max_ms": times[-1],
    }


def too_slow(found: dict[str, float]) -> bool:
    slow = any(found[f"{name}_p95_ms"] > limit for name, limit in LIMITS.items())
    return slow or found["page_queries_max"] > QUERIES


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _table(found: dict[str, Any]) -> str:
    return "\n".join(f"{name:32} {value:>12.7g}" for name, value in found.items())


if __name__ == "__main__":
    main()
