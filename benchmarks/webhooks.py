"""A thousand signed webhooks in one burst, with SQLite, against the real web process.

All processes of an installation run as in script/demo. Ten senders, each on a connection that it
keeps, send as fast as they are answered, while workers handle what came. Counted are the answers'
times, and whether each delivery is kept and was handled once; every twentieth is sent again. Before
it, some come alone, each on a connection of its own, as most webhooks do. The
peers, in the same run with the same bodies and senders, are a bare Django view under the same
server, which checks the signature and keeps nothing, and Debian's program `webhook`, where it is
installed, which starts /bin/true for each. `cpu` is the time of the processor that the web process
takes for one; that of the bare view is with its start.

    python -m benchmarks.webhooks [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.installation import configured, running

if TYPE_CHECKING:
    from chatops.demo.options import Options

LIMIT = 200.0  # milliseconds at the 99th percentile
ALONE_LIMIT = 100.0  # milliseconds for one that comes alone, at the 99th percentile
BURST = 1_000
ALONE, ALONE_QUICK = 300, 60
INSTALL = "To compare with Debian's program, as root: apt-get install webhook"
SENDERS, AGAIN = 10, 20
PATIENCE = 180.0
NAME = "Codertocat/Hello-World"
BODY = Path(__file__).resolve().parent.parent / "tests" / "fixtures" / "github" / "webhooks.json"


@dataclass
class Sent:
    """A webhook, the status of its answer, and the milliseconds until that came."""

    number: int
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: int = 0
    took: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer that come alone")
    parser.add_argument("--json", action="store_true", help="print one object and nothing else")
    given = parser.parse_args()
    with configured() as options:
        found = measure(options, ALONE_QUICK if given.quick else ALONE)
    print(json.dumps(found) if given.json else _table(found))
    if found["p99_to_debian_webhook_ratio"] is None:
        print(INSTALL, file=sys.stderr)
    if any(found[name] for name in ("lost", "handled_twice", "not_2xx", "alone_not_2xx")):
        sys.exit(1)
    if found["p99_ms"] > LIMIT or found["alone_p99_ms"] > ALONE_LIMIT:
        sys.exit(1)


def measure(options: Options, alone: int, count: int = BURST) -> dict[str, Any]:
    """Run the installation, then the peers, and return the figures; None: a peer is missing."""
    with running(options):
        secret = _made()
        _burst(options.port, "/webhooks/github/", secret, count // 10)  # the first is slow
        lone = _alone(options.port, "/webhooks/github/", secret, alone)
        _counted(lone)
        started, taken = time.monotonic(), _taken("chatops.asgi")
        ours = _burst(options.port, "/webhooks/github/", secret, count)
        answered, taken = time.monotonic() - started, _taken("chatops.asgi") - taken
        found = _counted(ours) | {"answered_per_second": round(count / answered)}
        found["handled_after_seconds"] = round(time.monotonic() - started, 1)
        repeated = _send(options.port, "/webhooks/github/", secret, ours[::AGAIN])
        found["cpu_ms"] = round(1_000 * taken / count, 2)
        found["repeated_not_200"] = sum(1 for one in repeated if one.status != 200)
    found |= _figures("", ours) | _figures("alone_", lone)
    found["alone_not_2xx"] = sum(1 for one in lone if not 200 <= one.status < 300)
    with _bare(secret) as port:
        found |= _beside("bare_django", found, _peer(port, "/hook/", secret, count))
        used = 1_000 * _taken("bare_webhook") / (count + count // 10)
        theirs = _figures("bare_django_alone_", _alone(port, "/hook/", secret, alone))
        found |= theirs
        medians = (found["alone_median_ms"], theirs["bare_django_alone_median_ms"])
        found["alone_median_to_bare_django_ratio"] = round(medians[0] / medians[1], 2)
        found["bare_django_cpu_ms"] = round(used, 2)
        found["cpu_to_bare_django_ratio"] = round(found["cpu_ms"] / used, 2)
    found["p99_to_debian_webhook_ratio"] = None
    if shutil.which("webhook"):
        with _program(secret) as port:
            found |= _beside("debian_webhook", found, _peer(port, "/hooks/it", secret, count))
    found["p99_to_limit_ratio"] = round(found["p99_ms"] / LIMIT, 3)
    found["alone_p99_to_limit_ratio"] = round(found["alone_p99_ms"] / ALONE_LIMIT, 3)
    return {"webhooks": count, "alone": alone, **found}


def _taken(kind: str) -> float:
    """Return the seconds of the processor that these processes below this one have taken."""
    return sum(
        sum(process.cpu_times()[:2])
        for process in psutil.Process().children(recursive=True)
        if kind in " ".join(process.cmdline())
    )


def _made() -> str:
    """Set up the webhook of the demo's app, and return its secret."""
    from deployments.models import Application, Person  # noqa: PLC0415  models are there only now
    from deployments.services import webhooks  # noqa: PLC0415

    app, admin = Application.objects.get(name="hello"), Person.objects.get(username="admin")
    return webhooks.make(app, admin, NAME)[1]


def _counted(sent: list[Sent]) -> dict[str, Any]:
    """Wait until all are handled; say how many are not there, and how many were done twice."""
    from deployments.models import Delivery  # noqa: PLC0415

    guids = {one.guid for one in sent}
    until = time.monotonic() + PATIENCE
    while Delivery.objects.filter(state="waiting").exists() and time.monotonic() < until:
        time.sleep(0.2)
    rows = Delivery.objects.values_list("guid", "state", "attempts")
    handled = {guid: attempts for guid, state, attempts in rows if state == "handled"}
    return {
        "not_2xx": sum(1 for one in sent if not 200 <= one.status < 300),
        "lost": len(guids - handled.keys()),
        "handled_twice": sum(1 for guid in guids if handled.get(guid, 0) > 1),
    }


def _burst(port: int, path: str, secret: str, count: int) -> list[Sent]:
    return _send(port, path, secret, [Sent(number) for number in range(count)])


def _alone(port: int, path: str, secret: str, count: int) -> list[Sent]:
    """Send one after the other, each on a connection of its own, while nothing else comes."""
    sent = [Sent(number) for number in range(count)]
    for one in sent:
        raw, headers = _signed(one, secret)
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            _time(connection, path, one, raw, headers)
        finally:
            connection.close()
        time.sleep(0.02)
    return sent


def _peer(port: int, path: str, secret: str, count: int) -> list[Sent]:
    _burst(port, path, secret, count // 10)
    return _burst(port, path, secret, count)


def _send(port: int, path: str, secret: str, sent: list[Sent]) -> list[Sent]:
    """Send them by several senders at once, each the next as soon as one is answered."""
    ready = [(one, *_signed(one, secret)) for one in sent]
    sharing, failed = threading.Lock(), list[Exception]()

    def work() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            while (mine := _next(ready, sharing)) is not None:
                _time(connection, path, *mine)
        except Exception as error:  # noqa: BLE001  it is raised where all are waited for
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sent


def _next(ready: list[Any], sharing: threading.Lock) -> Any:
    with sharing:
        return ready.pop() if ready else None


def _signed(one: Sent, secret: str) -> tuple[bytes, dict[str, str]]:
    from deployments.webhooks.github import signature  # noqa: PLC0415

    body = json.loads(BODY.read_text(encoding="utf-8"))["push"][0]
    raw = json.dumps({**body, "after": one.guid.replace("-", "") + "0" * 8}).encode()
    return raw, {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Hook-ID": "292430182",
        "X-GitHub-Delivery": one.guid,
        "X-Hub-Signature-256": signature.made(secret, raw),
    }


def _time(
    connection: HTTPConnection, path: str, one: Sent, raw: bytes, headers: dict[str, str]
) -> None:
    began = time.perf_counter()
    connection.request("POST", path, raw, headers)
    answer = connection.getresponse()
    answer.read()
    one.status, one.took = answer.status, 1_000 * (time.perf_counter() - began)


@contextmanager
def _bare(secret: str) -> Iterator[int]:
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peers.bare_webhook:application"]
    command += ["--port", str(port), "--no-access-log", "--log-level", "error"]
    with _process(command, port, BARE_SECRET=secret):
        yield port


@contextmanager
def _program(secret: str) -> Iterator[int]:
    port = _free_port()
    parameter = {"source": "header", "name": "X-Hub-Signature-256"}
    rule = {"match": {"type": "payload-hmac-sha256", "secret": secret, "parameter": parameter}}
    hook = {"id": "it", "execute-command": "/bin/true", "trigger-rule": rule}
    with TemporaryDirectory(prefix="shipmate-bench-") as folder:
        file = Path(folder, "hooks.json")
        file.write_text(json.dumps([hook]))
        command = ["webhook", "-hooks", str(file), "-ip", "127.0.0.1", "-port", str(port)]
        with _process(command, port):
            yield port


@contextmanager
def _process(command: list[str], port: int, **variables: str) -> Iterator[None]:
    """Run a server for as long as it is needed."""
    quiet, environment = subprocess.DEVNULL, {**os.environ, **variables}
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            _wait(port)
            yield
        finally:
            process.kill()


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def _figures(name: str, sent: list[Sent]) -> dict[str, float]:
    took = [one.took for one in sent]
    return {
        f"{name}median_ms": round(median(took), 1),
        f"{name}p99_ms": round(quantiles(took, n=100, method="inclusive")[-1], 1),
    }


def _beside(name: str, ours: dict[str, Any], sent: list[Sent]) -> dict[str, float]:
    """Return a peer's figures, and how ours stand to them."""
    if wrong := [one.status for one in sent if not 200 <= one.status < 300]:
        raise RuntimeError(f"{name} answered {wrong[0]}.")
    theirs = _figures(f"{name}_", sent)
    return theirs | {
        f"median_to_{name}_ratio": round(ours["median_ms"] / theirs[f"{name}_median_ms"], 2),
        f"p99_to_{name}_ratio": round(ours["p99_ms"] / theirs[f"{name}_p99_ms"], 2),
    }


def _table(found: dict[str, Any]) -> str:
    told = {name: "missing" if value is None else f"{value:.2f}" for name, value in found.items()}
    return "\n".join(f"{name.replace('_', ' '):40} {value:>9}" for name, value in told.items())


if __name__ == "__main__":
    main()
