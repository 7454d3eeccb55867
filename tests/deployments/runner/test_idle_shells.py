"""Kept shells that nobody uses any more end, and no others."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.deployments.runner.observing import new_id, until
from tests.deployments.runner.shells import WAIT, KeptShell, Shell, instead

pytestmark = pytest.mark.sshd


def test_a_kept_shell_that_nobody_uses_any_more_ends(shell: Shell) -> None:
    """Its line may have been cut without its hearing of it."""
    instead(shell, "sleep", f"exec {shutil.which('sleep')} .2")
    with shell.kept() as kept:
        use(kept)
        kept.do(run_id := new_id(), script="true")
        until(lambda: kept.process.poll() is not None)

    until(lambda: not of_home(shell.home))
    assert shell.do("attach", run_id).last == ["end", "0", "0"]


def test_a_kept_shell_that_was_used_once_and_long_ends_too(shell: Shell) -> None:
    instead(shell, "sleep", f"exec {shutil.which('sleep')} .2")
    with shell.kept() as kept:
        kept.do(new_id(), script=f"{shutil.which('sleep')} 2")
        until(lambda: kept.process.poll() is not None)


def test_a_kept_shell_at_work_does_not_end(shell: Shell) -> None:
    instead(shell, "sleep", f"exec {shutil.which('sleep')} .2")
    with shell.kept() as kept:
        for number in range(3):
            said = kept.do(new_id(), script=f"{shutil.which('sleep')} 1; echo {number}")
            assert said.output == f"{number}\n".encode()


def use(kept: KeptShell) -> None:
    """Do as much that the shell is guarded from then on."""
    for _ in range(2):
        kept.do(new_id(), script="true")


class Guard:
    """What ends a kept shell that nobody uses: it looks when a test says so."""

    def __init__(self, shell: Shell) -> None:
        self._naps, self._end, self._looks = shell.home / "naps", shell.home / "end", 0
        os.mkfifo(self._end)
        nap = f"echo >>{self._naps}; exec {shutil.which('cat')} {self._end}"
        instead(
            shell, "sleep", f'[ "$1" != 15 ] || {{ {nap}; }}\nexec {shutil.which("sleep")} "$@"'
        )

    def look(self) -> None:
        self._looks += 1
        until(lambda: self._napped() == self._looks)
        self._end.open("wb").close()
        until(lambda: self._napped() > self._looks)

    def _napped(self) -> int:
        return len(self._naps.read_bytes()) if self._naps.exists() else 0


def test_a_kept_shell_is_not_ended_for_what_it_did_just_before(shell: Shell) -> None:
    guard = Guard(shell)
    with shell.kept() as kept:
        use(kept)
        nonce = kept.begin(run_id := new_id(), script=f"echo up; {WAIT}")
        until(lambda: shell.log(run_id) == b"up\n")
        guard.look()
        (shell.home / "go").touch()
        kept.end(nonce)
        guard.look()

        assert kept.do(new_id(), script="echo x").output == b"x\n"


def test_a_kept_shell_that_begins_slowly_does_not_end(shell: Shell) -> None:
    """Its disk takes its time: there is no log yet, and the folder is the one before."""
    guard, making = Guard(shell), shell.home / "making"
    (go := shell.home / "go").touch()
    instead(shell, "mkdir", f'echo >>{making}\n{WAIT}\nexec {shutil.which("mkdir")} "$@"')
    with shell.kept() as kept:
        use(kept)
        go.unlink()
        nonce = kept.begin(new_id(), script="echo x")
        until(lambda: making.read_bytes() == 3 * b"\n")
        try:
            guard.look()
            guard.look()
        finally:
            go.touch()

        assert kept.end(nonce).output == b"x\n"


def test_nothing_is_left_of_a_kept_shell_that_is_let_go_of(shell: Shell) -> None:
    with shell.kept() as kept:
        kept.do(new_id(), script="true")
        assert kept.process.stdin is not None
        kept.process.stdin.close()
        kept.process.stdin = None
        kept.process.wait(20)

    until(lambda: not of_home(shell.home))


def of_home(home: Path) -> list[int]:
    """Return the processes that have this home."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("HOME") == str(home):
                found.append(process.pid)
    return found
