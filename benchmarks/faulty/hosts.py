"""Hosts to deploy to, dash and busybox by turns, and what can be found out about them."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from tests.servers import sshd
from tests.servers.sshd import Sshd

SHELLS = ("dash", "busybox")
DISK = "24m"
FEW = 32  # bytes


class Disk:
    """The disk under a host's home: a small one where mounting is allowed, else a limit to files.

    Without a mount no process of the host may let a file grow past a few bytes (RLIMIT_FSIZE). As
    on a full disk, what lies in a block that is there can be overwritten. That is what is left to
    root in a container without CAP_SYS_ADMIN.
    """

    def __init__(self, host: Sshd) -> None:
        self._host = host
        self.mounted = mount(host.home, DISK)

    def fill(self) -> None:
        if self.mounted:
            fill(self._host.home)
        else:
            limit(processes_of(self._host), FEW)

    def free(self) -> None:
        (self._host.home / "filler").unlink(missing_ok=True)
        limit(processes_of(self._host), resource.RLIM_INFINITY)

    def unmount(self) -> None:
        if self.mounted:
            unmount(self._host.home)


def mount(folder: Path, size: str) -> bool:
    """Put a small file system there, under what lies there; return whether that is allowed."""
    kept = folder.with_name(f"{folder.name}.kept")
    folder.rename(kept)
    folder.mkdir(mode=0o700)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "shipmate", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    for path in kept.iterdir():
        shutil.move(str(path), folder / path.name)
    kept.rmdir()
    return done


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


def fill(folder: Path) -> None:
    """Write until there is no room."""
    with suppress(OSError), (folder / "filler").open("ab", buffering=0) as filler:
        for size in (1 << 16, 1 << 10, 1):
            with suppress(OSError):
                while True:
                    filler.write(b"\0" * size)


def limit(processes: list[psutil.Process], size: int) -> None:
    """Let these processes, and what they start, write no file longer than that."""
    for process in processes:
        with suppress(psutil.Error):
            process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def running(folder: Path, count: int) -> Iterator[list[Sshd]]:
    """Run hosts, each with a key of its own for its login."""
    busybox = sshd.only_busybox(folder / "busybox")
    dash = sshd.shell_first(folder / "dash", "dash")
    with ExitStack() as stack:
        found = []
        for number in range(count):
            path = busybox if SHELLS[number % 2] == "busybox" else dash
            place = folder / f"host-{number + 1:02}"
            found.append(stack.enter_context(sshd.running(place, path=path, limited=True)))
        yield found


def processes_of(host: Sshd) -> list[psutil.Process]:
    """Return sshd, its sessions, and whatever runs with the host's home."""
    home = f"HOME={host.home}".encode()
    config = str(host.folder / "sshd_config")
    return [p for p in psutil.process_iter() if config in _line(p) or home in _environment(p)]


def followers_on(host: Sshd) -> list[psutil.Process]:
    """Return the shells in which Shipmate's own programs run there, not what they have started."""
    return [p for p in processes_of(host) if _line(p) == "sh"]


def left_on(host: Sshd) -> list[str]:
    """Name what runs on the host besides sshd."""
    home = f"HOME={host.home}".encode()
    return [f"{p.pid} {_line(p)[:80]}" for p in psutil.process_iter() if home in _environment(p)]


def _line(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _environment(process: psutil.Process) -> list[bytes]:
    with suppress(OSError):
        return Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    return []
