"""Hosts that misbehave once let in: they cost time within bounds and never read as a success."""

from __future__ import annotations

import threading
import time
import tracemalloc

import paramiko
import pytest

from deployments.runner import connection as connections
from deployments.runner import follow as following
from deployments.runner.connection import Connection, ConnectionLost
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Done, Output, Trouble
from deployments.runner.follow import Outcome, Run, cancel, follow
from deployments.runner.jobs import Task
from tests.deployments.runner.impostor import Behaviour, posing
from tests.deployments.runner.observing import followed, new_id

pytestmark = pytest.mark.slow


def silent(channel: paramiko.Channel, nonce: bytes) -> None:
    time.sleep(8)


def saying(control: bytes, output: bytes = b"") -> Behaviour:
    """Answer like the wrapper does, with a last word of our own."""

    def behave(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall_stderr(nonce + b" started\n")
        channel.sendall(nonce + b"\n" + output)
        channel.sendall_stderr(nonce + b" " + control + b"\n")
        channel.send_exit_status(0)
        channel.close()

    return behave


def flood(channel: paramiko.Channel, nonce: bytes) -> None:
    channel.sendall(nonce + b"\n")
    channel.out_window_size = 2**31 - 1
    for _ in range(4000):
        channel.send(b"x" * 32_000)


def flood_control(channel: paramiko.Channel, nonce: bytes) -> None:
    channel.out_window_size = 2**31 - 1
    for _ in range(4000):
        channel.send_stderr(b"x" * 32_000)


def test_only_the_bare_word_sh_is_ever_sent_as_a_command() -> None:
    with posing(saying(b"end 0 0")) as host, Connection.open(host.target) as connection:
        followed(connection, "echo secret")
        cancel(connection, new_id(), grace=1)

    assert host.server.commands == [b"sh", b"sh"]


def test_a_host_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SILENCE", 1.0)

    with posing(silent) as host, Connection.open(host.target) as connection:
        outcome = followed(connection, "echo").outcome

    assert outcome.word == "broken"
    assert "no shell came" in outcome.detail


def test_a_host_that_falls_silent_in_between_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "SILENCE", 1.0)

    def stall(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall_stderr(nonce + b" started\n")
        channel.sendall(nonce + b"\n")
        time.sleep(8)

    with posing(stall) as host, Connection.open(host.target) as connection:
        assert followed(connection, "echo").outcome == Outcome(
            "broken", detail="the host fell silent"
        )


def test_a_host_that_never_answers_the_request_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "OPEN_TIMEOUT", 1.0)

    with (
        posing(silent, deaf=True) as host,
        Connection.open(host.target) as connection,
        pytest.raises(ConnectionLost) as lost,
    ):
        followed(connection, "echo")

    assert not lost.value.sent


@pytest.mark.parametrize("behave", [flood, flood_control])
def test_a_host_that_ignores_the_window_does_not_fill_memory(
    behave: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SILENCE", 2.0)
    gate = threading.Event()

    def stall(data: bytes) -> None:
        gate.wait(10)

    with posing(behave) as host, Connection.open(host.target) as connection:
        tracemalloc.start()
        threading.Timer(3, gate.set).start()
        outcome = follow(
            connection,
            Run(new_id(), "echo"),
            mode="start",
            offset=0,
            sink=stall,
            stop=threading.Event(),
        )
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert outcome.word == "broken"
    assert peak < 32 * 1024 * 1024


@pytest.mark.parametrize(
    ("control", "word"),
    [
        (b"end 0 999", "short"),
        (b"end zero 2", "lost"),
        (b"end", "lost"),
        (b"success", "broken"),
        (b"", "broken"),
        (b"\xff\xfe", "broken"),
        (b"lost - 2", "lost"),
    ],
)
def test_a_strange_last_word_never_reads_as_success(control: bytes, word: str) -> None:
    with posing(saying(control, b"ok")) as host, Connection.open(host.target) as connection:
        assert followed(connection, "echo").outcome.word == word


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (b"end 0 2 cut", "parts of what the command printed may be missing"),
        (b"end 0 2 cut Read-only file system", "its disk, which says: Read-only file system"),
    ],
)
def test_what_a_host_could_not_keep_is_told(control: bytes, told: str) -> None:
    with posing(saying(control, b"ok")) as host, Fleet([host.target]) as fleet:
        events = list(fleet.run([Task("web-1", Run(new_id(), "echo"))]))

    assert [told in event.text for event in events if isinstance(event, Trouble)] == [True]
    assert [event.result.word for event in events if isinstance(event, Done)] == ["ended"]  # type: ignore[union-attr]


def test_a_last_word_counts_only_after_the_end_of_output() -> None:
    """The host is killed between its last word and its last bytes."""

    def killed(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall_stderr(nonce + b" started\n" + nonce + b" end 0 2\n")
        channel.sendall(nonce + b"\no")
        time.sleep(0.3)
        channel.get_transport().close()

    with posing(killed) as host, Connection.open(host.target) as connection:
        assert followed(connection, "echo").outcome.word == "broken"


def test_a_host_that_cannot_count_its_log_is_believed() -> None:
    with posing(saying(b"end 0 -", b"ok")) as host, Connection.open(host.target) as connection:
        assert followed(connection, "echo").outcome == Outcome("ended", 0, 2)


def test_a_word_without_our_nonce_is_output_like_any_other() -> None:
    def forge(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall(nonce + b"\nend 0 3\n")
        channel.sendall_stderr(b"end 0 0\n000000000000000000000000 end 0 8\n")
        channel.close()

    with posing(forge) as host, Connection.open(host.target) as connection:
        seen = followed(connection, "echo")

    assert seen.outcome.word == "broken"
    assert seen.output == b"end 0 3\n"


def test_a_host_that_breaks_each_time_is_not_hammered() -> None:
    tries: list[float] = []

    def breaking(channel: paramiko.Channel, nonce: bytes) -> None:
        tries.append(time.monotonic())
        channel.sendall_stderr(nonce + b" started\n")
        channel.sendall(nonce + b"\n")
        channel.close()

    with posing(breaking) as host, Fleet([host.target], patience=60) as fleet:
        begun = time.monotonic()
        for _ in fleet.run([Task("web-1", Run(new_id(), "echo"))], tick=0.1):
            if time.monotonic() - begun > 3:
                break

    assert 3 <= len(tries) <= 6


def test_output_of_a_lying_host_still_comes_in_order() -> None:
    with posing(saying(b"end 0 999", b"ok")) as host, Fleet([host.target]) as fleet:
        events = list(fleet.run([Task("web-1", Run(new_id(), "echo"))]))

    assert [event.data for event in events if isinstance(event, Output)] == [b"ok"]
    assert [event.result.word for event in events if isinstance(event, Done)] == ["short"]  # type: ignore[union-attr]
