"""Calls to addresses that people set: where they never go, and that they always end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from deployments import outbound
from tests.deployments.services import web

FORBIDDEN = [
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",
    "::",
]


@pytest.fixture
def server() -> Iterator[web.Server]:
    with web.serving() as server:
        yield server


@pytest.mark.parametrize("address", FORBIDDEN)
def test_such_an_address_is_forbidden(address: str) -> None:
    assert outbound.is_forbidden(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "8.8.8.8"])
def test_hosts_of_ones_own_are_not_forbidden(address: str) -> None:
    assert not outbound.is_forbidden(address)


def test_a_status_is_what_comes_back(server: web.Server) -> None:
    server.answers = [200, 404, 503]

    assert [outbound.status(_url(server.port)) for _ in range(3)] == [200, 404, 503]


class _Reached(socket.socket):
    """A socket that has reached an address, as the kernel would say."""

    address = ""

    def getpeername(self) -> tuple[str, int]:
        return (self.address, 80)


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.parametrize("url", ["http://name.example/", "https://name.example/"])
def test_a_name_that_leads_there_is_refused(
    server: web.Server, monkeypatch: pytest.MonkeyPatch, url: str, address: str
) -> None:
    """The address that was reached is judged, whatever the name was found to mean before."""
    _lead(monkeypatch, address, server.port)

    with pytest.raises(requests.ConnectionError, match="never calls"):
        outbound.status(url)
    assert server.asked == []


def _lead(monkeypatch: pytest.MonkeyPatch, address: str, port: int) -> None:
    """Have each name lead to an address, at which the server stands."""

    def connect(*_: Any, **__: Any) -> socket.socket:
        reached = _Reached()
        reached.address = address
        reached.connect(("127.0.0.1", port))
        return reached

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)


def test_a_redirection_is_not_followed(server: web.Server) -> None:
    server.answers = [302, 200]

    assert outbound.status(_url(server.port)) == 302
    assert server.asked == ["/"]


def test_no_proxy_and_no_password_file_is_used(
    server: web.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")

    assert outbound.status(_url(server.port)) == 200


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A server that answers as it is told; returns its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def start(answer: Callable[[socket.socket], None]) -> int:
            threading.Thread(target=_serve, args=(server, answer), daemon=True).start()
            return int(server.getsockname()[1])

        yield start


def _serve(server: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    line, _ = server.accept()
    try:
        line.recv(4_000)
        answer(line)
    except OSError:
        pass
    finally:
        line.close()


def _say_nothing(line: socket.socket) -> None:
    line.recv(1)


def _drip_headers(line: socket.socket) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000):
        line.sendall(b"X-%d: y\r\n" % number)
        time.sleep(0.05)


@pytest.mark.parametrize("slowly", [_say_nothing, _drip_headers])
def test_time_ends_for_whoever_answers_slowly(
    answering: Callable[..., int], slowly: Callable[[socket.socket], None]
) -> None:
    port = answering(slowly)
    began = time.monotonic()

    with pytest.raises(requests.RequestException):
        outbound.status(_url(port), seconds=0.4)

    assert time.monotonic() - began < 25


@pytest.mark.parametrize("code", [200, 302])
def test_a_body_without_end_is_not_read(answering: Callable[..., int], code: int) -> None:
    poured = 0

    def pour(line: socket.socket) -> None:
        nonlocal poured
        line.sendall(b"HTTP/1.1 %d Yes\r\nLocation: /\r\n\r\n" % code)
        while True:
            poured += line.send(b"x" * 65_536)

    assert outbound.status(_url(answering(pour)), seconds=5) == code
    assert poured < 20_000_000


def test_a_call_leaves_no_line_open(server: web.Server) -> None:
    outbound.status(_url(server.port))
    before = _lines()

    for _ in range(5):
        outbound.status(_url(server.port))

    assert _lines() <= before + 1


@pytest.mark.parametrize("slowly", [_say_nothing, _drip_headers])
def test_a_session_for_libraries_ends_in_time(
    answering: Callable[..., int],
    slowly: Callable[[socket.socket], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbound, "SECONDS", 0.4)
    began = time.monotonic()

    with outbound.Session() as session, pytest.raises(requests.RequestException):
        session.get(_url(answering(slowly)))

    assert time.monotonic() - began < 25


def test_a_session_reads_no_body_without_end(answering: Callable[..., int]) -> None:
    def pour(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")
        while True:
            line.send(b"x" * 65_536)

    with outbound.Session() as session, pytest.raises(requests.RequestException, match="more than"):
        session.get(_url(answering(pour)))


def test_a_session_follows_nothing_and_uses_no_proxy(
    server: web.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.answers = [302, 200]

    with outbound.Session() as session:
        answer = session.get(_url(server.port), allow_redirects=True)

    assert (answer.status_code, server.asked) == (302, ["/"])


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_session_reaches_no_such_address(
    server: web.Server, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    _lead(monkeypatch, address, server.port)

    with outbound.Session() as session, pytest.raises(requests.ConnectionError, match="never"):
        session.get("http://name.example/")
    assert server.asked == []


def _lines() -> int:
    import psutil  # noqa: PLC0415

    return len(psutil.Process().net_connections("tcp"))


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/"
