"""What a script prints comes through a pipe to the log on the host, whole, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from deployments.runner import wrapper
from tests.deployments.runner.observing import new_id, until
from tests.deployments.runner.shells import WAIT, Said, Shell
from tests.servers import sshd as servers

pytestmark = pytest.mark.slow

MUCH = b"".join(b"%d\n" % number for number in range(1, 100_001))


class Started:
    """A script that has printed “up” and waits for the test."""

    def __init__(self, shell: Shell, pool: ThreadPoolExecutor, then: str) -> None:
        self.run_id, self._shell = new_id(), shell
        script = f"echo up; {WAIT}; {then}"
        self._said: Future[Said] = pool.submit(shell.do, "start", self.run_id, script=script)
        until(lambda: shell.log(self.run_id) == b"up\n")

    def relay(self) -> psutil.Process:
        until(lambda: len(self.told()) == 5)
        return psutil.Process(int(self.told()[3]))

    def told(self) -> list[str]:
        return self._shell.group(self.run_id)

    def go(self) -> Future[Said]:
        (self._shell.home / "go").touch()
        return self._said


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


def test_an_output_that_is_opened_anew_cuts_nothing(shell: Shell) -> None:
    script = "echo a; echo b >/dev/stderr; echo c | tee /dev/stderr; echo d >/dev/stdout; echo e"

    assert shell.do("start", new_id(), script=script).output == b"a\nb\nc\nc\nd\ne\n"


def test_where_a_here_document_is_no_pipe_one_is_made(dash: Shell, tmp_path: Path) -> None:
    """As for bash before 5.1."""
    bash = Shell(dash.home, servers.shell_first(tmp_path / "old", "bash"))
    run_id, nonce = new_id(), wrapper.new_nonce()
    program = wrapper.program(
        "start", run_id=run_id, nonce=nonce, script="echo a; echo b >/dev/stderr"
    )

    said = bash.give(b"export BASH_COMPAT=5.0\n" + program, nonce)

    assert (said.output, said.last) == (b"a\nb\n", ["end", "0", "4"])
    assert not list(bash.folder(run_id).glob("pipe"))
    until(lambda: not psutil.pid_exists(int(bash.group(run_id)[3])))


@pytest.mark.parametrize("stays", ["", "sleep 30 & "])
def test_all_of_a_burst_is_there_at_the_end_whoever_stays(shell: Shell, stays: str) -> None:
    for _ in range(5):
        said = shell.do("start", new_id(), script=f"{stays}seq 1 100000")

        assert said.output == MUCH
        assert said.last == ["end", "0", str(len(MUCH))]


def test_the_end_is_not_told_before_the_relay_has_brought_all(
    shell: Shell, pool: ThreadPoolExecutor
) -> None:
    started = Started(shell, pool, then="echo down")
    (relay := started.relay()).suspend()
    end = started.go()
    with pytest.raises(TimeoutError):
        end.result(2)

    relay.resume()

    assert end.result(30).output == b"up\ndown\n"
    assert end.result().last == ["end", "0", "8"]


def test_a_killed_relay_is_told_and_does_the_script_no_harm(
    shell: Shell, pool: ThreadPoolExecutor
) -> None:
    started = Started(shell, pool, then="echo down")
    (first := started.relay()).kill()
    until(lambda: int(started.told()[3]) != first.pid)

    said = started.go().result(30)

    assert said.output == b"up\ndown\n"
    assert said.last == ["end", "0", "8", "cut"]
    assert shell.do("attach", started.run_id).last == said.last


def test_what_the_loader_complains_about_is_no_hole(dash: Shell) -> None:
    run_id, nonce = new_id(), wrapper.new_nonce()
    program = wrapper.program("start", nonce, run_id, script="echo a")

    said = dash.give(b"export LD_PRELOAD=/none.so\n" + program, nonce)

    assert b"/none.so" in (dash.folder(run_id) / "hole").read_bytes()
    assert said.last == ["end", "0", str(len(said.output))]


@pytest.mark.parametrize("stays", ["", "sleep 20 & "])
@pytest.mark.parametrize("limit", ["ulimit -f 40", "trap '' XFSZ; ulimit -f 40"])
def test_a_disk_without_room_for_the_log_is_told_and_does_the_script_no_harm(
    shell: Shell, limit: str, stays: str
) -> None:
    """The second limit is an error to what writes the log, as of a disk; the first one kills it."""
    run_id, nonce = new_id(), wrapper.new_nonce()
    script = f"{stays}seq 1 100000; seq 1 100000 >&2; exit 3"
    program = wrapper.program("start", nonce, run_id, script=script)

    said = shell.give(f"{limit}\n".encode() + program, nonce)

    assert said.output == MUCH[: len(said.output)] != b""
    assert said.last == ["end", "3", str(len(said.output)), "cut"]


def test_nothing_is_missing_where_who_stays_prints_on(shell: Shell) -> None:
    script = "(for i in $(seq 1 2000); do echo $i; done; exec sleep 20) & sleep .3; seq 1 3000"

    assert "cut" not in shell.do("start", new_id(), script=script).last


def test_a_script_whose_folder_was_removed_prints_on(
    shell: Shell, pool: ThreadPoolExecutor
) -> None:
    done = shell.home / "done"
    started = Started(shell, pool, then=f"seq 1 100000; echo x >{done}")
    relay = started.relay()
    for file in shell.folder(started.run_id).iterdir():
        file.unlink()
    shell.folder(started.run_id).rmdir()

    started.go()

    until(done.exists)
    until(lambda: not relay.is_running())


def test_nothing_is_left_of_a_relay_once_nobody_prints(
    shell: Shell, pool: ThreadPoolExecutor
) -> None:
    started = Started(shell, pool, then="true")
    relay = started.relay()

    started.go().result(30)

    until(lambda: not relay.is_running())


def test_a_cancel_lets_a_relay_go_on_that_somebody_stopped(
    shell: Shell, pool: ThreadPoolExecutor
) -> None:
    started = Started(shell, pool, then="true")
    started.relay().suspend()

    shell.do("cancel", started.run_id, grace=1)

    assert started.go().result(30).last == ["end", "143", "3"]


def test_a_cancel_leaves_alone_what_a_script_left_whose_end_nobody_has_seen(shell: Shell) -> None:
    """The service holds the pipe, and nobody was there who would have hurried the end."""
    run_id = new_id()
    script = f"echo up; {WAIT}; sleep 60 & echo $! >$HOME/service"
    with shell.kept() as follower:
        follower.begin(run_id, script=script)
        until(lambda: shell.log(run_id) == b"up\n")
    until(lambda: len(shell.group(run_id)) == 5)
    leader = int(shell.group(run_id)[0])
    (shell.home / "go").touch()
    until(lambda: not psutil.pid_exists(leader))

    said = shell.do("cancel", run_id, grace=1)

    service = psutil.Process(int((shell.home / "service").read_text()))
    assert said.last == ["gone", "0"]
    assert not (shell.folder(run_id) / "cancelled").exists()
    service.kill()


def test_without_room_to_tell_of_the_relay_the_end_does_not_wait_for_who_stays(
    shell: Shell,
) -> None:
    run_id, nonce = new_id(), wrapper.new_nonce()
    (shell.folder(run_id) / "group").mkdir(parents=True)

    said = shell.give(
        wrapper.program("start", nonce, run_id, script="sleep 60 >&2 & echo $!"), nonce
    )

    assert said.last == ["end", "0", str(len(said.output))]
    psutil.Process(int(said.output)).kill()


def test_a_script_that_cannot_be_signalled_is_not_taken_for_ended(dash: Shell) -> None:
    """As one that has become sudo."""
    run_id, nonce = new_id(), wrapper.new_nonce()
    deaf = b'kill() { echo "$*" >>"$HOME/kills"; [ "$1" != -0 ] && command kill "$@"; }\n'

    said = dash.give(deaf + wrapper.program("start", nonce, run_id, script="sleep 2"), nonce)

    assert said.last == ["end", "0", "0"]
    kills = dash.home / "kills"
    assert "USR2" not in (kills.read_text() if kills.exists() else "")


@pytest.mark.parametrize(("size", "by_a_process"), [(100, False), (200_000, True)])
def test_only_a_short_log_is_read_letter_by_letter(
    dash: Shell, size: int, by_a_process: bool
) -> None:
    """A line may be so long that it would take longer than anybody waits."""
    run_id, nonce = new_id(), wrapper.new_nonce()
    dash.do("start", run_id, script=f"head -c {size} /dev/zero | tr '\\0' a")
    seen = b'cat() { true >"$HOME/seen"; command cat "$@"; }\n'

    said = dash.give(seen + wrapper.program("attach", nonce, run_id), nonce)

    assert said.output == size * b"a"
    assert (dash.home / "seen").exists() == by_a_process


def test_a_log_is_not_known_to_be_short_while_somebody_prints_on(dash: Shell) -> None:
    """What the relay has brought is counted once it has ended."""
    run_id, nonce = new_id(), wrapper.new_nonce()
    script = "(head -c 200000 /dev/zero | tr '\\0' a; exec sleep 20) & sleep 1"
    dash.do("start", run_id, script=script)
    seen = b'cat() { true >"$HOME/seen"; command cat "$@"; }\n'

    said = dash.give(seen + wrapper.program("attach", nonce, run_id), nonce)

    assert said.output == 200_000 * b"a"
    assert (dash.home / "seen").exists()
