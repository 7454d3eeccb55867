"""Hosts that speak SSH well enough to be let in, and then misbehave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import paramiko

from deployments.runner import keys
from deployments.runner.hosts import Target

Behaviour = Callable[[paramiko.Channel, bytes], None]


class _Server(paramiko.ServerInterface):
    def __init__(self, deaf: bool) -> None:
        self._deaf = deaf
        self.commands: list[bytes] = []

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL  # type: ignore[attr-defined,no-any-return]

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED  # type: ignore[attr-defined,no-any-return]

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.commands.append(command)
        if self._deaf:
            time.sleep(8)
        return True


class Impostor:
    """One host: `behave` gets each channel, and the nonce of the program that came with it."""

    def __init__(self, behave: Behaviour, deaf: bool) -> None:
        self.server = _Server(deaf)
        self._behave = behave
        self._pair = keys.generate()
        self._login = keys.generate()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._transports: list[paramiko.Transport] = []
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def target(self) -> Target:
        port = self._listener.getsockname()[1]
        return Target(
            "web-1", "127.0.0.1", port, "deploy", self._login.private, (self._pair.public,)
        )

    def close(self) -> None:
        self._listener.close()
        for transport in self._transports:
            transport.close()

    def _listen(self) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            while True:
                peer, _ = self._listener.accept()
                transport = paramiko.Transport(peer)
                self._transports.append(transport)
                transport.add_server_key(keys.signing_key(self._pair.private))
                transport.start_server(server=self.server)
                threading.Thread(target=self._serve, args=(transport,), daemon=True).start()

    def _serve(self, transport: paramiko.Transport) -> None:
        while (channel := transport.accept(5)) is not None:
            with suppress(OSError, EOFError, paramiko.SSHException):
                program = b""
                while not program.endswith(b" || main\n") and (data := channel.recv(65536)):
                    program += data
                if program:
                    nonce = program.partition(b"nonce=")[2].split()[0]
                    self._behave(channel, nonce)


@contextmanager
def posing(behave: Behaviour, *, deaf: bool = False) -> Iterator[Impostor]:
    impostor = Impostor(behave, deaf)
    try:
        yield impostor
    finally:
        impostor.close()
