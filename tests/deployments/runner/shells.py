"""Real shells that are given programs directly, as a host without a network."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.runner import wrapper


@dataclass(frozen=True)
class Said:
    output: bytes
    control: list[list[str]]
    exit: int

    @property
    def last(self) -> list[str]:
        return self.control[-1]


class Shell:
    """A host without a network: programs go straight to its `sh`."""

    def __init__(self, home: Path, path: str) -> None:
        self.home = home
        self.environment = {"HOME": str(home), "PATH": path}

    def give(self, program: bytes, nonce: str) -> Said:
        process = subprocess.Popen(
            ["sh"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
            executable=shutil.which("sh", path=self.environment["PATH"]),
        )
        out, error = process.communicate(program, timeout=60)
        _, _, output = out.partition(nonce.encode() + b"\n")
        return Said(output, wrapper.ControlLines(nonce).feed(error), process.returncode)

    def do(self, mode: wrapper.Mode, run_id: str, **given: Any) -> Said:
        nonce = wrapper.new_nonce()
        return self.give(wrapper.program(mode, nonce, run_id, **given), nonce)

    def folder(self, run_id: str) -> Path:
        return self.home / ".shipmate" / "runs" / run_id

    def claim(self, run_id: str) -> list[str]:
        return (self.folder(run_id) / "claim").read_text().split()

    def log(self, run_id: str) -> bytes:
        log = self.folder(run_id) / "log"
        return log.read_bytes() if log.exists() else b""
