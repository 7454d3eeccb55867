"""From the chat line's POST to the first line of remote output stored.

All processes of an installation run as in script/demo, on SQLite and the demo's SSH target. The
peer, measured in the same run, is what nobody can save: a bare connection to the same host by the
same library, with a command that prints one line. The limit is for the difference.

    python -m benchmarks.first_output [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.installation import configured, running

if TYPE_CHECKING:
    from chatops.demo.client import Client
    from chatops.demo.options import Options

LIMIT = 0.5  # seconds
POLL = 0.005


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="5 deployments in place of 25")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured() as options:
        found = measure(options, rounds=5 if given.quick else 25)
    print(json.dumps(found) if given.json else _table(found))
    if found["overhead_median_seconds"] > LIMIT:
        sys.exit(1)


def measure(options: Options, rounds: int) -> dict[str, float]:
    """Run the installation and return the figures, in seconds."""
    with running(options):
        return _figures(options, rounds)


def _figures(options: Options, rounds: int) -> dict[str, float]:
    from chatops.demo import setup  # noqa: PLC0415  models are there only now
    from chatops.demo.client import Client  # noqa: PLC0415
    from deployments.models import Application  # noqa: PLC0415

    Application.objects.update(settings={})
    client = Client(
        f"http://127.0.0.1:{options.port}", setup.ADMIN, setup.make_admin(options.state)
    )
    _deploy(client)  # makes the mirror and the archive, as any earlier deployment has
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(_deploy(client))
        bare.append(_connect_and_print())
    overhead = [mine - theirs for mine, theirs in zip(ours, bare, strict=True)]
    return {
        "rounds": rounds,
        "first_output_median_seconds": _rounded(statistics.median(ours)),
        "bare_connection_median_seconds": _rounded(statistics.median(bare)),
        "overhead_median_seconds": _rounded(statistics.median(overhead)),
        "overhead_p95_seconds": _rounded(statistics.quantiles(overhead, n=20)[-1]),
        "overhead_to_limit_ratio": _rounded(statistics.median(overhead) / LIMIT),
    }


def _deploy(client: Client) -> float:
    """Say the line and return the seconds until the first line from the host is stored."""
    from chatops.demo.setup import ROOM  # noqa: PLC0415
    from deployments.models import Deployment, LogChunk  # noqa: PLC0415

    before = Deployment.objects.count()
    started = time.perf_counter()
    client.post(f"/flow/{ROOM}/", f"/flow/{ROOM}/say/", {"text": "deploy hello to qa"})
    stored = LogChunk.objects.filter(deployment__gt=before, text__contains="releases/")
    while not stored.exists():
        time.sleep(POLL)
    took = time.perf_counter() - started
    while Deployment.objects.filter(finished_at=None).exists():
        time.sleep(POLL)
    return took


def _connect_and_print() -> float:
    """Return the seconds of a bare connection and a command that prints a line."""
    from deployments.models import Host, SshKey  # noqa: PLC0415
    from deployments.runner.connection import Connection  # noqa: PLC0415
    from deployments.runner.hosts import Target  # noqa: PLC0415
    from deployments.services import credentials  # noqa: PLC0415

    host = Host.objects.get(name="qa-1")
    key = SshKey.objects.select_related("environment").get(environment__name="qa")
    private = credentials.private_key(key.environment)
    keys = tuple(host.host_keys.splitlines())
    target = Target(host.name, host.address, host.port, host.user, private, keys)
    started = time.perf_counter()
    with Connection.open(target) as connection:
        channel = connection.run(b"echo unpacking\n")
        channel.recv(100)
        return time.perf_counter() - started


def _rounded(seconds: float) -> float:
    return round(seconds, 4)


def _table(found: dict[str, float]) -> str:
    machine = subprocess.run(["uname", "-srm"], capture_output=True, text=True, check=True).stdout
    rows = [f"{name.replace('_', ' '):36} {value:8.3f}" for name, value in found.items()]
    return "\n".join([machine.strip(), *rows])


if __name__ == "__main__":
    main()
