"""Shells that are kept for further runs: they are nothing that a run depends on."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest

from deployments.runner import follow as following
from deployments.runner import wrapper
from deployments.runner.connection import Connection
from deployments.runner.delivery import Delivery
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Done, Event, Output, Trouble
from deployments.runner.follow import Outcome, Run, cancel
from deployments.runner.jobs import Task
from tests.deployments.runner.observing import Following, followed, new_id, until
from tests.deployments.runner.shells import WAIT, Shell
from tests.deployments.runner.test_fanout import Whole
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd

# Prints the number of the shell that follows: it started what supervises the script.
WHO = "read -r line </proc/$PPID/stat; set -- ${line##*) }; echo $2"


def asked(connection: Connection) -> psutil.Process:
    """Return the shell on the host that followed a run."""
    return psutil.Process(int(followed(connection, WHO).output))


def test_further_runs_are_followed_by_the_same_shell(any_host: Sshd) -> None:
    with Connection.open(any_host.target()) as connection:
        shells = {asked(connection).pid for _ in range(3)}
        seen = followed(connection, "printf 'a\\000b'; exit 3")

    assert len(shells) == 1
    assert (seen.output, seen.outcome) == (b"a\0b", Outcome("ended", 3, 3))


def test_a_kept_shell_ends_with_the_connection(host: Sshd) -> None:
    with Connection.open(host.target()) as connection:
        shell = asked(connection)

    until(lambda: not shell.is_running() or shell.status() == psutil.STATUS_ZOMBIE)


def test_a_run_attached_to_is_followed_by_a_kept_shell_too(connection: Connection) -> None:
    run_id, shell = new_id(), asked(connection)
    followed(connection, "echo 0123456789", run_id=run_id)

    seen = followed(connection, run_id=run_id, mode="attach", offset=7)

    assert (seen.output, seen.outcome) == (b"789\n", Outcome("ended", 0, 11))
    assert asked(connection) == shell


def test_a_kept_shell_that_was_killed_is_replaced(host: Sshd, connection: Connection) -> None:
    shell = asked(connection)
    shell.kill()

    assert followed(connection, "echo x").output == b"x\n"
    assert connection.alive


def test_a_fleet_does_not_tell_of_it(host: Sshd) -> None:
    with Fleet([host.target("web-1")]) as fleet:
        first, second = (list(fleet.run([_task(WHO)])) for _ in range(2))
        psutil.Process(int(_output(second))).kill()
        third = list(fleet.run([_task("echo x; exit 3")]))

    assert _output(first) == _output(second)
    assert _output(third) == b"x\n"
    assert not [event for event in third if isinstance(event, Trouble)]
    assert isinstance(third[-1], Done)
    assert third[-1].result == Outcome("ended", 3, 2)


def _task(script: str) -> Task:
    return Task("web-1", Run(new_id(), script))


def _output(events: list[Event | None]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Output))


def test_a_kept_shell_killed_in_the_middle_of_a_run_loses_nothing(host: Sshd) -> None:
    with Fleet([host.target("web-1")]) as fleet:
        shell = psutil.Process(int(_output(list(fleet.run([_task(WHO)])))))
        events = []
        for event in fleet.run([_task('echo x >>"$HOME/count"; echo up; sleep 1; echo down')]):
            events.append(event)
            if isinstance(event, Output) and event.data == b"up\n":
                shell.kill()

    assert _output(events) == b"up\ndown\n"
    assert (host.home / "count").read_text() == "x\n"


def test_a_refusal_does_not_hide_that_a_kept_shell_had_been_asked(tmp_path: Path) -> None:
    """It was killed before it said a word, and nobody is let in any more."""
    path = servers.shell_first(tmp_path / "bin", "dash")
    slow = f'[ ! -e "$HOME/slow" ] || {{ echo >"$HOME/making"; {WAIT}; }}'
    mkdir = tmp_path / "bin" / "mkdir"
    mkdir.write_text(f'#!/bin/sh\n{slow}\nexec {shutil.which("mkdir")} "$@"\n')
    mkdir.chmod(0o755)
    door = 'ForceCommand [ ! -e "$HOME/slow" ] || exit 3; exec sh'
    with (
        servers.running(tmp_path / "web-1", path=path, more=door) as host,
        Connection.open(host.target()) as connection,
    ):
        shell = asked(connection)
        (host.home / "slow").touch()
        run = Following(connection, "echo x", new_id())
        until((host.home / "making").exists)
        shell.kill()
        (host.home / "go").touch()

        assert run.end().word == "broken"


def test_a_kept_shell_that_was_stopped_is_given_up(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = asked(connection)
    shell.suspend()
    monkeypatch.setattr(following, "SILENCE", 1.0)

    assert followed(connection, "echo").outcome.detail == "the host fell silent"
    assert followed(connection, "echo").outcome.word == "ended"
    shell.resume()


def test_a_shell_is_not_kept_where_a_run_did_not_end(connection: Connection) -> None:
    shell = asked(connection)

    assert followed(connection, run_id=new_id(), mode="attach").outcome.word == "none"
    assert asked(connection) != shell


def test_a_cancel_leaves_the_shell_of_its_run_of_use(connection: Connection) -> None:
    shell, run_id = asked(connection), new_id()
    run = Following(connection, "echo up; sleep 30", run_id)
    run.wait_for(b"up")

    assert cancel(connection, run_id, grace=5).code == 143
    assert run.end() == Outcome("ended", 143, 3)
    assert asked(connection) == shell


def test_a_shell_that_waits_makes_room_where_one_session_is_allowed(tmp_path: Path) -> None:
    delivery = Delivery(Whole(lambda compressed: [b"code"]), "code.tar")
    with (
        servers.running(tmp_path / "web-1", more="MaxSessions 1") as host,
        Fleet([host.target("web-1")]) as fleet,
    ):
        for _ in range(2):
            events = [*fleet.run([_task("echo x")]), *fleet.deliver({"web-1": delivery})]
            ends = [event.result for event in events if isinstance(event, Done)]
            assert [end.word for end in ends if isinstance(end, Outcome)] == ["ended", "ended"]
            assert not [event for event in events if isinstance(event, Trouble)]


def test_a_login_that_swallows_the_program_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LATE", 0.5)
    with (
        servers.running(tmp_path / "web-1", more="ForceCommand cat >/dev/null; exit 3") as host,
        Connection.open(host.target()) as connection,
    ):
        outcome = followed(connection, "echo mine").outcome

    assert (outcome.word, outcome.code) == ("refused", 3)


def test_a_login_that_takes_its_time_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LATE", 0.2)
    with (
        servers.running(tmp_path / "web-1", more="ForceCommand sleep 1; exec sh") as host,
        Connection.open(host.target()) as connection,
    ):
        seen = [followed(connection, "echo up; sleep 1; echo down") for _ in range(2)]

    assert {one.output for one in seen} == {b"up\ndown\n"}
    assert {one.outcome for one in seen} == {Outcome("ended", 0, 8)}


def test_what_a_start_up_file_prints_in_the_middle_of_a_run_is_told_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SILENCE", 8.0)
    late = "(sleep 1; echo late) & exec sh"
    with (
        servers.running(tmp_path / "web-1", more=f"ForceCommand {late}") as host,
        Connection.open(host.target()) as connection,
    ):
        seen = followed(connection, "echo up; sleep 2; echo down")

    assert seen.output == b"up\nlate\ndown\n"
    assert seen.outcome.word == "short"


def test_without_ticks_the_end_is_told_at_once(shell: Shell) -> None:
    with shell.kept() as kept:
        said = [kept.do(new_id(), script="echo x; sleep .3; exit 3") for _ in range(3)]

    assert {(one.output, *one.last) for one in said} == {(b"x\n", "end", "3", "2")}


def test_a_tick_makes_the_shell_look(shell: Shell) -> None:
    script = f"echo up; {WAIT}; echo down"
    with shell.kept() as kept:
        nonce = kept.begin(run_id := new_id(), script=script)
        until(lambda: shell.log(run_id) == b"up\n")
        kept.write(b"\n")

        kept.pass_mark(nonce)
        assert kept.line() == b"up\n"
        (shell.home / "go").touch()


def test_whoever_follows_may_stop_and_go_on(shell: Shell) -> None:
    """No tick comes; then more than were promised, which the next run must not mind."""
    with shell.kept() as kept:
        nonce = kept.begin(new_id(), script="echo up; sleep 1; echo down")
        time.sleep(0.5)
        kept.write(5 * b"\n")

        assert kept.end(nonce).output == b"up\ndown\n"
        assert kept.do(new_id(), before=3 * b"\n", script="echo x").output == b"x\n"


def test_where_the_input_ends_a_run_is_followed_to_its_end(shell: Shell) -> None:
    with shell.kept() as kept:
        nonce = kept.begin(new_id(), script="echo up; sleep 1; echo down")
        assert kept.process.stdin is not None
        kept.process.stdin.close()
        kept.process.stdin = None

        assert kept.end(nonce).last == ["end", "0", "8"]
        assert kept.process.wait(20) == 0


def test_each_run_has_the_rights_and_the_input_of_the_first(shell: Shell) -> None:
    with shell.kept() as kept:
        first = kept.do(new_id(), before=b"umask 027\n", script="umask; pwd; cat; ls /proc/self/fd")
        second = kept.do(new_id(), script="umask; pwd; cat; ls /proc/self/fd")

    assert first.output == second.output
    assert first.output.startswith(f"0027\n{shell.home}\n0\n1\n2\n".encode())


def test_a_run_after_one_attached_to_has_the_rights_of_the_login(shell: Shell) -> None:
    """As after a takeover: what follows keeps its own files to itself, but not the next run's."""
    shell.do("start", run_id := new_id(), script="true")
    with shell.kept() as kept:
        kept.do(run_id, mode="attach", before=b"umask 027\n")
        said = kept.do(new_id(), script="umask")

    assert said.output == b"0027\n"


def test_what_a_run_leaves_behind_does_not_disturb_the_next(shell: Shell) -> None:
    with shell.kept() as kept:
        kept.do(new_id(), script="(sleep 1; echo late) & echo x")
        said = kept.do(new_id(), script="sleep 2; echo y; exit 4")

    assert (said.output, said.last) == (b"y\n", ["end", "4", "2"])


def test_a_further_program_cut_anywhere_runs_nothing(dash: Shell) -> None:
    ran, nonce = dash.home / "ran", wrapper.new_nonce()
    program = wrapper.program(
        "start", nonce, new_id(), script=f"touch {ran}", keep=True, again=True
    )
    for cut in range(0, len(program) - 2, 25):
        with dash.kept() as kept:
            kept.do(new_id(), script="true")
            kept.write(program[:cut])
            kept.process.communicate(timeout=20)

    assert not ran.exists()


def test_a_further_program_without_its_beginning_runs_nothing(dash: Shell) -> None:
    ran = dash.home / "ran"
    program = wrapper.program("start", "n", new_id(), script=f"touch {ran}", keep=True, again=True)
    with dash.kept() as kept:
        kept.do(run_id := new_id(), script="true")
        kept.write(program.partition(b"\n")[2])
        out, _ = kept.process.communicate(timeout=20)

    assert out == b""
    assert not ran.exists()
    assert [run.name for run in dash.folder(run_id).parent.iterdir()] == [run_id]


def test_a_run_whose_program_was_lost_with_the_shell_runs_once(dash: Shell) -> None:
    """Killed when it has heard of the run: whoever asks another shell attaches."""
    run_id, count = new_id(), dash.home / "count"
    script = f"echo x >>{count}; sleep 1; exit 3"
    with dash.kept() as kept:
        kept.do(new_id(), script="true")
        kept.begin(run_id, script=script)
        until((dash.folder(run_id) / "claim").exists)
        kept.process.send_signal(signal.SIGKILL)

    assert dash.do("start", run_id, script=script).last == ["end", "3", "0"]
    assert count.read_text() == "x\n"
