from __future__ import annotations

import psutil
import pytest

from deployments.runner.connection import Connection
from deployments.runner.follow import cancel
from tests.deployments.runner.observing import Following, alive, followed, new_id, until
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd

# What runs, and the exit code that both the follower and the canceller then tell.
SCRIPTS = {
    "a child": ("echo up; sleep {mark}", 143),
    "ignores TERM": ("trap '' TERM; echo up; while :; do sleep {mark}; done", 137),
    "tidies up": ("trap 'kill $!; exit 9' TERM; echo up; sleep {mark} & wait", 9),
    "grandchildren": ("sh -c 'sleep {mark} & sleep {mark} & wait' & echo up; wait", 143),
    "left the session": (
        "(setsid sh -c 'trap \"\" TERM; while :; do sleep {mark}; done' >/dev/null 2>&1 &); "
        "echo up; sleep {mark}",
        143,
    ),
    "keeps forking": (
        "echo up; (while :; do setsid sleep {mark} & sleep .02; done) & wait",
        143,
    ),
}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_cancel_ends_every_process_and_then_says_so(any_host: Sshd, kind: str) -> None:
    script, code = SCRIPTS[kind]
    mark, run_id = _mark(), new_id()
    with Connection.open(any_host.target()) as connection:
        following = Following(connection, script.format(mark=mark), run_id)
        following.wait_for(b"up")
        until(lambda: bool(alive(mark)))

        outcome = cancel(connection, run_id, grace=1)

        assert (outcome.word, outcome.code) == ("gone", code)
        assert alive(mark) == []
        assert following.end().code == code


def test_a_cancelled_run_does_not_start_again(connection: Connection) -> None:
    run_id = new_id()
    cancel(connection, run_id, grace=1)

    assert followed(connection, "echo no", run_id=run_id).outcome.word == "cancelled"


def test_what_cannot_be_ended_is_named(own_host: Sshd) -> None:
    """A process that looks like one of the run, and that starts anew whenever it is killed."""
    run_id = new_id()
    with Connection.open(own_host.target()) as connection:
        following = Following(connection, "echo up; sleep 30", run_id)
        following.wait_for(b"up")
        immortal = _reborn(run_id)

        outcome = cancel(connection, run_id, grace=0)

    immortal.kill()
    assert outcome.word == "left"
    assert outcome.detail.split()[0].isdigit()


def test_cancelling_twice_says_the_same(connection: Connection) -> None:
    run_id = new_id()
    following = Following(connection, "echo up; sleep 30", run_id)
    following.wait_for(b"up")

    words = [cancel(connection, run_id, grace=1) for _ in range(2)]

    assert [(word.word, word.code) for word in words] == [("gone", 143)] * 2


def _mark() -> str:
    """A number of seconds that no other process sleeps for."""
    return f"98{int(new_id(), 16) % 10**6:06d}"


class _Reborn:
    def __init__(self, process: psutil.Popen) -> None:
        self._process = process

    def kill(self) -> None:
        for process in [self._process, *self._process.children(recursive=True)]:
            process.kill()
        self._process.wait()


def _reborn(run_id: str) -> _Reborn:
    # The parent is not of the run; each child has its mark.
    script = f"while :; do SHIPMATE_RUN={run_id} sleep 30; done 2>/dev/null"
    process = psutil.Popen(["sh", "-c", script])
    until(lambda: bool(process.children()))
    return _Reborn(process)
