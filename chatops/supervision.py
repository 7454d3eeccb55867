"""The processes of an installation under one supervisor (supervisord, as a library)."""

from __future__ import annotations

import configparser
import fcntl
import os
import shlex
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

PATIENCE = 15  # seconds between asking a process to end and ending it
TETHERED = [sys.executable, "-m", "chatops.tether"]


@dataclass(frozen=True)
class Program:
    """One kind of process. `count` of them are kept running."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    count: int = 1


def programs(address: str, port: int, *, clusters: int) -> list[Program]:
    """Return web, deploy workers, chat workers and sweeper."""
    python = [sys.executable]
    manage = [*python, str(settings.BASE_DIR / "manage.py")]
    web = ["chatops.asgi:application", "--host", address, "--port", str(port), "--no-access-log"]
    # Live pages hold a stream open for ever; a stop does not wait for them.
    web += ["--timeout-graceful-shutdown", "3", "--no-server-header"]
    return [
        Program("web", [*python, "-m", "uvicorn", *web]),
        Program("deploy", [*manage, "qcluster"], {"Q_CLUSTER_NAME": "deploy"}, clusters),
        Program("chat", [*manage, "qcluster"], {"Q_CLUSTER_NAME": "chat"}),
        Program("sweeper", [*manage, "sweeper"]),
    ]


def hold(folder: Path, seconds: float = 0) -> int:
    """Return the descriptor that the supervisor of this folder holds while it lives.

    Raises BlockingIOError if another one still has it after so many seconds.
    """
    descriptor = os.open(folder / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(descriptor, True)
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(descriptor)
                raise
            time.sleep(0.1)
        else:
            return descriptor


def configure(
    folder: Path, kept: list[Program], *, to_stdout: bool, patience: int = PATIENCE
) -> Path:
    """Write supervisord's configuration and return its path.

    Paths count from the program's own folder, which may be called as it likes: in an unquoted
    name “ #” would begin a comment.
    """
    logs = folder / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    near = os.path.relpath(folder, settings.BASE_DIR)
    config = configparser.RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "logfile": _escaped(f"{near}/logs/supervisor.log"),
        "pidfile": _escaped(f"{near}/supervisor.pid"),
        "childlogdir": _escaped(f"{near}/logs"),
    }
    if os.geteuid() == 0:
        config["supervisord"]["user"] = "0"  # else it warns at every start
    # Groups are ended one after the other, the programs of a group together.
    config["group:shipmate"] = {"programs": ",".join(program.name for program in kept)}
    for program in kept:
        log = "/dev/fd/1" if to_stdout else f"{near}/logs/{program.name}.log"
        config[f"program:{program.name}"] = _section(program, log, rotated=not to_stdout)
        config[f"program:{program.name}"]["stopwaitsecs"] = str(patience)
    path = folder / "supervisor.conf"
    with path.open("w", encoding="utf-8") as file:
        config.write(file)
    return path


def command(configuration: Path) -> list[str]:
    """Return what runs the supervisor in the foreground."""
    return [sys.executable, "-m", "chatops.supervisord", "-n", "-c", str(configuration)]


def environment() -> dict[str, str]:
    """Return this process's environment, by which children know that somebody restarts them."""
    return {**os.environ, "SHIPMATE_SUPERVISED": "1", "PYTHONUNBUFFERED": "1"}


def _section(program: Program, log: str, *, rotated: bool) -> dict[str, str]:
    pairs = ",".join(f'{name}="{value}"' for name, value in program.environment.items())
    return {
        "command": _escaped(shlex.join(program.command)),
        "process_name": "%(program_name)s_%(process_num)d",
        "numprocs": str(program.count),
        "environment": pairs,
        "autorestart": "true",
        "startsecs": "1",
        "startretries": "1000000",
        # The main process alone is told: a cluster told as a group kills its tasks and hangs.
        "stopsignal": "TERM",
        "stopasgroup": "false",
        "killasgroup": "true",
        "redirect_stderr": "true",
        "stdout_logfile": _escaped(_escaped(log)),  # expanded twice
        "stdout_logfile_maxbytes": "10MB" if rotated else "0",
        "stdout_logfile_backups": "3",
    }


def _escaped(command: str) -> str:
    """supervisord expands “%”, and what follows “ #” or “ ;” is a comment to it, even in quotes."""
    return command.replace("%", "%%").replace(" #", " ''#").replace(" ;", " '';")
