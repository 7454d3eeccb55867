"""Real OpenSSH servers on the loopback address, each a host of its own: key, home, shells."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from deployments.runner import keys
from deployments.runner.hosts import Target
from deployments.runner.keys import KeyPair

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
StrictModes no
PrintMotd no
MaxStartups 200:1:200
Subsystem sftp internal-sftp
SetEnv HOME={home} PATH={path}
{more}
"""


class Sshd:
    """One host: an sshd process whose logins live in a home folder of their own.

    `limited`: a file that grows past a limit is an error to who writes it, and no signal.
    """

    def __init__(
        self,
        folder: Path,
        *,
        path: str = os.environ["PATH"],
        more: str = "",
        limited: bool = False,
    ) -> None:
        self.folder = folder
        self.limited = limited
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.port = _free_port()
        self.login = keys.generate("tests")
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "authorized_keys").write_text(self.login.public + "\n")
        config = CONFIG.format(port=self.port, folder=folder, home=self.home, path=path, more=more)
        (folder / "sshd_config").write_text(config)
        self.host_key = self.new_host_key()

    def new_host_key(self) -> str:
        """Make the key that the host shows from its next start on, as after a new installation."""
        pair = keys.generate()
        file = self.folder / "host_key"
        file.write_text(pair.private)
        file.chmod(0o600)
        self.host_key = pair.public
        return pair.public

    def start(self) -> None:
        assert SSHD is not None, "install openssh-server to run the tests that are marked sshd"
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        config, log = str(self.folder / "sshd_config"), str(self.folder / "sshd.log")
        command = [SSHD, "-D", "-f", config, "-E", log]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, restore_signals=not self.limited
        )
        _wait_for(self.port)

    def kill(self) -> None:
        """Kill the listening process and all logins at once, as a crash of the host would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)  # lets nobody in meanwhile
        self.kill_sessions()
        self.stop()

    def kill_sessions(self) -> int:
        """Kill the processes that serve logins, but nothing that logins have started."""
        killed = 0
        for session in self.sessions():
            with suppress(psutil.NoSuchProcess):
                session.kill()
                killed += 1
        return killed

    def sessions(self) -> list[psutil.Process]:
        """Return the processes that serve logins."""
        if self._process is None:
            return []
        found = []
        for child in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it may end between two looks
                if child.name().startswith("sshd"):
                    found.append(child)
        return found

    def stop(self) -> None:
        """Stop listening. Logins that exist go on, as they do when a real sshd is restarted."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def target(self, name: str = "web-1", **changes: object) -> Target:
        given: dict[str, object] = {
            "name": name,
            "address": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "private_key": self.login.private,
            "host_keys": (self.host_key,),
        }
        return Target(**(given | changes))  # type: ignore[arg-type]

    def run_folder(self, run_id: str) -> Path:
        return self.home / ".shipmate" / "runs" / run_id


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Sshd]:
    sshd = Sshd(folder, **options)
    try:
        sshd.start()
        yield sshd
    finally:
        sshd.kill()


def only_busybox(folder: Path) -> str:
    """Make a PATH on which busybox is all there is, as on a very small host."""
    busybox = shutil.which("busybox")
    assert busybox is not None, "install busybox to run the tests that are marked sshd"
    folder.mkdir(parents=True)
    names = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout
    for name in names.split():
        (folder / name).symlink_to(busybox)
    return str(folder)


def shell_first(folder: Path, shell: str) -> str:
    """Make a PATH on which `sh` is the shell given."""
    folder.mkdir(parents=True)
    found = shutil.which(shell)
    assert found is not None, f"install {shell} to run the tests that are marked sshd"
    (folder / "sh").symlink_to(found)
    return f"{folder}:{os.environ['PATH']}"


def ssh_keygen(file: Path, kind: str, *options: str) -> KeyPair:
    """Make a key with OpenSSH itself."""
    command = ["ssh-keygen", "-q", "-N", "", "-f", str(file), "-t", kind, *options]
    subprocess.run(command, check=True)
    return keys.read(file.read_text())


def unused_target(**changes: object) -> Target:
    """Make a target where nobody listens."""
    pair = keys.generate()
    given: dict[str, object] = {
        "name": "web-9",
        "address": "127.0.0.1",
        "port": _free_port(),
        "user": getpass.getuser(),
        "private_key": pair.private,
        "host_keys": (pair.public,),
    }
    return Target(**(given | changes))  # type: ignore[arg-type]


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    for _ in range(1000):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"sshd does not listen on port {port}")
