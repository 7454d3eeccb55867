"""Hosts that take their time and say so, and logins that never come to a shell."""

from __future__ import annotations

import time

import paramiko
import pytest

from deployments.exceptions import HostError
from deployments.runner import conversation, trees
from deployments.runner.connection import Connection, ConnectionLost
from tests.deployments.runner.impostor import Behaviour, posing

FOLDER = '"$HOME"/shop/trees'


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "SILENCE", 1.0)


def look(behave: Behaviour) -> tuple[dict[str, int], int]:
    """Ask a host for its trees; return them, and how often it said that it is at work."""
    beats: list[None] = []
    with posing(behave) as host, Connection.open(host.target) as connection:
        found = trees.look(connection, FOLDER, lambda: beats.append(None))
    return found, len(beats)


def test_who_says_that_it_is_at_work_may_take_its_time() -> None:
    def slow(channel: paramiko.Channel, nonce: bytes) -> None:
        for _ in range(6):
            channel.sendall_stderr(b"\n" + nonce + b" beat\n")
            time.sleep(0.3)
        channel.sendall_stderr(b"\n" + nonce + b" done\n")

    assert look(slow) == ({}, 6)


def test_a_login_in_which_no_shell_begins_is_told_with_what_it_printed() -> None:
    def waiting(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall(b"Choose a project: ")
        time.sleep(8)

    with pytest.raises(ConnectionLost, match=r"no shell came\. .*~/\.bashrc.* Choose a project:"):
        look(waiting)


def test_a_host_that_falls_silent_at_work_is_given_up() -> None:
    def stalling(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall_stderr(b"\n" + nonce + b" beat\n")
        time.sleep(8)

    with pytest.raises(ConnectionLost, match="no answer in time"):
        look(stalling)


def test_a_login_without_a_shell_is_told_at_once_and_not_tried_again() -> None:
    def leaving(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall(b"This account is not available.\n")
        channel.send_exit_status(1)
        channel.close()

    with pytest.raises(HostError, match=r"\(exit 1\): This account is not available") as told:
        look(leaving)

    assert told.value.code == "settings"


def test_a_shell_that_can_start_no_process_is_no_login_without_one() -> None:
    def full(channel: paramiko.Channel, nonce: bytes) -> None:
        channel.sendall_stderr(b"\n" + nonce + b" beat\nsh: Cannot fork\n")
        channel.send_exit_status(2)
        channel.close()

    with pytest.raises(ConnectionLost, match="Cannot fork"):
        look(full)
