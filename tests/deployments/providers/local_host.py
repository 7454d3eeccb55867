"""The provider's scripts run here by a shell of choice, with a folder for a home. No SSH."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployments.providers import ssh_scripts
from deployments.providers.contract import Context, HostSpec

SHA = "a" * 40
HOST = HostSpec("web-1", "10.0.0.1", ("web",))


def context(number: int = 1, **fields: Any) -> Context:
    usual: dict[str, Any] = {
        "number": number,
        "application": "shop",
        "environment": "live",
        "task": "deploy",
        "ref": "main",
        "sha": SHA,
        "who": "Alice",
        "hosts": (HOST,),
        "settings": {},
        "release": str(number),
    }
    return Context(**{**usual, **fields})


@dataclass
class LocalHost:
    home: Path
    shell: list[str]
    path: str = field(default_factory=lambda: os.environ["PATH"])

    @property
    def root(self) -> Path:
        return self.home / "shop-live"

    def run(self, script: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.shell,
            input=script,
            env={"HOME": str(home or self.home), "PATH": self.path},
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def upload(self, at: Context, files: Mapping[Any, bytes], *, packed: bool = True) -> None:
        """Lay the archive where the runner would."""
        folder = self.home / ".shipmate" / "uploads"
        folder.mkdir(parents=True, exist_ok=True)
        made = io.BytesIO()
        mode = "w:gz" if packed else "w"
        with tarfile.open(fileobj=made, mode=mode, format=tarfile.GNU_FORMAT) as tar:  # type: ignore[call-overload]
            for name, content in files.items():
                entry = tarfile.TarInfo(os.fsdecode(name))
                entry.size, entry.mode = len(content), 0o644
                tar.addfile(entry, io.BytesIO(content))
        (folder / ssh_scripts.upload_name(at)).write_bytes(made.getvalue())

    def transfer(
        self, at: Context, files: Mapping[Any, bytes] | None = None, *, packed: bool = True
    ) -> subprocess.CompletedProcess[str]:
        self.upload(at, files or {"app.txt": b"one\n"}, packed=packed)
        return self.run(ssh_scripts.transfer(at, HOST))

    def switch(self, at: Context) -> subprocess.CompletedProcess[str]:
        return self.run(ssh_scripts.switch(at, HOST))

    def release(self, number: int, **fields: Any) -> Context:
        """Bring a release and switch to it."""
        at = context(number, **fields)
        for done in (self.transfer(at), self.switch(at)):
            assert done.returncode == 0, done.stdout + done.stderr
        return at

    @property
    def current(self) -> str:
        return os.readlink(self.root / "current")

    @property
    def releases(self) -> list[str]:
        return sorted(os.listdir(self.root / "releases"))


def without(folder: Path, *programs: str, **own: str) -> str:
    """Make a PATH with what a small host has, but for these, and with some of one's own."""
    folder.mkdir()
    for name in ("mkdir", "rm", "ln", "cp", "tar", "gzip", "cat", "mv", "perl", "sh", "printf"):
        found = shutil.which(name)
        if name not in programs and name not in own and found:
            (folder / name).symlink_to(found)
    for name, text in own.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder)


def with_own(folder: Path, **own: str) -> str:
    """Make a PATH on which some programs are one's own."""
    folder.mkdir()
    for name, text in own.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"
