from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from deployments.exceptions import HostError
from deployments.runner.connection import Connection, ConnectionLost
from deployments.runner.follow import tidy
from deployments.runner.upload import PIECE, UploadFailed, upload
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd


def uploads(host: Sshd) -> Path:
    return host.home / ".shipmate" / "uploads"


def once(data: bytes) -> list[bytes]:
    return [data]


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3_333_333])
def test_a_file_of_any_size_arrives_whole(any_host: Sshd, size: int) -> None:
    data = random.Random(size).randbytes(size)
    with Connection.open(any_host.target()) as connection:
        sent = upload(connection, "code.tar", lambda compressed: once(data))

    assert sent == size
    assert (uploads(any_host) / "code.tar").read_bytes() == data
    assert (uploads(any_host) / "code.tar").stat().st_mode & 0o777 == 0o600


def test_many_odd_pieces_arrive_in_order(host: Sshd, connection: Connection) -> None:
    pieces = [random.Random(size).randbytes(size) for size in (1, 0, 70_000, 7, 300_001)]

    upload(connection, "odd.tar", lambda compressed: pieces)

    arrived = (uploads(host) / "odd.tar").read_bytes()
    assert hashlib.sha256(arrived).digest() == hashlib.sha256(b"".join(pieces)).digest()


def test_the_caller_learns_whether_the_host_can_unpack_gzip(
    connection: Connection, tmp_path: Path
) -> None:
    path = servers.only_busybox(tmp_path / "bin")
    (tmp_path / "bin" / "gzip").unlink()
    asked: list[bool] = []

    def chunks(compressed: bool) -> Iterable[bytes]:
        asked.append(compressed)
        return []

    upload(connection, "asked.tar", chunks)
    with (
        servers.running(tmp_path / "web-1", path=path) as plain,
        Connection.open(plain.target()) as other,
    ):
        upload(other, "asked.tar", chunks)

    assert asked == [True, False]


def test_an_upload_that_breaks_leaves_nothing_under_its_name(own_host: Sshd) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * PIECE
        own_host.kill_sessions()
        for _ in range(64):
            yield b"x" * PIECE

    with Connection.open(own_host.target()) as connection, pytest.raises(ConnectionLost):
        upload(connection, "code.tar", lambda compressed: broken())
    with Connection.open(own_host.target()) as connection:
        assert not (uploads(own_host) / "code.tar").exists()
        upload(connection, "code.tar", lambda compressed: once(b"again"))

    assert (uploads(own_host) / "code.tar").read_bytes() == b"again"


def test_an_upload_can_be_stopped(connection: Connection) -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(ConnectionLost, match="stopped"):
        upload(connection, "stopped.tar", lambda compressed: once(b"x"), stop=stop)


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    path = servers.shell_first(tmp_path / "bin", "dash")
    full = tmp_path / "bin" / "cat"
    full.write_text("#!/bin/sh\nexec /bin/cat >/dev/full\n")
    full.chmod(0o755)
    with (
        servers.running(tmp_path / "web-1", path=path) as host,
        Connection.open(host.target()) as connection,
        pytest.raises(UploadFailed, match="No space left on device"),
    ):
        upload(connection, "code.tar", lambda compressed: [b"x" * PIECE] * 40)

    assert list(uploads(host).iterdir()) == []


def test_a_host_that_loses_bytes_keeps_nothing_under_the_name(tmp_path: Path) -> None:
    path = servers.shell_first(tmp_path / "bin", "dash")
    leaky = tmp_path / "bin" / "cat"
    leaky.write_text("#!/bin/sh\nhead -c 1000\nexec /bin/cat >/dev/null\n")
    leaky.chmod(0o755)
    with (
        servers.running(tmp_path / "web-1", path=path) as host,
        Connection.open(host.target()) as connection,
        pytest.raises(ConnectionLost, match=f"kept 1000 of {PIECE}"),
    ):
        upload(connection, "code.tar", lambda compressed: once(b"x" * PIECE))

    assert not (uploads(host) / "code.tar").exists()


def test_a_folder_that_cannot_be_written_is_told(own_host: Sshd) -> None:
    (own_host.home / ".shipmate").write_text("in the way")

    with (
        Connection.open(own_host.target()) as connection,
        pytest.raises(UploadFailed, match=r"cannot write to .*: Not a directory"),
    ):
        upload(connection, "code.tar", lambda compressed: once(b"x"))


def test_a_host_that_allows_one_session_gets_it_at_the_first_try(tmp_path: Path) -> None:
    """The shell that took the file may still be ending when the next one is asked for."""
    path = servers.only_busybox(tmp_path / "bin")
    with (
        servers.running(tmp_path / "web-1", path=path, more="MaxSessions 1") as host,
        Connection.open(host.target()) as connection,
    ):
        for number in range(10):
            upload(connection, f"{number}.tar", lambda compressed: once(b"x"))

    assert len(list(uploads(host).iterdir())) == 10


def test_a_name_with_a_path_is_refused(connection: Connection) -> None:
    with pytest.raises(HostError, match="cannot name a file"):
        upload(connection, "../code.tar", lambda compressed: once(b"x"))


def test_tidying_removes_what_was_uploaded(own_host: Sshd) -> None:
    with Connection.open(own_host.target()) as connection:
        upload(connection, "code.tar", lambda compressed: once(b"x"))
        outcome = tidy(connection, uploads=["code.tar"])

    assert outcome.word == "tidied"
    assert list(uploads(own_host).iterdir()) == []
