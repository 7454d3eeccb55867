from __future__ import annotations

import gc
import socket
import threading
import time
import weakref
from pathlib import Path

import pytest

from deployments.exceptions import HostError
from deployments.runner import keys
from deployments.runner.connection import Connection, ConnectionLost
from deployments.runner.hosts import ChangedHostKey, LoginRefused, NoSessions, UnknownHostKey
from tests.deployments.runner.observing import followed, until
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd


def test_a_connection_serves_many_runs(host: Sshd) -> None:
    with Connection.open(host.target()) as connection:
        outputs = [followed(connection, f"echo {number}").output for number in range(3)]

    assert outputs == [b"0\n", b"1\n", b"2\n"]
    assert not connection.alive


@pytest.mark.parametrize("how", ["closed", "broken"])
def test_a_connection_that_is_over_takes_no_memory(own_host: Sshd, how: str) -> None:
    """Nor does it wait until Python looks for what refers to itself."""
    gc.collect()
    gc.disable()
    try:
        transport = _used(own_host, how)
        until(lambda: transport() is None)
    finally:
        gc.enable()


def _used(host: Sshd, how: str) -> weakref.ref[object]:
    with Connection.open(host.target()) as connection:
        followed(connection, "echo")
        if how == "broken":
            host.kill_sessions()
            until(lambda: not connection.alive)
        return weakref.ref(connection.transport)


@pytest.mark.parametrize("kind", [["ecdsa"], ["rsa", "-b", "2048"]])
def test_every_kind_of_key_that_is_accepted_signs_in(
    own_host: Sshd, tmp_path: Path, kind: list[str]
) -> None:
    pair = servers.ssh_keygen(tmp_path / "login", *kind)
    (own_host.folder / "authorized_keys").write_text(pair.public + "\n")

    with Connection.open(own_host.target(private_key=pair.private)) as connection:
        assert connection.alive


def test_an_unknown_host_is_refused_before_signing_in(host: Sshd) -> None:
    with pytest.raises(UnknownHostKey) as refused:
        Connection.open(host.target(host_keys=()))

    assert refused.value.fingerprint == keys.fingerprint(host.host_key)


def test_a_host_that_was_installed_anew_is_refused_until_its_key_is_accepted(
    own_host: Sshd,
) -> None:
    before = own_host.target()
    own_host.stop()
    own_host.new_host_key()
    own_host.start()

    with pytest.raises(ChangedHostKey, match="HAS CHANGED"):
        Connection.open(before)
    with Connection.open(own_host.target()) as connection:
        assert connection.alive


def test_of_several_host_keys_the_accepted_one_is_asked_for(tmp_path: Path) -> None:
    second = servers.ssh_keygen(tmp_path / "rsa_key", "rsa", "-b", "2048")
    more = f"HostKey {tmp_path}/rsa_key"
    with (
        servers.running(tmp_path / "two-keys", more=more) as host,
        Connection.open(host.target(host_keys=(second.public,))) as connection,
    ):
        assert connection.alive


def test_a_key_that_the_host_does_not_let_in_says_what_to_add_where(host: Sshd) -> None:
    stranger = keys.generate("shipmate@example.org")

    with pytest.raises(LoginRefused) as refused:
        Connection.open(host.target(private_key=stranger.private))

    assert refused.value.code == "settings"
    assert host.target().user in str(refused.value)
    assert stranger.public.split()[1] in str(refused.value)
    assert "authorized_keys" in str(refused.value)


def test_a_closed_port_is_unreachable() -> None:
    target = servers.unused_target()

    with pytest.raises(HostError, match="cannot be reached: Connection refused") as refused:
        Connection.open(target)

    assert refused.value.code == "unreachable"


def test_an_ipv6_address_is_told_from_its_port() -> None:
    with pytest.raises(HostError, match=r"^\[::1\]:1 cannot be reached"):
        Connection.open(servers.unused_target(address="::1", port=1))


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    with pytest.raises(HostError, match=r"no-such-host\.invalid") as refused:
        Connection.open(servers.unused_target(address="no-such-host.invalid"))

    assert refused.value.code == "unreachable"


def test_a_lost_connection_says_whether_a_program_may_have_arrived(own_host: Sshd) -> None:
    connection = Connection.open(own_host.target())
    own_host.kill()

    with pytest.raises(ConnectionLost) as lost:
        connection.run(b"echo\n")

    assert not lost.value.sent


def test_a_host_that_opens_no_session_is_told_as_such(tmp_path: Path) -> None:
    with (
        servers.running(tmp_path / "web-1", more="MaxSessions 0") as host,
        Connection.open(host.target()) as connection,
        pytest.raises(NoSessions, match=r"lets nobody open a session, .* MaxSessions"),
    ):
        connection.run(b"echo\n")


def test_a_host_that_opens_no_second_session_at_present_is_asked_again(tmp_path: Path) -> None:
    with (
        servers.running(tmp_path / "web-1", more="MaxSessions 1") as host,
        Connection.open(host.target()) as connection,
    ):
        only = connection.run(b"sleep 20\n")
        with pytest.raises(ConnectionLost, match=r"opens no session .* MaxSessions") as lost:
            connection.run(b"echo\n")
        only.close()

    assert not lost.value.sent


class Impostor:
    """Listens like a host, and then does something else."""

    def __init__(self, chunk: bytes, once: bytes | None = None) -> None:
        self._chunk, self._once = chunk, once
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.sent = 0
        threading.Thread(target=self._talk, daemon=True).start()

    def _talk(self) -> None:
        peer, _ = self._listener.accept()
        with peer:
            try:
                if self._once is not None:
                    peer.send(self._once)
                    peer.shutdown(socket.SHUT_WR)
                while self._chunk:
                    self.sent += peer.send(self._chunk)
                time.sleep(30)
            except OSError:
                return


def test_what_does_not_speak_ssh_is_named() -> None:
    impostor = Impostor(b"HTTP/1.0 400 Bad Request\r\n" * 200)

    with pytest.raises(HostError, match="what listens there does not speak SSH"):
        Connection.open(servers.unused_target(port=impostor.port))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"Exceeded MaxStartups\r\n", "takes in nobody at present: “Exceeded MaxStartups”"),
        (b"", "closes the connection without a word"),
    ],
)
def test_a_host_that_takes_nobody_in_now_is_told_as_such(said: bytes, told: str) -> None:
    busy = Impostor(b"", once=said)

    with pytest.raises(HostError, match=told) as refused:
        Connection.open(servers.unused_target(port=busy.port))

    assert refused.value.code == "unreachable"


def test_a_host_that_says_nothing_is_given_up_in_time() -> None:
    silent, begun = Impostor(b""), time.monotonic()

    with pytest.raises(HostError, match="takes the connection and says nothing") as refused:
        Connection.open(servers.unused_target(port=silent.port), timeout=1)

    assert refused.value.code == "unreachable"
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("chunk", [b"x" * 4096, b"line\n" * 800, b"SSH-2.0-x\r\n" + b"\xff" * 4096])
def test_a_host_that_floods_the_greeting_is_cut_off(chunk: bytes) -> None:
    flood, begun = Impostor(chunk), time.monotonic()

    with pytest.raises(HostError) as refused:
        Connection.open(servers.unused_target(port=flood.port), timeout=60)

    assert refused.value.code in ("unreachable", "settings")
    assert flood.sent < 16 * 1024 * 1024
    assert time.monotonic() - begun < 30
