"""script/demo as a newcomer meets it, in a folder with an odd name, and as a crash leaves it."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from chatops.demo.client import Client, Told
from tests.servers import checkout
from tests.servers.checkout import Running

pytestmark = pytest.mark.slow
ALL = {"uvicorn", "deploy", "chat", "sweeper", "ssh_target"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout.copy(
        tmp_path_factory.mktemp("demo") / "a friend's 100%41 copy #1?" / "shipmate"
    )


@pytest.fixture(scope="module")
def demo(place: Path) -> Iterator[Running]:
    with checkout.running(place, "script/demo") as started:
        started.wait(lambda: "Sign in as" in started.log.read_text())
        yield started


def sign_in(demo: Running) -> Client:
    password = (demo.checkout / ".state/demo/admin-password").read_text()
    return Client(f"http://127.0.0.1:{demo.port}", "admin", password)


def deploy(demo: Running) -> Told:
    return sign_in(demo).deploy("deploy hello to qa", lambda _: None)


def is_whole(demo: Running) -> bool:
    mains = demo.mains()
    workers = {name: len(mains[name].children(recursive=True)) for name in ("deploy", "chat")}
    return set(mains) == ALL and workers == {"deploy": 7, "chat": 5} and demo.is_ready()


def part(demo: Running, name: str) -> psutil.Process:
    """Return a process: a program's main one, `deploy sentinel`, or a child of it, `deploy 0`."""
    kind, _, which = name.partition(" ")
    main = demo.mains()[kind]
    if not which:
        return main
    sentinel: psutil.Process = main.children()[0]
    return sentinel if which == "sentinel" else sentinel.children()[int(which)]


def kill(demo: Running, *names: str) -> None:
    victims = [part(demo, name) for name in names]
    for victim in victims:
        victim.kill()
    psutil.wait_procs(victims, timeout=5)


@pytest.mark.parametrize(
    "names",
    [
        ("uvicorn", "sweeper", "ssh_target"),
        ("deploy", "chat"),
        ("deploy sentinel", "chat sentinel"),
        # All idle workers: one of them waits with the lock of the cluster's queue in its hand.
        ("deploy 0", "deploy 1", "deploy 2", "deploy 3", "chat 0", "chat 1"),
        ("deploy 4", "chat 2"),  # what takes results
        ("deploy 5", "chat 3"),  # what brings tasks
    ],
)
def test_killed_processes_are_replaced_and_the_next_deployment_succeeds(
    demo: Running, names: tuple[str, ...]
) -> None:
    demo.wait(lambda: is_whole(demo))

    kill(demo, *names)

    demo.wait(lambda: is_whole(demo))
    assert deploy(demo).state == "success"
    assert [process for process in demo.processes() if process.ppid() == 1] == []


def test_a_deployment_in_the_middle_of_which_processes_are_killed_succeeds(demo: Running) -> None:
    demo.wait(lambda: is_whole(demo))
    later = threading.Timer(2.0, kill, (demo, "deploy 0", "chat", "uvicorn", "sweeper"))
    later.start()

    told = deploy(demo)

    later.join()
    assert told.state == "success"
    assert told.log.count("building hello") == 1


def test_what_the_command_line_says_links_to_where_the_demo_is(demo: Running) -> None:
    code, said = checkout.run(
        demo.checkout / "script/manage", "shipmate", "status", "--as", "admin"
    )

    assert code == 0
    assert f"http://127.0.0.1:{demo.port}/" in said


def test_a_second_one_is_refused_and_disturbs_nothing(demo: Running) -> None:
    code, said = checkout.run(demo.checkout / "script/demo", "--reset")

    assert (code, said.strip()) == (
        1,
        "FAILED: The demo is running already; stop it with Ctrl-C in its terminal.",
    )
    assert demo.is_ready()


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    place = checkout.copy(tmp_path / "demo")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = checkout.run(place / "script/demo", "--port", str(taken.getsockname()[1]))

    assert code == 1
    assert "Choose another one: --port N" in said


def test_a_kill_of_the_demo_ends_all_and_a_later_start_goes_on(tmp_path: Path) -> None:
    place = checkout.copy(tmp_path / "demo")
    with checkout.running(place, "script/demo") as demo:
        demo.wait(lambda: "in_progress" in statuses(demo))
        assert demo.process is not None
        demo.process.kill()

        demo.start()

        demo.wait(lambda: set(statuses(demo)) == {"success"}, 60)
        assert demo.interrupt() == 0
        assert demo.processes() == []


def test_a_kill_of_the_supervisor_ends_all_and_is_said(tmp_path: Path) -> None:
    place = checkout.copy(tmp_path / "demo")
    with checkout.running(place, "script/demo") as demo:
        demo.wait(lambda: "Ctrl-C" in demo.log.read_text())

        demo.supervisor().kill()

        assert demo.process is not None
        assert demo.process.wait(5) == 1
        assert "ended from outside" in demo.log.read_text()
        demo.wait(lambda: demo.processes() == [], 5)


def statuses(demo: Running) -> list[str]:
    with sqlite3.connect(demo.checkout / ".state/demo/shipmate.sqlite3") as database:
        rows = database.execute("SELECT status FROM deployments_deployment").fetchall()
    return [status for (status,) in rows]
