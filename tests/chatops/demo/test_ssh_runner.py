"""The product's own runner on the demo's hosts."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from chatops.demo.ssh_hosts import USER, DemoHost, client_key
from deployments.runner import hosts
from deployments.runner.connection import Connection
from deployments.runner.follow import Outcome, Run, cancel, follow
from tests.chatops.demo.ssh_client import Target, eventually

pytestmark = pytest.mark.slow

SCRIPT = """echo once >>"$HOME/ran"
i=0
while [ $i -lt 40 ]; do i=$((i + 1)); printf 'line %s \\377\\000\\n' $i; sleep 0.05; done
exit 37
"""
LOG = b"".join(b"line %d \xff\0\n" % number for number in range(1, 41))


def aim(target: Target, host: DemoHost) -> hosts.Target:
    key = client_key(target.folder)
    return hosts.Target(host.name, host.address, host.port, USER, key, (host.host_key_line,))


def begin(connection: Connection, run: Run, log: bytearray) -> Outcome:
    return follow(connection, run, mode="start", offset=0, sink=log.extend, stop=threading.Event())


def go_on(target: Target, run: Run, log: bytearray) -> Outcome:
    with Connection.open(aim(target, target.hosts[0])) as connection:
        return follow(
            connection,
            run,
            mode="attach",
            offset=len(log),
            sink=log.extend,
            stop=threading.Event(),
        )


def in_background(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_run_is_followed_to_its_end(start_target: Callable[..., Target]) -> None:
    target, log = start_target("web-1"), bytearray()

    with Connection.open(aim(target, target.hosts[0])) as connection:
        outcome = begin(connection, Run("1", SCRIPT), log)

    assert (outcome.word, outcome.code, bytes(log)) == ("ended", 37, LOG)


def test_after_a_lost_connection_the_rest_of_the_log_is_read(
    start_target: Callable[..., Target],
) -> None:
    target, log = start_target("web-1"), bytearray()
    connection = Connection.open(aim(target, target.hosts[0]))
    thread = in_background(lambda: begin(connection, Run("1", SCRIPT), log))
    assert eventually(lambda: bool(log))

    connection.close()
    thread.join(10)
    outcome = go_on(target, Run("1", SCRIPT), log)

    assert (outcome.word, outcome.code, bytes(log)) == ("ended", 37, LOG)
    assert (target.hosts[0].home / "ran").read_text() == "once\n"


def test_a_run_can_be_cancelled_from_another_connection(
    start_target: Callable[..., Target],
) -> None:
    target, log = start_target("web-1"), bytearray()
    connection = Connection.open(aim(target, target.hosts[0]))
    in_background(lambda: begin(connection, Run("1", "echo on; sleep 60"), log))
    assert eventually(lambda: bytes(log) == b"on\n")

    with Connection.open(aim(target, target.hosts[0])) as other:
        outcome = cancel(other, "1", grace=2)

    assert (outcome.word, outcome.code) == ("gone", 143)


def test_the_runner_knows_a_demo_host_by_its_key(target: Target) -> None:
    swapped = aim(target, target.hosts[0])
    other = hosts.Target(**vars(swapped) | {"host_keys": (target.hosts[1].host_key_line,)})

    with pytest.raises(hosts.ChangedHostKey):
        Connection.open(other)
