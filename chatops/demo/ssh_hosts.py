"""What the demo's SSH target keeps on disk: keys, ports, and a home for every host."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ADDRESS = "127.0.0.1"
USER = "deploy"
# Below the range from which systems take the ports of outgoing connections, so that a port is
# still free after a restart.
PORTS = range(22000, 32000)
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class DemoHost:
    """One pretended machine."""

    name: str
    address: str
    port: int
    host_key_line: str
    home: Path
    scratch: Path


def ensure_hosts(folder: Path, names: Iterable[str]) -> list[DemoHost]:
    """Make what is missing of these hosts and return them; nothing that is there changes."""
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a demo host")
    with locked(folder, "hosts.lock"):
        _ensure_key(folder / "id_ed25519")
        ports = _read_ports(folder)
        for name in wanted:
            ports[name] = ports.get(name) or _free_port(ports.values())
        _write_ports(folder, ports)
        return [_host(folder, name, ports[name]) for name in wanted]


def known_hosts(folder: Path) -> list[DemoHost]:
    """Return every host that was ever made in this folder."""
    return ensure_hosts(folder, _read_ports(folder))


def move_host(folder: Path, name: str) -> DemoHost:
    """Give a host another port, because somebody else sits on its own."""
    with locked(folder, "hosts.lock"):
        ports = _read_ports(folder)
        ports[name] = _free_port(ports.values())
        _write_ports(folder, ports)
        return _host(folder, name, ports[name])


def client_key(folder: Path) -> str:
    """Return the installation's private key as OpenSSH text."""
    return (folder / "id_ed25519").read_text()


@contextlib.contextmanager
def locked(folder: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock file of this folder; raise BlockingIOError instead of waiting if asked to."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / name).open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def host_key_file(host: DemoHost) -> Path:
    """Return where a host keeps its private key: beside its home, not in it."""
    return host.home.parent / "host_key"


def _host(folder: Path, name: str, port: int) -> DemoHost:
    place = folder.resolve() / "hosts" / name
    home, scratch = place / "home", place / "tmp"
    for part in (home, scratch):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    _ensure_key(place / "host_key")
    key = paramiko.Ed25519Key.from_private_key_file(str(place / "host_key"))
    return DemoHost(name, ADDRESS, port, f"{key.get_name()} {key.get_base64()}", home, scratch)


def _ensure_key(path: Path) -> None:
    if path.exists():
        return
    key = Ed25519PrivateKey.generate()
    _replace(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))


def _replace(path: Path, content: bytes) -> None:
    """Put a 0600 file in place whole, so that a kill leaves the old one or the new one."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as handle:
        handle.write(content)
    draft.replace(path)


def _read_ports(folder: Path) -> dict[str, int]:
    path = folder / "hosts.json"
    if not path.exists():
        return {}
    ports: dict[str, int] = json.loads(path.read_text())
    return ports


def _write_ports(folder: Path, ports: dict[str, int]) -> None:
    if ports != _read_ports(folder):
        _replace(folder / "hosts.json", json.dumps(ports, indent=2).encode())


def _free_port(taken: Iterable[int]) -> int:
    for port in random.sample(PORTS, len(PORTS)):
        if port not in taken and _is_free(port):
            return port
    raise OSError("no free port was found for a demo host")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True
