"""Whatever dies, at whatever moment: the script runs once, no byte is lost, the code is right."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployments.runner.fanout import Fleet
from deployments.runner.flow import Done, Output
from deployments.runner.follow import Outcome, Run
from deployments.runner.jobs import Task
from tests.deployments.runner.observing import new_id
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd

# Bursts, silences and bytes that are no text, some three seconds long.
SCRIPT = r"""
echo x >>"$HOME/count-$SHIPMATE_RUN"
i=0
while [ $i -lt 200 ]; do
  i=$((i + 1))
  printf 'line %s \377\000\033[1m\r\n' $i
  case $i in *0) seq 1 500; sleep .1 ;; esac
  [ $i != 100 ] || sleep .7
done
exit 37
"""


def expected() -> bytes:
    burst = b"".join(b"%d\n" % number for number in range(1, 501))
    lines = (
        b"line %d \xff\0\x1b[1m\r\n" % number + (burst if number % 10 == 0 else b"")
        for number in range(1, 201)
    )
    return b"".join(lines)


# A worker of its own: keeps what it gets in a file, whose size is the offset to go on from.
WORKER = """
import json, sys
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Done, Known, Output
from deployments.runner.follow import Outcome, Run
from deployments.runner.hosts import Target
from deployments.runner.jobs import Task

given = json.load(sys.stdin)
target = Target(**given["target"])
known = given["store"] + ".known"
try:
    open(known).close()
    seen = True
except FileNotFoundError:
    seen = False
store = open(given["store"], "ab", buffering=0)
run = Run(given["run"], given["script"])
with Fleet([target]) as fleet:
    for event in fleet.run([Task(target.name, run, store.tell(), asked=0, known=seen)]):
        if isinstance(event, Known):
            open(known, "w").close()
        if isinstance(event, Output):
            assert event.offset == store.tell()
            store.write(event.data)
        if isinstance(event, Done):
            print(event.result.word, event.result.code)
"""


def worker(host: Sshd, run_id: str, store: Path) -> subprocess.Popen[str]:
    target = host.target()
    given = {"target": vars(target), "run": run_id, "script": SCRIPT, "store": str(store)}
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    return process


def test_a_worker_killed_again_and_again_loses_nothing(own_host: Sshd, tmp_path: Path) -> None:
    run_id, store, moments = new_id(), tmp_path / "log", random.Random(4)
    for _ in range(5):
        victim = worker(own_host, run_id, store)
        time.sleep(0.4 + moments.random() * 0.6)
        victim.send_signal(signal.SIGKILL)
        victim.wait()

    last = worker(own_host, run_id, store)

    assert last.stdout is not None
    assert last.stdout.read() == "ended 37\n"
    assert last.wait() == 0
    assert store.read_bytes() == expected()
    assert (own_host.home / f"count-{run_id}").read_text() == "x\n"


def test_a_worker_stopped_again_and_again_goes_on_where_it_was(
    own_host: Sshd, tmp_path: Path
) -> None:
    """Meanwhile it asks for no look at the log, and nobody reads what comes."""
    run_id, store, moments = new_id(), tmp_path / "log", random.Random(6)
    stopped = worker(own_host, run_id, store)
    for _ in range(4):
        time.sleep(0.2 + moments.random() * 0.4)
        stopped.send_signal(signal.SIGSTOP)
        time.sleep(moments.random())
        stopped.send_signal(signal.SIGCONT)

    assert stopped.stdout is not None
    assert stopped.stdout.read() == "ended 37\n"
    assert store.read_bytes() == expected()
    assert (own_host.home / f"count-{run_id}").read_text() == "x\n"


@pytest.mark.parametrize("what", ["sessions", "everything"])
def test_logins_killed_again_and_again_lose_nothing(own_host: Sshd, what: str) -> None:
    run_id, moments, output = new_id(), random.Random(5), bytearray()
    next_kill, end = time.monotonic() + 0.3, None
    with Fleet([own_host.target("web-1")]) as fleet:
        for event in fleet.run([Task("web-1", Run(run_id, SCRIPT))], tick=0.05):
            output += event.data if isinstance(event, Output) else b""
            end = event.result if isinstance(event, Done) else end
            if time.monotonic() > next_kill and end is None:
                _kill(own_host, what)
                next_kill = time.monotonic() + 0.2 + moments.random()

    assert end == Outcome("ended", 37, len(expected()))
    assert bytes(output) == expected()
    assert (own_host.home / f"count-{run_id}").read_text() == "x\n"


def test_two_workers_at_once_run_it_once_and_both_see_it_all(
    own_host: Sshd, tmp_path: Path
) -> None:
    run_id = new_id()
    stores = [tmp_path / "one", tmp_path / "two"]
    workers = [worker(own_host, run_id, store) for store in stores]

    assert [one.wait(60) for one in workers] == [0, 0]
    assert [store.read_bytes() for store in stores] == [expected()] * 2
    assert (own_host.home / f"count-{run_id}").read_text() == "x\n"


def _kill(host: Sshd, what: str) -> None:
    if what == "sessions":
        host.kill_sessions()
    else:
        host.kill()
        host.start()
