"""Trees on a host, and what one has to look like."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path
from threading import Event

from deployments.forges import archive
from deployments.runner.connection import Connection
from deployments.runner.delivery import Delivery, deliver
from deployments.runner.follow import Outcome
from deployments.services.packing import Packer
from tests.deployments.trees import mark
from tests.servers.sshd import Sshd

FOLDER = '"$HOME"/app/trees'
NAME = "1.tar"
Facts = dict[bytes, tuple[int, bytes]]


class Trees:
    """The trees of one host, as deliveries make them."""

    def __init__(self, host: Sshd, mirror: Path) -> None:
        self.host = host
        self.mirror = mirror
        self.folder = host.home / "app" / "trees"
        self.told: list[str] = []

    def of(self, sha: str) -> Path:
        return self.folder / sha / "tree"

    def begin(self, sha: str) -> None:
        """Have a tree as a transfer of the whole leaves it."""
        unpack(self.mirror, sha, self.of(sha))
        mark(self.folder / sha)

    def bring(self, connection: Connection, sha: str) -> Outcome:
        self.told = []
        return deliver(
            connection,
            Delivery(Packer(self.mirror, sha), NAME, FOLDER),
            stop=Event(),
            progress=lambda sent: None,
            tell=self.told.append,
        )

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def uploads(self) -> list[str]:
        folder = self.host.home / ".shipmate" / "uploads"
        return sorted(os.listdir(folder)) if folder.exists() else []


def unpack(mirror: Path, sha: str, folder: Path) -> Path:
    """Unpack a commit's whole archive."""
    folder.mkdir(parents=True)
    made = archive.archive(mirror, sha)
    command = ["tar", "-xpozf", str(made.path), "-C", str(folder)]
    subprocess.run(command, check=True, umask=0o022)
    return folder


def facts(folder: Path) -> Facts:
    """Return mode and content, or target, of everything below a folder."""
    top = os.fsencode(folder)
    return {
        os.path.relpath(os.path.join(parent, name), top): _fact(os.path.join(parent, name))
        for parent, folders, files in os.walk(top)
        for name in (*folders, *files)
    }


def times(folder: Path) -> dict[bytes, int]:
    """Return when each file was last written."""
    top = os.fsencode(folder)
    return {
        os.path.join(parent, name): os.lstat(os.path.join(parent, name)).st_mtime_ns
        for parent, _, files in os.walk(top)
        for name in files
    }


def _fact(path: bytes) -> tuple[int, bytes]:
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return mode, os.readlink(path)
    return mode, b"" if stat.S_ISDIR(mode) else Path(os.fsdecode(path)).read_bytes()
