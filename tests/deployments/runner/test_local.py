"""This machine as a place of runs: what holds of a host holds here, without a connection."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deployments.exceptions import HostError
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Cancelled, Done, Known, Output
from deployments.runner.follow import Outcome, Run, cancel, tidy
from deployments.runner.hosts import Here
from deployments.runner.jobs import Task
from deployments.runner.local import LocalConnection
from tests.deployments.runner.observing import Following, alive, followed, new_id, until


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here("shipmate", tmp_path / "here", {"PATH": os.environ["PATH"]})


@pytest.fixture
def connection(here: Here) -> LocalConnection:
    return LocalConnection(here)


def mark() -> str:
    """Return an argument of `sleep` by which a process is found."""
    return f"{random.randrange(10_000, 99_999)}.{random.randrange(10_000)}"


def test_binary_output_and_code_come_back_exactly(here: Here, connection: LocalConnection) -> None:
    noise = random.Random(5).randbytes(300_000)
    here.home.mkdir()
    (here.home / "noise").write_bytes(noise)

    seen = followed(connection, "cat noise; exit 37")

    assert (seen.output, seen.outcome) == (noise, Outcome("ended", 37, len(noise)))


def test_a_second_start_gives_the_same_again(connection: LocalConnection) -> None:
    run_id = new_id()

    first, second = (followed(connection, "date +%N; exit 2", run_id=run_id) for _ in range(2))

    assert first == second


def test_many_who_start_at_once_start_once(here: Here) -> None:
    run_id = new_id()
    script = 'echo x >>"$HOME/count"; seq 1 200; exit 4'

    with ThreadPoolExecutor(6) as pool:
        starts = [
            pool.submit(followed, LocalConnection(here), script, run_id=run_id) for _ in range(6)
        ]
        seen = {(each.result().output, each.result().outcome.code) for each in starts}

    assert len(seen) == 1
    assert (here.home / "count").read_text() == "x\n"


def test_an_attach_goes_on_from_an_offset(connection: LocalConnection) -> None:
    run_id = new_id()
    followed(connection, "echo 0123456789", run_id=run_id)

    seen = followed(connection, run_id=run_id, mode="attach", offset=7)

    assert (seen.output, seen.outcome) == (b"789\n", Outcome("ended", 0, 11))


def test_a_run_that_is_not_known_is_told(connection: LocalConnection) -> None:
    assert followed(connection, run_id=new_id(), mode="attach").outcome.word == "none"


def test_a_long_script_arrives_whole(connection: LocalConnection) -> None:
    seen = followed(connection, f"# {'x' * 5_000_000}\necho done")

    assert seen.output == b"done\n"


def test_the_script_knows_nothing_of_this_process(
    connection: LocalConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHIPMATE_SECRET_KEY", "of the pages")

    names = {
        line.partition(b"=")[0].decode() for line in followed(connection, "env").output.splitlines()
    }

    assert names == {"PATH", "HOME", "PWD", "OLDPWD", "SHIPMATE_RUN"}


def test_what_a_run_leaves_is_for_its_owner_alone(here: Here, connection: LocalConnection) -> None:
    followed(connection, "true", run_id="kept")

    folder = here.home / ".shipmate/runs/kept"
    kept = [here.home, folder, *folder.iterdir()]
    assert [path.name for path in kept if path.stat().st_mode & 0o077] == []


def test_stopping_leaves_the_run_alone(here: Here, connection: LocalConnection) -> None:
    following = Following(connection, "echo up; sleep 1; echo x >went-on", run_id := new_id())
    following.wait_for(b"up")
    following.stop.set()

    assert following.end().word == "broken"
    assert followed(connection, run_id=run_id, mode="attach").outcome.code == 0
    assert (here.home / "went-on").exists()


def test_cancel_ends_every_process_and_then_says_so(connection: LocalConnection) -> None:
    left, run_id = mark(), new_id()
    script = f"(setsid sleep {left} >/dev/null 2>&1 &); trap '' TERM; echo up; sleep {left}"
    following = Following(connection, script, run_id)
    following.wait_for(b"up")
    until(lambda: len(alive(left)) == 2)

    outcome = cancel(connection, run_id, grace=1)

    assert outcome.word == "gone"
    assert alive(left) == []
    assert following.end().word == "ended"


def test_a_cancelled_run_does_not_start(connection: LocalConnection) -> None:
    cancel(connection, run_id := new_id(), grace=1)

    assert followed(connection, "echo no", run_id=run_id).outcome.word == "cancelled"


def test_old_runs_are_removed(here: Here, connection: LocalConnection) -> None:
    followed(connection, "true", run_id="old")
    for path in (here.home / ".shipmate/runs/old").iterdir():
        os.utime(path, (0, 0))

    assert tidy(connection, uploads=[]).word == "tidied"
    assert not (here.home / ".shipmate/runs/old").exists()


def test_a_folder_that_is_gone_is_told(here: Here, connection: LocalConnection) -> None:
    following = Following(connection, "echo up; sleep 1", run_id := new_id())
    following.wait_for(b"up")
    shutil.rmtree(here.home / ".shipmate/runs" / run_id)

    assert following.end().word == "none"


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(HostError, match="no program could be started"):
        LocalConnection(Here("shipmate", tmp_path / "file" / "home")).run(b"true")


def test_a_fleet_runs_here(here: Here) -> None:
    with Fleet([here]) as fleet:
        events = list(fleet.run([Task("shipmate", Run(new_id(), "echo one; exit 3"))]))

    assert [event.data for event in events if isinstance(event, Output)] == [b"one\n"]
    assert events[-1] == Done("shipmate", Outcome("ended", 3, 4))


def test_a_fleet_ends_a_run_here(here: Here) -> None:
    left = mark()
    with Fleet([here]) as fleet:
        words = []
        for event in fleet.run([Task("shipmate", Run(new_id(), f"echo up; sleep {left}"))]):
            if isinstance(event, Output):
                fleet.request_cancel(["shipmate"], grace=1)
            if isinstance(event, Done | Cancelled) and isinstance(event.result, Outcome):
                words.append(event.result.word)

    assert sorted(words) == ["ended", "gone"]
    assert alive(left) == []


# A worker of its own: keeps what it gets in a file, whose size is the offset to go on from.
WORKER = """
import json, pathlib, sys
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Done, Known, Output
from deployments.runner.follow import Run
from deployments.runner.hosts import Here
from deployments.runner.jobs import Task

given = json.load(sys.stdin)
here = Here("shipmate", pathlib.Path(given["home"]), {"PATH": given["path"]})
known = pathlib.Path(given["store"] + ".known")
store = open(given["store"], "ab", buffering=0)
run = Run(given["run"], given["script"])
with Fleet([here]) as fleet:
    for event in fleet.run([Task("shipmate", run, store.tell(), True, known.exists())]):
        if isinstance(event, Known):
            known.touch()
        if isinstance(event, Output):
            store.write(event.data)
        if isinstance(event, Done):
            print(event.result.word, event.result.code)
"""
SCRIPT = """
echo x >>"$HOME/count"
i=0
while [ $i -lt 100 ]; do i=$((i + 1)); echo line $i; seq 1 300; sleep .03; done
exit 37
"""


def worker(here: Here, run_id: str, store: Path) -> subprocess.Popen[str]:
    given = {"home": str(here.home), "path": os.environ["PATH"], "store": str(store)}
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({**given, "run": run_id, "script": SCRIPT}))
    process.stdin.close()
    return process


@pytest.mark.slow
def test_workers_killed_with_their_group_lose_nothing(here: Here, tmp_path: Path) -> None:
    run_id, store = new_id(), tmp_path / "log"
    for lines in (1, 20_000, 60_000):
        victim = worker(here, run_id, store)
        until(lambda least=lines: store.exists() and store.stat().st_size > least, 60)  # type: ignore[misc]
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()

    last = worker(here, run_id, store)
    assert last.stdout is not None
    said = last.stdout.read()
    last.wait(60)

    expected = "".join(
        f"line {n}\n" + "".join(f"{m}\n" for m in range(1, 301)) for n in range(1, 101)
    )
    assert said == "ended 37\n"
    assert store.read_text() == expected
    assert (here.home / "count").read_text() == "x\n"


def test_known_comes_before_output(here: Here) -> None:
    with Fleet([here]) as fleet:
        kinds = [type(e) for e in fleet.run([Task("shipmate", Run(new_id(), "echo up"))]) if e]

    assert kinds.index(Known) < kinds.index(Output)
