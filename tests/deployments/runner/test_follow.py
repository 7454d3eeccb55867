from __future__ import annotations

import random
import threading
import tracemalloc
from pathlib import Path

import pytest

from deployments.exceptions import HostError
from deployments.runner.connection import Connection
from deployments.runner.follow import Outcome, Run, cancel, follow
from tests.deployments.runner.observing import Following, followed, new_id, until
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd


def test_binary_output_and_code_come_back_exactly(any_host: Sshd) -> None:
    noise = random.Random(3).randbytes(300_000)
    (any_host.home / "noise").write_bytes(noise)

    with Connection.open(any_host.target()) as connection:
        seen = followed(connection, "cat noise; exit 37")

    assert seen.output == noise
    assert seen.outcome == Outcome("ended", 37, len(noise))


def test_a_second_start_gives_the_same_again(connection: Connection) -> None:
    run_id = new_id()

    first, second = (followed(connection, "date +%N; exit 2", run_id=run_id) for _ in range(2))

    assert first == second


def test_an_attach_goes_on_from_an_offset(connection: Connection) -> None:
    run_id = new_id()
    followed(connection, "echo 0123456789", run_id=run_id)

    seen = followed(connection, run_id=run_id, mode="attach", offset=7)

    assert seen.output == b"789\n"
    assert seen.outcome == Outcome("ended", 0, 11)


def test_a_run_that_the_host_does_not_know_is_told(connection: Connection) -> None:
    assert followed(connection, run_id=new_id(), mode="attach").outcome.word == "none"


def test_a_removed_folder_is_told_and_the_script_runs_on(
    host: Sshd, connection: Connection
) -> None:
    run_id = new_id()
    following = Following(connection, "echo up; sleep 1; echo x >still-here; echo over", run_id)
    following.wait_for(b"up")
    servers.remove(host.run_folder(run_id))

    assert following.end().word == "none"
    assert following.output == b"up\nover\n"
    assert followed(connection, run_id=run_id, mode="attach").outcome.word == "none"
    assert (host.home / "still-here").exists()


def test_the_interpreter_can_be_another_one(connection: Connection) -> None:
    assert followed(connection, "echo ${BASH_VERSION%%.*}", interpreter="bash").output.strip()


def test_stopping_leaves_the_run_alone(host: Sshd, connection: Connection) -> None:
    following = Following(connection, "echo up; sleep 1; echo x >went-on", run_id := new_id())
    following.wait_for(b"up")
    following.stop.set()

    assert following.end().word == "broken"
    assert followed(connection, run_id=run_id, mode="attach").outcome.code == 0
    assert (host.home / "went-on").exists()


def test_the_first_sign_of_life_comes_when_the_host_knows_the_run(
    host: Sshd, connection: Connection
) -> None:
    run, known = Run(new_id(), "true"), []
    follow(
        connection,
        run,
        mode="start",
        offset=0,
        sink=lambda data: None,
        stop=threading.Event(),
        beat=lambda: known.append(host.run_folder(run.id).exists()),
    )

    assert known
    assert all(known)


def test_a_beat_comes_while_the_script_is_silent(connection: Connection) -> None:
    beats: list[None] = []
    follow(
        connection,
        Run(new_id(), "sleep 7"),
        mode="start",
        offset=0,
        sink=lambda data: None,
        stop=threading.Event(),
        beat=lambda: beats.append(None),
    )

    # Known by two control lines and the mark, ended by one more: the rest are beats.
    assert len(beats) > 3


def test_what_start_up_files_print_is_not_output(tmp_path: Path) -> None:
    more = "ForceCommand echo Welcome; echo Beware >&2; exec sh"
    with (
        servers.running(tmp_path / "web-1", more=more) as host,
        Connection.open(host.target()) as connection,
    ):
        assert followed(connection, "echo mine").output == b"mine\n"


def test_start_up_files_that_end_no_line_hide_no_answer(tmp_path: Path) -> None:
    more = "ForceCommand printf Welcome; printf Beware >&2; exec sh"
    with (
        servers.running(tmp_path / "web-1", more=more) as host,
        Connection.open(host.target()) as connection,
    ):
        assert followed(connection, "echo mine").output == b"mine\n"
        assert cancel(connection, new_id(), grace=1).word == "gone"


def test_a_login_without_a_shell_is_told_with_what_it_said(tmp_path: Path) -> None:
    more = "ForceCommand echo This account is not available; exit 1"
    with (
        servers.running(tmp_path / "web-1", more=more) as host,
        Connection.open(host.target()) as connection,
    ):
        # So long that it hangs up while it is still being sent.
        outcome = followed(connection, "#" * 5_000_000).outcome

    assert outcome.word == "refused"
    assert "This account is not available" in outcome.detail


def test_start_up_files_without_end_are_cut_off(tmp_path: Path) -> None:
    with (
        servers.running(tmp_path / "web-1", more="ForceCommand yes") as host,
        Connection.open(host.target()) as connection,
        pytest.raises(HostError, match="without end"),
    ):
        followed(connection, "echo mine")


LINES = 100_000
COUNT = (
    f'i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo "line $i of many, some words more"; done'
)


def test_no_line_of_100000_is_lost_and_memory_stays_flat(connection: Connection) -> None:
    wanted = iter(range(1, LINES + 1))
    rest = bytearray()

    def check(data: bytes) -> None:
        rest.extend(data)
        *lines, tail = rest.split(b"\n")
        assert all(line.split()[1] == b"%d" % next(wanted) for line in lines)
        rest[:] = tail

    tracemalloc.start()
    outcome = follow(
        connection, Run(new_id(), COUNT), mode="start", offset=0, sink=check, stop=threading.Event()
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert outcome.code == 0
    assert next(wanted, None) is None
    assert peak < 8 * 1024 * 1024


def test_a_reader_that_stalls_does_not_slow_the_script(host: Sshd, connection: Connection) -> None:
    """200 MB wait on the host, not here; and none is lost when the reader goes on."""
    gate, size, run_id = threading.Event(), 0, new_id()

    def stall(data: bytes) -> None:
        nonlocal size
        size += len(data)
        gate.wait(20)

    script = 'head -c 200000000 /dev/zero; echo x >"$HOME/done"'
    tracemalloc.start()
    thread = threading.Thread(
        target=follow,
        args=(connection, Run(run_id, script)),
        kwargs={"mode": "start", "offset": 0, "sink": stall, "stop": threading.Event()},
    )
    thread.start()
    until((host.home / "done").exists)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    gate.set()
    thread.join(60)

    assert peak < 16 * 1024 * 1024
    assert size == 200_000_000
