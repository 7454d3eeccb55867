"""The one client for calls to addresses that people set, such as health checks.

No link-local addresses (cloud metadata), no redirects, no bodies, a time-out for the
whole of it, no proxy, no .netrc.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

SECONDS = 10
# Goes on while a process is stopped, and where the machine tells it, while that sleeps.
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

LARGEST = 65_536  # bytes of an answer


@dataclass(frozen=True)
class Answer:
    """What an address answered. `retry_after`: as its header says."""

    status: int
    body: bytes
    retry_after: str = ""


_line: ContextVar[_Line] = ContextVar("line")


@dataclass(frozen=True)
class Reply:
    """What an address answered, with what it says about the answer."""

    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes


class ForbiddenAddress(requests.ConnectionError):
    """The name leads to an address that is never called."""


class TooLate(Exception):
    """Nothing was asked for: whoever sends was stopped until the moment was over."""


def clock() -> float:
    """Return seconds that no change of the time of day changes."""
    return time.clock_gettime(CLOCK)


def status(url: str, *, seconds: float = SECONDS) -> int:
    """Return the status code that a GET answers with. Raises requests.RequestException.

    The body is not read. No session: it would read a redirection's whole body.
    """
    request = requests.Request("GET", url, {"User-Agent": "Shipmate"}).prepare()
    with closing(_CheckedAdapter()) as adapter, _cut_after(seconds) as line:
        with adapter.send(request, stream=True, timeout=seconds) as response:
            code: int = response.status_code
        if line.is_cut:
            raise requests.Timeout("no whole answer in time")
    return code


def post(url: str, body: bytes, headers: Mapping[str, str], *, seconds: float = SECONDS) -> Answer:
    """Send JSON and return the answer, up to a size. Raises requests.RequestException."""
    given = {"User-Agent": "Shipmate", "Content-Type": "application/json", **headers}
    request = requests.Request("POST", url, given, data=body).prepare()
    with closing(_CheckedAdapter()) as adapter, _cut_after(seconds) as line:
        with adapter.send(request, stream=True, timeout=seconds) as response:
            told = response.raw.read(LARGEST, decode_content=False)
            answer = Answer(response.status_code, told, response.headers.get("Retry-After", ""))
        if line.is_cut:
            raise requests.Timeout("no whole answer in time")
    return answer


class Session(requests.Session):
    """For libraries that bring a session of requests along: the same rules as for all calls."""

    def __init__(self, certificates: str | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = certificates or True
        self.headers["User-Agent"] = "Shipmate"
        for scheme in ("http://", "https://"):
            self.mount(scheme, _CheckedAdapter())

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Return the whole answer, in time. Raises requests.RequestException."""
        options |= {"stream": True, "allow_redirects": False, "timeout": SECONDS}
        with _cut_after(SECONDS) as line, super().send(request, **options) as response:
            response._content = _whole(response, LARGEST)  # as requests keeps it, but up to a size
            if line.is_cut:
                raise requests.Timeout("no whole answer in time")
        return response


class Pool:
    """Connections that are kept between calls. For one address that is asked again and again."""

    def __init__(self, certificates: str | None = None) -> None:
        self._adapter = _CheckedAdapter()
        self._verify: bool | str = certificates or True

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        seconds: float = SECONDS,
        largest: int = LARGEST,
        until: float | None = None,
    ) -> Reply:
        """Return the answer. Raises requests.RequestException, also where it is too large.

        `until`: the moment, by `clock`, after which the body is not sent. Raises TooLate.
        """
        given = {"User-Agent": "Shipmate", **headers}
        data = _Timely(body, until) if body and until is not None else body
        request = requests.Request(method, url, given, data=data).prepare()
        with _cut_after(seconds) as line:
            try:
                reply = self._reply(request, seconds, largest)
            except requests.RequestException as error:
                if line.is_cut:
                    raise requests.Timeout("no answer in time") from error
                raise
            if line.is_cut:
                raise requests.Timeout("no whole answer in time")
        return reply

    def _reply(self, request: requests.PreparedRequest, seconds: float, largest: int) -> Reply:
        sent = self._adapter.send(request, stream=True, timeout=seconds, verify=self._verify)
        with sent as response:
            return Reply(response.status_code, response.headers, _whole(response, largest))


class _Timely(BytesIO):
    """A body that is looked at the clock for as it leaves, when all else is done.

    Without its end it asks for nothing.
    """

    def __init__(self, body: bytes, until: float) -> None:
        super().__init__(body)
        self._until = until

    def read(self, size: int | None = -1, /) -> bytes:
        is_left = self.tell() < len(self.getbuffer())
        if is_left and clock() > self._until:
            raise TooLate
        return super().read(size)


def _whole(response: requests.Response, largest: int) -> bytes:
    """Read to the end, because only then the connection can be used again."""
    told = bytearray()
    for block in response.iter_content(LARGEST):
        told += block
        if len(told) > largest:
            raise requests.RequestException(f"the answer has more than {largest} bytes")
    return bytes(told)


def is_forbidden(address: str) -> bool:
    """Return whether an address is link-local, multicast or unspecified."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_link_local or ip.is_multicast or ip.is_unspecified


class _Line:
    """The connection of one call. A time-out of sockets counts from byte to byte, this one not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.is_cut = False

    def add(self, connection: socket.socket) -> None:
        # A copy, because TLS takes the original over.
        with self._lock:
            self._sockets.append(socket.socket(fileno=os.dup(connection.fileno())))
        if self.is_cut:
            self.cut()

    def cut(self) -> None:
        self.is_cut = True
        with self._lock, suppress(OSError):
            for connection in self._sockets:
                connection.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        with self._lock:
            for connection in self._sockets:
                connection.close()
            self._sockets.clear()


@contextmanager
def _cut_after(seconds: float) -> Iterator[_Line]:
    line = _Line()
    token = _line.set(line)
    timer = threading.Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        line.let_go()
        _line.reset(token)


def _checked(connection: socket.socket) -> socket.socket:
    """Judge the address that was really reached, so that no second look-up can differ."""
    address = connection.getpeername()[0]
    if is_forbidden(address):
        connection.close()
        raise ForbiddenAddress(f"{address} is an address that Shipmate never calls.")
    _line.get().add(connection)
    return connection


class _CheckedHTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _CheckedHTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _TimedPool(HTTPConnectionPool):
    """A connection that was kept is under the time-out of the call that uses it."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        if connection.sock is not None:
            _line.get().add(connection.sock)
        return connection


class _CheckedHTTPPool(_TimedPool):
    ConnectionCls = _CheckedHTTPConnection


class _CheckedHTTPSPool(_TimedPool, HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPSConnection


class _CheckedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        self.poolmanager = PoolManager(args[0], maxsize=args[1])
        self.poolmanager.pool_classes_by_scheme = {
            "http": _CheckedHTTPPool,
            "https": _CheckedHTTPSPool,
        }
