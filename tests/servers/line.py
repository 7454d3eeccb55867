"""The line to a host: it may break, swallow what is sent, or be slow."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import suppress

CHUNK = 65_536


class Line:
    """Passes connections on to a port of this machine, as well or as badly as it is told."""

    def __init__(self, there: int) -> None:
        self._there = there
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self.delay = 0.0  # seconds that each piece takes
        self._pairs: set[_Pair] = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def swallow(self) -> None:
        """Let nothing more through on the connections that stand; nobody is told."""
        for pair in list(self._pairs):
            pair.swallows = True

    def mute(self) -> None:
        """Let all through to there and nothing back, on the connections that stand."""
        for pair in list(self._pairs):
            pair.is_mute = True

    def close(self) -> None:
        self._listener.close()
        for pair in list(self._pairs):
            pair.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(("127.0.0.1", self._there), timeout=5)
            except OSError:
                near.close()
                continue
            pair = _Pair(self, near, far)
            self._pairs.add(pair)
            threading.Thread(target=self._pump, args=(pair,), daemon=True).start()

    def _pump(self, pair: _Pair) -> None:
        try:
            pair.pump()
        finally:
            pair.close()
            self._pairs.discard(pair)


class _Pair:
    def __init__(self, line: Line, near: socket.socket, far: socket.socket) -> None:
        self._line = line
        self._ways = {near: far, far: near}
        self.swallows = self.is_mute = False
        self._far = far
        for end in self._ways:
            end.settimeout(60)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def pump(self) -> None:
        with selectors.DefaultSelector() as selector, suppress(OSError):
            for end in self._ways:
                selector.register(end, selectors.EVENT_READ)
            while selector.get_map():
                for ready, _ in selector.select():
                    self._pass(ready.fileobj, selector)  # type: ignore[arg-type]

    def _pass(self, end: socket.socket, selector: selectors.BaseSelector) -> None:
        data = end.recv(CHUNK)
        if self.swallows or (self.is_mute and end is self._far):
            if not data:
                selector.unregister(end)
            return
        if not data:
            raise ConnectionResetError
        if self._line.delay:
            time.sleep(self._line.delay)
        self._ways[end].sendall(data)

    def close(self) -> None:
        for end in self._ways:
            end.close()
