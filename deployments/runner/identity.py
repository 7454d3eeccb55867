"""What programs that speak SSH find in their home: a key, the hosts, and the keys they have shown.

OpenSSH looks for its files in the home that the system knows, so it is put in their way with the
path of its configuration; Net::SSH (Capistrano) and Paramiko (Fabric) look below $HOME.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from shlex import quote

from deployments.runner.hosts import Target

CONFIG = ".ssh/config"
EVERYWHERE = """\
Host *
  IdentitiesOnly yes
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 15
  ServerAliveInterval 15
  ForwardAgent no
"""
PROGRAMS = ("ssh", "scp", "sftp")


def write(
    home: Path, private: str, targets: Iterable[Target], *, at: Path, hands_on: bool = False
) -> None:
    """Write .ssh for its owner alone; `at` is where this home will be found.

    `hands_on`: the hosts may use the agent that there is.
    """
    folder, found = home / ".ssh", at / ".ssh"
    folder.mkdir(mode=0o700)
    listed = list(targets)
    _private(folder / "known_hosts", "".join(map(_known, listed)))
    known = f'"{found}/known_hosts"'
    everywhere = f"{EVERYWHERE}  UserKnownHostsFile {known} ~/.ssh/known_hosts\n"
    if private:
        _private(folder / "shipmate", private)
        everywhere += f'  IdentityFile "{found}/shipmate"\n'
    forward = "  ForwardAgent yes\n" if hands_on else ""
    hosts = [f"{_host(known, target)}{forward}" for target in listed]
    _private(home / CONFIG, "".join([*hosts, everywhere]))


def put_first(folder: Path, config: Path, *, at: Path) -> None:
    """Make programs that are OpenSSH's own with this configuration; `at` is where they will be."""
    folder.mkdir(mode=0o700)
    for name in PROGRAMS:
        real = shutil.which(name)
        if real is not None:
            through = "" if name == "ssh" else f" -S {quote(str(at / 'ssh'))}"
            options = f"-F {quote(str(config))}{through}"
            (folder / name).write_text(f'#!/bin/sh\nexec {quote(real)} {options} "$@"\n')
            (folder / name).chmod(0o700)


def _host(known: str, target: Target) -> str:
    """Tell how a host is reached, by its name here and by its address."""
    return (
        f"Host {target.name} {target.address}\n"
        f"  HostName {target.address}\n"
        f"  Port {target.port}\n"
        f"  User {target.user}\n"
        f"  UserKnownHostsFile {known}\n"
        "  GlobalKnownHostsFile /dev/null\n"
    )


def _known(target: Target) -> str:
    place = target.address if target.port == 22 else f"[{target.address}]:{target.port}"
    return "".join(f"{place} {' '.join(key.split()[:2])}\n" for key in target.host_keys)


def _private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)
