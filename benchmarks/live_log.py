"""Fifty hosts that print 200 lines a second each: how late a line stands on an open page.

All processes of an installation run as in script/demo, on SQLite, and so do all the hosts. Each
line tells when it was printed. The page holds its stream, asks for what follows as its script does,
and for the other parts that it keeps up to date. The peer in the same run is one host alone.

    python -m benchmarks.live_log [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.installation import configured, running

if TYPE_CHECKING:
    from benchmarks.people import Visitor
    from chatops.demo.options import Options
    from tests.deployments.services.world import World

LIMIT = 1.0  # seconds
LINES = 200  # a second from each host
GAP = 0.5  # seconds between two looks at a part, as static/js/live.js keeps them
SECONDS_MORE = 120  # until the task has ended
TALK = r"""
$| = 1;
my $next = time;
for (1 .. 10 * %d) {
    printf "printed %%.6f compiling module %%d of the application\n", time, $_ for 1 .. %d;
    $next += 0.1;
    my $rest = $next - time;
    sleep $rest if $rest > 0;
}
"""
PRINTED = re.compile(r"printed (\d+\.\d+)")
PART = re.compile(r'data-live="([^"]*)"[^>]*? data-live-src="([^"]+)"')


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="10 hosts for 5 seconds")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured() as options:
        found = measure(options, *(10, 5) if given.quick else (50, 20))
    print(json.dumps(found) if given.json else _table(found))
    if found["delay_p95_to_limit_ratio"] > 1:
        sys.exit(1)


def measure(options: Options, hosts: int, seconds: int) -> dict[str, float]:
    """Run the installation and return the delays, in seconds."""
    with running(options), _world(hosts, seconds) as world:
        from benchmarks import people  # noqa: PLC0415  models are there only now

        (visitor,) = people.make(options.port, 1)
        one = _delays(world, visitor, ["web-1"], seconds)
        all_of_them = _delays(world, visitor, [], seconds)
    found = {
        "hosts": hosts,
        "lines": len(all_of_them),
        "delay_median_seconds": median(all_of_them),
        "delay_p95_seconds": _p95(all_of_them),
        "delay_maximum_seconds": max(all_of_them),
        "one_host_delay_p95_seconds": _p95(one),
        "delay_p95_to_one_host_ratio": _p95(all_of_them) / _p95(one),
        "delay_p95_to_limit_ratio": _p95(all_of_them) / LIMIT,
    }
    return {name: round(value, 4) for name, value in found.items()}


def _delays(world: World, visitor: Visitor, hosts: list[str], seconds: int) -> list[float]:
    """Have hosts print; return how late each line stood on the page."""
    from deployments.models import Deployment  # noqa: PLC0415
    from deployments.services import lifecycle  # noqa: PLC0415

    asked = lifecycle.request(world.environment, "main", world.door, task="talk", hosts=hosts)
    page = Page(visitor, asked.pk)
    with page.kept_open():
        _wait(asked, seconds + SECONDS_MORE)
        page.ended.wait(SECONDS_MORE)
    lines = (len(hosts) or len(world.hosts)) * LINES * seconds
    ended = Deployment.objects.get(pk=asked.pk)
    if ended.status != "success" or len(page.late) != lines:
        raise RuntimeError(f"{ended.status}: {ended.note} {len(page.late)} of {lines} lines shown")
    return page.late


class Page:
    """A deployment's page that is open."""

    def __init__(self, visitor: Visitor, number: int) -> None:
        self.visitor, self.number = visitor, number
        self.late: list[float] = []
        self.ended = threading.Event()
        self._moved = threading.Event()
        self._over = threading.Event()

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        text = self.visitor.get(f"/deployments/{self.number}/")
        live, log = (
            re.findall(f'{name}="([^"]+)"', text)[0].replace("&amp;", "&")
            for name in ("data-live-url", "data-log-src")
        )
        parts = [src for words, src in PART.findall(text) if f"deployment-{self.number}" in words]
        line, stream = self.visitor.opened("GET", live)
        doing = [
            threading.Thread(target=self._listen, args=(stream,), daemon=True),
            threading.Thread(target=self._follow, args=(log,), daemon=True),
            threading.Thread(target=self._keep_up, args=(parts,), daemon=True),
        ]
        for thread in doing:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            line.close()

    def _listen(self, stream: Iterator[bytes]) -> None:
        try:
            for told in stream:
                if told.startswith(b"data: ") and json.loads(told[6:]).get("deployment"):
                    self._moved.set()
        except (OSError, HTTPException, AttributeError):
            if not self._over.is_set():
                raise

    def _follow(self, src: str) -> None:
        after, more = "0", False
        while not self.ended.is_set() and (more or self._moved.wait(SECONDS_MORE)):
            self._moved.clear()
            line, answer = self.visitor.opened("GET", f"{src}?after={after}")
            text = answer.read().decode()
            line.close()
            now = time.time()
            self.late += [now - float(printed) for printed in PRINTED.findall(text)]
            after, more = str(answer.headers["X-Log-After"]), answer.headers["X-Log-More"] == "1"
            if answer.headers["X-Log-End"] == "1":
                self.ended.set()

    def _keep_up(self, parts: list[str]) -> None:
        while not self._over.wait(GAP):
            for src in parts:
                self.visitor.get(src.replace("&amp;", "&"))


def _wait(deployment: object, seconds: float) -> None:
    from deployments.models import Deployment  # noqa: PLC0415

    until = time.monotonic() + seconds
    open_ones = Deployment.objects.filter(pk=getattr(deployment, "pk", 0), finished_at=None)
    while open_ones.exists() and time.monotonic() < until:
        time.sleep(0.2)


@contextmanager
def _world(count: int, seconds: int) -> Iterator[World]:
    """Have hosts with a release on each, and a task in which they print."""
    from django.conf import settings  # noqa: PLC0415  they are there only now
    from django.db.models import Value  # noqa: PLC0415
    from django.db.models.functions import Concat  # noqa: PLC0415

    from deployments.models import Deployment, Host  # noqa: PLC0415
    from tests.deployments.services import world as world_of  # noqa: PLC0415

    Host.objects.update(name=Concat(Value("demo-"), "name"))
    with tempfile.TemporaryDirectory() as name, world_of.running(Path(name), count) as hosts:
        world = world_of.make(hosts, Path(settings.STATE) / "repositories")
        for host in hosts:
            (host.home / "talk").write_text(TALK % (seconds, LINES // 10))
        talk = 'perl -MTime::HiRes=time,sleep "$HOME/talk"'
        world.settings(tasks={"talk": {"commands": [talk]}})
        first = world.ask()
        _wait(first, SECONDS_MORE)
        if Deployment.objects.get(pk=first.pk).status != "success":
            raise RuntimeError("The first deployment failed.")
        yield world


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[-1]


def _table(found: dict[str, float]) -> str:
    return "\n".join(f"{name.replace('_', ' '):32} {value:10.3f}" for name, value in found.items())


if __name__ == "__main__":
    main()
