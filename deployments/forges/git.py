"""The only place that starts git: no hooks, prompts or foreign settings, and always an end."""

from __future__ import annotations

import os
import re
import selectors
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Literal, Self

from django.conf import settings

from deployments.exceptions import ForgeError
from deployments.forges.text import plain, without_credentials

LIMIT = 64 * 1024 * 1024
ERROR_TAIL = 8 * 1024
BLOCK = 64 * 1024
SHOWN = 600
TICK = 0.25
LONG = 10  # times GIT_TIMEOUT: for work that grows with the whole repository
GRACE = 2.0
SHA = re.compile(r"[0-9a-f]{40}")

# What git may know of this process: where programs, keys and proxies are.
PASSED = (
    "PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
    "http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
)  # fmt: skip
SSH = (
    "ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oConnectTimeout=15 -oServerAliveInterval=15"
    " -oForwardAgent=no -oForwardX11=no -oClearAllForwardings=yes -oPermitLocalCommand=no"
)
FIXED = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "https:ssh:file",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": str(Path(__file__).with_name("gitconfig")),
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS": "false",
    "SSH_ASKPASS_REQUIRE": "never",
    "GIT_SSH_COMMAND": SSH,
    "GIT_SSH_VARIANT": "ssh",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": "false",
}

NOISE = ("hint:", "warning:", "Please make sure you have", "and the repository exists.")
Ending = Literal["", "time", "limit", "watch"]


@dataclass(frozen=True, slots=True)
class Output:
    """What git said. `ended` tells why it was stopped, and is empty where it ended by itself."""

    code: int
    out: bytes
    error: str
    ended: Ending


def environment() -> dict[str, str]:
    """Return everything that a git process gets to know."""
    return {name: os.environ[name] for name in PASSED if name in os.environ} | FIXED


def run(
    git_dir: Path | None,
    arguments: Sequence[str],
    *,
    feed: bytes = b"",
    timeout: float | None = None,
    limit: int = LIMIT,
    watch: Callable[[], bool] | None = None,
    sign_in: str = "",
) -> Output:
    """Run git to its end, or to the limit of time, output or `watch`.

    `sign_in` is an address with user and password, for no other host than its own.
    """
    with tempfile.TemporaryFile() as stdin, _handed(sign_in) as more:
        stdin.write(feed)
        stdin.seek(0)
        process = _start(git_dir, arguments, stdin, more)
        ended: Ending = "watch"
        try:
            deadline = time.monotonic() + (timeout or settings.GIT_TIMEOUT)
            out, error, ended = _collect(process, deadline, limit, watch)
        finally:
            _finish(process, kill=bool(ended))
    return Output(process.returncode, out, _said(error), ended)


@contextmanager
def _handed(sign_in: str) -> Iterator[dict[str, str]]:
    """Lay a credential where this one git finds it, in a file that nobody else can read.

    Neither arguments nor environment have it: other users see the one, core dumps the other.
    """
    if not sign_in:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="shipmate-git-") as folder:  # made with mode 0700
        file = Path(folder) / "credentials"
        file.touch(mode=0o600)
        file.write_text(f"{sign_in}\n", "utf-8")
        yield {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "credential.helper",
            "GIT_CONFIG_VALUE_0": f"store --file={shlex.quote(str(file))}",
        }


def read(
    git_dir: Path,
    arguments: Sequence[str],
    *,
    feed: bytes = b"",
    limit: int = LIMIT,
    timeout: float | None = None,
) -> bytes:
    """Return what git says about a repository on this machine; anything else is a ForgeError."""
    output = run(git_dir, arguments, feed=feed, limit=limit, timeout=timeout)
    if output.ended == "time":
        raise ForgeError(
            f"git {arguments[0]} took longer than {timeout or settings.GIT_TIMEOUT} s."
        )
    if output.ended:
        raise ForgeError(f"git {arguments[0]} answered more than {limit // 1024} kB.")
    if output.code:
        raise ForgeError(f"git {arguments[0]}: {output.error or f'ended with {output.code}'}")
    return output.out


def full_sha(text: str) -> str:
    """Return the sha if it is one; nothing else reaches git in its place."""
    if not SHA.fullmatch(text):
        raise ForgeError(f"{plain(text[:60].encode(errors='replace'))!r} is not a full commit id.")
    return text


def lookup(git_dir: Path, names: Sequence[str]) -> list[tuple[str, str] | None]:
    """Return id and type for each name, or None where there is no such object."""
    feed = "".join(f"{name}\n" for name in names).encode()
    lines = read(git_dir, ["cat-file", "--batch-check"], feed=feed).decode(errors="replace")
    return [_found(line) for line in lines.splitlines()]


class ObjectReader:
    """One `cat-file --batch` for many objects, read in blocks."""

    def __init__(self, git_dir: Path, timeout: float) -> None:
        self._process = _start(git_dir, ["cat-file", "--batch"], subprocess.PIPE)
        self._timer = threading.Timer(timeout, _signal, [self._process, signal.SIGKILL])
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        _finish(self._process, kill=True)

    def blocks(self, oid: str) -> Iterator[bytes]:
        """Yield the object's content; it has to be read to its end before the next one."""
        left = self._ask(oid)
        while left:
            block = self._out.read(min(BLOCK, left))
            if not block:
                raise ForgeError("git cat-file ended too early.")
            left -= len(block)
            yield block
        self._out.read(1)

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 (opened with a pipe)
        return self._process.stdout

    def _ask(self, oid: str) -> int:
        assert self._process.stdin is not None  # noqa: S101 (opened with a pipe)
        with suppress(BrokenPipeError):
            self._process.stdin.write(full_sha(oid).encode() + b"\n")
            self._process.stdin.flush()
        header = self._out.readline(200).split()
        if len(header) != 3:
            raise ForgeError(f"git cat-file has no object {oid}.")
        return int(header[2])


def objects(git_dir: Path) -> ObjectReader:
    """Return a reader for as long as the largest work may take."""
    return ObjectReader(git_dir, LONG * settings.GIT_TIMEOUT)


def _start(
    git_dir: Path | None,
    arguments: Sequence[str],
    stdin: IO[bytes] | int,
    more: Mapping[str, str] = MappingProxyType({}),
) -> subprocess.Popen[bytes]:
    where = [] if git_dir is None else [f"--git-dir={git_dir}"]
    try:
        return subprocess.Popen(
            ["git", "--no-pager", *where, *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if stdin != subprocess.PIPE else subprocess.DEVNULL,
            cwd="/",
            env={**environment(), **more},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise ForgeError(f"git could not be started: {error}") from error


def _collect(
    process: subprocess.Popen[bytes],
    deadline: float,
    limit: int,
    watch: Callable[[], bool] | None,
) -> tuple[bytes, bytes, Ending]:
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018
    out, error = bytearray(), bytearray()
    look = time.monotonic() + TICK
    with selectors.DefaultSelector() as streams:
        streams.register(process.stdout, selectors.EVENT_READ, out)
        streams.register(process.stderr, selectors.EVENT_READ, error)
        while streams.get_map():
            for key, _ in streams.select(TICK):
                _take(streams, key)
            del error[:-ERROR_TAIL]
            now = time.monotonic()
            if len(out) > limit:
                return bytes(out[:limit]), bytes(error), "limit"
            if now > deadline:
                return bytes(out), bytes(error), "time"
            if watch and now > look:
                look = now + TICK
                if watch():
                    return bytes(out), bytes(error), "watch"
    return bytes(out), bytes(error), ""


def _take(streams: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    block = os.read(key.fd, BLOCK)
    if block:
        key.data.extend(block)
    else:
        streams.unregister(key.fileobj)


def _finish(process: subprocess.Popen[bytes], *, kill: bool) -> None:
    """Leave no process behind: ask first, because git then removes what it had begun."""
    if kill:
        _signal(process, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        kill = True
    if kill:
        _signal(process, signal.SIGKILL)  # and whoever it started
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(BrokenPipeError):
                stream.close()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _said(error: bytes) -> str:
    """Return the lines that matter of what git complained about."""
    lines = [plain(line).strip() for line in error.replace(b"\r", b"\n").split(b"\n")]
    told = [line for line in lines if not line.startswith(NOISE)]
    return without_credentials(" ".join(line for line in told if line))[-SHOWN:]


def _found(line: str) -> tuple[str, str] | None:
    words = line.split(" ")
    return (words[0], words[1]) if len(words) == 3 and SHA.fullmatch(words[0]) else None
