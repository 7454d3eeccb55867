"""A deployment's way: a program on standard input starts work that a lost connection spares."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import paramiko
import pytest

from tests.chatops.demo.ssh_client import Target, connect, eventually, run, start

pytestmark = pytest.mark.slow

WORK = "i=0; while [ $i -lt 40 ]; do i=$((i + 1)); echo line $i; sleep 0.05; done; echo 37 >code"
PROGRAM = f"""main() {{
  mkdir -p run; cd run
  [ -e pid ] || {{ setsid sh -c 'echo $$ >pid; exec >log; {WORK}' </dev/null >/dev/null 2>&1 & }}
  until [ -e log ]; do sleep 0.05; done
  exec 3<log
  until [ -e code ]; do cat <&3; sleep 0.05; done
  cat <&3
}}
main
"""
LOG = b"".join(b"line %d\n" % number for number in range(1, 41))


def begin(wire: paramiko.Transport) -> paramiko.Channel:
    """Start the work and wait for its first words."""
    channel = start(wire, "sh")
    channel.sendall(PROGRAM.encode())
    channel.shutdown_write()
    assert channel.recv(7) == b"line 1\n"
    return channel


def test_a_second_client_follows_what_the_first_one_started(
    start_target: Callable[..., Target],
) -> None:
    target = start_target("web-1")
    first = connect(target.hosts[0], target.key)
    channel = begin(first)

    first.sock.shutdown(socket.SHUT_RDWR)

    assert channel.recv_exit_status() == -1

    with connect(target.hosts[0], target.key) as second:
        assert run(second, "sh", PROGRAM.encode()) == (LOG, b"", 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_work_goes_on_while_the_target_is_away(
    start_target: Callable[..., Target], number: int
) -> None:
    target = start_target("web-1")
    channel = begin(connect(target.hosts[0], target.key))

    target.end(number)

    assert channel.recv_exit_status() == -1
    assert eventually((target.hosts[0].home / "run" / "code").exists)
    again = start_target()
    with connect(again.hosts[0], again.key) as wire:
        assert run(wire, "sh", PROGRAM.encode())[0] == LOG
