"""What the demo is told on its command line."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paramiko import HostKeys, PKey

DESCRIPTION = """Run Shipmate on embedded defaults: SQLite, a repository made on the spot, and an
SSH target of its own on loopback. With --once: do the main job without a browser and exit 0 only
if every host runs exactly the commit's files."""
PORT = 8000


@dataclass(frozen=True)
class Login:
    """USER@ADDRESS:PORT of one host."""

    name: str
    user: str
    address: str
    port: int


@dataclass(frozen=True)
class Options:
    root: Path
    port: int
    once: bool
    reset: bool
    repository: str
    ref: str
    hosts: tuple[Login, ...]
    key: Path | None
    host_keys: Path | None

    @property
    def state(self) -> Path:
        """Where this run keeps everything. What is done once with things of yours begins anew."""
        return self.root / ".state" / ("once" if self.is_yours else "demo")

    @property
    def is_yours(self) -> bool:
        return bool(self.repository or self.hosts)


def read(root: Path, here: Path, arguments: list[str]) -> Options:
    """Return the options, or end with words on what is wrong with them; paths count from `here`."""
    parser = argparse.ArgumentParser(prog="script/demo", description=DESCRIPTION)
    parser.add_argument("--port", type=_port, metavar="N", help=f"default: {PORT}")
    parser.add_argument("--reset", action="store_true", help="forget everything and begin anew")
    parser.add_argument("--once", action="store_true", help="do the main job and exit")
    parser.add_argument("--repository", default="", metavar="PATH_OR_URL")
    parser.add_argument("--ref", default="", help="branch, tag or commit; else the default branch")
    parser.add_argument("--hosts", default="", metavar="USER@ADDR:PORT,…")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the private key for the hosts")
    parser.add_argument("--host-keys", type=Path, metavar="FILE", help="as known_hosts has them")
    given = parser.parse_args(arguments)
    yours = [bool(part) for part in (given.repository, given.hosts, given.key)]
    if any(yours) and not all(yours):
        parser.error("--repository, --hosts and --key go together")
    if not given.once and (any(yours) or given.ref):
        parser.error("--repository, --hosts, --key and --ref go with --once")
    try:
        hosts = _logins(given.hosts)
    except ValueError as error:
        parser.error(str(error))
    return Options(
        root,
        given.port or _usual_port(given.once),
        given.once,
        given.reset,
        _location(given.repository, here),
        given.ref,
        hosts,
        here / given.key if given.key else None,
        here / given.host_keys if given.host_keys else None,
    )


def _location(text: str, here: Path) -> str:
    """Return a path whole; what has a colon in it and is no path is an address."""
    if text and (":" not in text or (here / text).exists()):
        return str(here / text)
    return text


def why_taken(port: int) -> str:
    """Return why nobody can listen on this port of the loopback address, or nothing."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"“{text}” is no port; write a number from 1 to 65535")


def _usual_port(once: bool) -> int:
    """Nobody has to know where `--once` listens: beside another demo it takes any free port."""
    if not once or not why_taken(PORT):
        return PORT
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _logins(text: str) -> tuple[Login, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if text and not parts:
        raise ValueError("--hosts names no host; write USER@ADDRESS:PORT")
    if twice := next((part for part in parts if parts.count(part) > 1), None):
        raise ValueError(f"“{twice}” is given twice")
    return tuple(_login(part, number) for number, part in enumerate(parts, start=1))


def _login(text: str, number: int) -> Login:
    user, at, place = text.rpartition("@")
    address, _, port = place.rpartition(":")
    if not (at and user and address and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"“{text}” is no host; write USER@ADDRESS:PORT")
    return Login(f"host-{number}", user, address.strip("[]"), int(port))


def keys_for(login: Login, path: Path) -> list[str]:
    """Return the host's lines in a known_hosts file; lines without a host's name are for all."""
    lines = path.read_text(encoding="utf-8").splitlines()
    plain = [line for line in lines if line.startswith(("ssh-", "ecdsa-"))]
    known = HostKeys()
    known.load(str(path))
    name = login.address if login.port == 22 else f"[{login.address}]:{login.port}"
    found: Mapping[str, PKey] = known.lookup(name) or {}
    return [*plain, *(f"{kind} {key.get_base64()}" for kind, key in found.items())]
