"""Real shells that are given programs directly, as a host without a network."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from deployments.runner import wrapper

# In a script: what waits for a test.
WAIT = 'until [ -e "$HOME/go" ]; do sleep .1; done'


@dataclass(frozen=True)
class Said:
    output: bytes
    control: list[list[str]]
    exit: int

    @property
    def last(self) -> list[str]:
        return self.control[-1]


class KeptShell:
    """A shell whose input stays open for further programs. It gets no ticks but a test's."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._is_new = True

    def do(self, run_id: str, *, before: bytes = b"", **given: Any) -> Said:
        """Start a run or attach to it; return what is said until its end was told."""
        nonce = self.begin(run_id, before=before, **given)
        return self.end(nonce)

    def begin(
        self, run_id: str, *, mode: wrapper.Mode = "start", before: bytes = b"", **given: Any
    ) -> str:
        nonce, again = wrapper.new_nonce(), not self._is_new
        self._is_new = False
        self.write(before + wrapper.program(mode, nonce, run_id, keep=True, again=again, **given))
        return nonce

    def end(self, nonce: str) -> Said:
        """Read until a run's end is told. Its output must have ended a line."""
        lines, control = wrapper.ControlLines(nonce), list[list[str]]()
        output = b""
        self.pass_mark(nonce)
        while not control or control[-1][0] not in ("end", "lost", "none", "cancelled"):
            control += lines.feed(_line(self.process.stderr))
        left = int(control[-1][2]) if control[-1][0] == "end" else 0
        while len(output) < left:
            output += self.line()
        return Said(output, control, 0)

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()

    def pass_mark(self, nonce: str) -> None:
        """Pass over all output up to our mark."""
        while self.line() != nonce.encode() + b"\n":
            pass

    def line(self) -> bytes:
        return _line(self.process.stdout)


def _line(stream: IO[bytes] | None) -> bytes:
    assert stream is not None
    line = stream.readline()
    assert line, "the shell has ended"
    return line


class Shell:
    """A host without a network: programs go straight to its `sh`."""

    def __init__(self, home: Path, path: str) -> None:
        self.home = home
        self.environment = {"HOME": str(home), "PATH": path}

    def give(self, program: bytes, nonce: str) -> Said:
        process = self.open()
        out, error = process.communicate(program, timeout=60)
        _, _, output = out.partition(nonce.encode() + b"\n")
        return Said(output, wrapper.ControlLines(nonce).feed(error), process.returncode)

    @contextmanager
    def kept(self) -> Iterator[KeptShell]:
        shell = KeptShell(self.open())
        try:
            yield shell
        finally:
            shell.close()

    def do(self, mode: wrapper.Mode, run_id: str, **given: Any) -> Said:
        nonce = wrapper.new_nonce()
        return self.give(wrapper.program(mode, nonce, run_id, **given), nonce)

    def open(self) -> subprocess.Popen[bytes]:
        """Start its `sh` and leave the input open."""
        return subprocess.Popen(
            ["sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            executable=shutil.which("sh", path=self.environment["PATH"]),
        )

    def folder(self, run_id: str) -> Path:
        return self.home / ".shipmate" / "runs" / run_id

    def claim(self, run_id: str) -> list[str]:
        return (self.folder(run_id) / "claim").read_text().split()

    def group(self, run_id: str) -> list[str]:
        """Return what stands there of its script, then of its relay."""
        group = self.folder(run_id) / "group"
        return group.read_text().split() if group.exists() else []

    def log(self, run_id: str) -> bytes:
        log = self.folder(run_id) / "log"
        return log.read_bytes() if log.exists() else b""


def instead(shell: Shell, name: str, text: str) -> None:
    """Let a program be another one than usual."""
    program = Path(shell.environment["PATH"].split(":")[0]) / name
    program.unlink(missing_ok=True)
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
