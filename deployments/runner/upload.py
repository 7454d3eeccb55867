"""Send a file to a host over one channel of `sh`, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Event

from deployments.exceptions import HostError
from deployments.runner import wrapper
from deployments.runner.channels import Connected
from deployments.runner.connection import ConnectionLost
from deployments.runner.conversation import BEATS, Conversation

# Paramiko copies what is left of a piece with every packet: small pieces keep that cheap.
PIECE = 256 * 1024
# Counting, copying or unpacking a large tree, or keeping a large file, on a slow disk.
STEP_TIMEOUT = 600.0
RENAME_TIMEOUT = 60.0

# The shell has read up to the call of main before it runs it, so the bytes that follow go to cat.
# The nonce in the name keeps a stalled earlier upload from writing into this one.
RECEIVE = r"""
fail() { say failed "$*"; exit 5; }
main() {
beats
umask 077
error=$(LC_ALL=C mkdir -p "$folder" 2>&1) && cd "$folder" || fail "cannot write to $folder: $error"
partial=$name.$nonce.partial packer=plain
command -v gzip >/dev/null 2>&1 && packer=gz
say ready $packer
error=$({ LC_ALL=C cat >"$partial"; } 2>&1) || { rm -f "$partial"; fail "$error"; }
say kept "$(($(wc -c <"$partial")))"
}
"""
# Only after all bytes were sent and counted: an end of input may also be a broken connection.
FINISH = r"""
main() {
say beat
error=$(cd "$folder" && LC_ALL=C mv -f "$partial" "$name" 2>&1) || { say failed "$error"; exit 5; }
say done
}
"""
FOLDER = f"{wrapper.FOLDER}/uploads"

Chunks = Callable[[bool], Iterable[bytes]]


class UploadFailed(HostError):
    """The host could not keep the file. Sending it again would not help."""

    code = "settings"


@dataclass(frozen=True)
class Received:
    """A file that lies on the host whole, under a name that nobody else knows."""

    partial: str
    size: int
    compressed: bool


def upload(
    connection: Connected,
    name: str,
    chunks: Chunks,
    *,
    stop: Event | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Send what `chunks(host has gzip)` gives to ~/.shipmate/uploads/NAME; return the bytes sent.

    ConnectionLost: do it all again. UploadFailed: the host said why it cannot.
    """
    received = receive(connection, name, chunks, stop=stop, progress=progress)
    _finish(connection, {"name": name, "partial": received.partial})
    return received.size


def receive(
    connection: Connected,
    name: str,
    chunks: Chunks,
    *,
    stop: Event | None = None,
    progress: Callable[[int], None] | None = None,
) -> Received:
    """Send it and count it; the caller says what becomes of it."""
    nonce = wrapper.new_nonce()
    names = {"name": wrapper.safe_name(name)}
    program = wrapper.assemble("receive", nonce, FOLDER, names, BEATS + RECEIVE)
    progress = progress or _ignore
    beat = partial(progress, 0)
    with Conversation(connection, program, nonce, more_follows=True, beat=beat) as host:
        compressed = answer(host, "ready") == "gz"
        sent = _send(host, chunks(compressed), stop or Event(), progress)
        kept = answer(host, "kept")
    if kept != str(sent):
        raise ConnectionLost(f"{connection.target.name} kept {kept} of {sent} bytes")
    return Received(f"{name}.{nonce}.partial", sent, compressed)


def _finish(connection: Connected, names: dict[str, str]) -> None:
    nonce = wrapper.new_nonce()
    program = wrapper.assemble("finish", nonce, FOLDER, names, FINISH)
    with Conversation(connection, program, nonce) as host:
        answer(host, "done", timeout=RENAME_TIMEOUT)


def answer(
    host: Conversation,
    expected: str,
    *,
    doing: str = "keep the upload",
    timeout: float = STEP_TIMEOUT,
) -> str:
    """Return what the host says with this word; UploadFailed where it says that it cannot."""
    said, *rest = host.line(timeout)
    if said == "failed":
        raise UploadFailed(f"{host.host} could not {doing}: {' '.join(rest)}")
    if said != expected:
        raise ConnectionLost(f"{host.host} said “{said}” instead of “{expected}”")
    return " ".join(rest)


def _send(
    host: Conversation, chunks: Iterable[bytes], stop: Event, progress: Callable[[int], None]
) -> int:
    sent, told = 0, time.monotonic()
    for piece in _pieces(chunks):
        if stop.is_set():
            raise ConnectionLost("stopped here")
        if not host.send(piece):
            return sent
        sent += len(piece)
        if time.monotonic() - told > 1:
            told = time.monotonic()
            progress(sent)
    host.end_input()
    return sent


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE):
            yield chunk[start : start + PIECE]


def _ignore(sent: int) -> None:
    """Take a progress that nobody wants to see."""
