"""Ending runs on hosts that come and go, and what is told when a host is cut off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.exceptions import HostError
from deployments.runner import connection as connections
from deployments.runner import jobs
from deployments.runner.connection import Connection
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Cancelled, Done, Event, Known, Output, Result, Trouble
from deployments.runner.follow import Outcome, Run
from deployments.runner.jobs import Task
from tests.deployments.runner.observing import alive, new_id
from tests.servers import sshd as servers
from tests.servers.line import Line
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd


@pytest.fixture
def fleet(own_host: Sshd) -> Iterator[Fleet]:
    with Fleet([own_host.target()], patience=60) as opened:
        yield opened


@pytest.fixture
def impatient(own_host: Sshd) -> Iterator[Fleet]:
    with Fleet([own_host.target()], patience=1) as opened:
        yield opened


def task(script: str) -> Task:
    return Task("web-1", Run(new_id(), script))


def first(kind: type[Event], events: Iterator[Event | None], text: str = "") -> Event:
    """Wait for an event of a kind, which holds a text."""
    return next(e for e in events if isinstance(e, kind) and text in str(e))


def rest(events: Iterator[Event | None]) -> dict[type[Event], Result]:
    """Return how the run ended, and what became of the wish to end it."""
    return {type(e): e.result for e in events if isinstance(e, Done | Cancelled)}


def error_of(events: Iterator[Event | None]) -> HostError:
    error = rest(events)[Done]
    assert isinstance(error, HostError)
    return error


def test_what_a_host_refused_does_not_begin_by_a_start_that_comes_late(
    fleet: Fleet, own_host: Sshd
) -> None:
    begun = Run(new_id(), "echo x >ran")
    in_the_way = own_host.run_folder(begun.id) / "log"
    in_the_way.mkdir(parents=True)

    refused = rest(fleet.run([Task("web-1", begun, asked=0)]))[Done]
    in_the_way.rmdir()
    late = rest(fleet.run([Task("web-1", begun)]))[Done]

    assert isinstance(refused, Outcome) and isinstance(late, Outcome)
    assert (refused.word, late.word) == ("refused", "cancelled")
    assert not (own_host.home / "ran").exists()


def test_a_host_that_comes_back_is_asked_again_to_end_its_run(fleet: Fleet, own_host: Sshd) -> None:
    events = fleet.run([task("echo up; sleep 97.1")])
    first(Output, events)
    own_host.kill()

    fleet.request_cancel(["web-1"], grace=1)
    first(Trouble, events, "not ended yet")
    own_host.start()
    ended = rest(events)

    assert ended[Cancelled] == Outcome("gone", 143, None, "143")
    assert ended[Done] == Outcome("ended", 143, 3)
    assert not alive("97.1")


def test_a_kept_line_that_swallows_all_is_no_host_that_is_away(
    own_host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "OPEN_TIMEOUT", 1.0)
    monkeypatch.setattr(jobs, "FIRST_PATIENCE", 0.5)
    line = Line(own_host.port)
    with Fleet([own_host.target(port=line.port)], patience=60) as fleet:
        assert rest(fleet.run([task("true")]))[Done] == Outcome("ended", 0, 0)
        line.swallow()

        ended = rest(fleet.run([task("true")]))[Done]

    line.close()
    assert ended == Outcome("ended", 0, 0)


@pytest.mark.slow
def test_a_host_is_waited_for_however_long_a_kept_line_took_to_break(
    own_host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "OPEN_TIMEOUT", 11.0)
    monkeypatch.setattr(jobs, "FIRST_PATIENCE", 10.0)
    line = Line(own_host.port)
    with Fleet([own_host.target(port=line.port)], patience=60) as fleet:
        assert rest(fleet.run([task("true")]))[Done] == Outcome("ended", 0, 0)
        line.swallow()
        own_host.stop()
        events = fleet.run([task("true")])
        first(Trouble, events, "cannot be reached")
        own_host.start()

        ended = rest(events)[Done]

    line.close()
    assert ended == Outcome("ended", 0, 0)


def test_a_run_that_is_cancelled_before_hosts_hear_of_it_never_begins(
    fleet: Fleet, own_host: Sshd
) -> None:
    ran = own_host.home / "ran"
    events = fleet.run([task(f"touch {ran}")])

    fleet.request_cancel(["web-1"], grace=1)
    ended = rest(events)

    assert (ended[Done], ended[Cancelled]) == (
        Outcome("cancelled", position=0),
        Outcome("gone", detail="before start"),
    )
    assert not ran.exists()


def test_a_run_that_is_cancelled_while_its_host_is_away_does_not_begin_after_that(
    fleet: Fleet, own_host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, ending, ran = threading.Event(), jobs.end, own_host.home / "ran"

    def late(connection: Connection, run: Run, grace: float) -> Result:
        over.wait(30)
        return ending(connection, run, grace)

    monkeypatch.setattr(jobs, "end", late)
    own_host.stop()
    events = fleet.run([task(f"touch {ran}")])
    first(Trouble, events)
    fleet.request_cancel(["web-1"], grace=1)
    own_host.start()

    done = first(Done, events)
    over.set()
    rest(events)

    assert isinstance(done, Done) and done.result == Outcome("cancelled", position=0)
    assert not ran.exists()


def test_a_host_that_stays_away_is_given_up_once_and_not_twice(
    impatient: Fleet, own_host: Sshd
) -> None:
    events = impatient.run([task("echo up; sleep 20")])
    first(Output, events)
    own_host.kill()

    impatient.request_cancel(["web-1"], grace=10)
    ended = rest(events)

    assert ended[Cancelled] is ended[Done]
    assert "the command may still be running there" in str(ended[Done])


def test_what_cannot_be_ended_is_followed_no_longer_than_patience_lasts(
    impatient: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Outcome("left", detail="41 42")
    monkeypatch.setattr(jobs, "end", lambda connection, run, grace: left)
    events = impatient.run([task("echo up; sleep 20")])
    first(Output, events)

    impatient.request_cancel(["web-1"], grace=0)
    ended = rest(events)

    assert ended[Cancelled] == left
    assert str(ended[Done]) == (
        "The command on web-1 could not be ended and may still be running there."
    )


def test_a_host_that_cannot_be_asked_to_end_a_run_is_told_of(
    impatient: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: Connection, run: Run, grace: float) -> Result:
        raise HostError("no login for you", code="settings")

    monkeypatch.setattr(jobs, "end", refuse)
    events = impatient.run([task("echo up; sleep 3")])
    first(Output, events)

    impatient.request_cancel(["web-1"], grace=20)
    ended = rest(events)

    assert str(ended[Cancelled]) == (
        "web-1 could not be asked to end the command, which may still be running there. "
        "Last error: no login for you"
    )
    assert ended[Done] == Outcome("ended", 0, 3)


def test_another_host_key_after_the_start_is_told_with_what_may_run(
    fleet: Fleet, own_host: Sshd
) -> None:
    events = fleet.run([task("echo up; sleep 20")])
    first(Output, events)
    own_host.kill()
    own_host.new_host_key()
    own_host.start()

    error = error_of(events)

    assert error.code == "host_key"
    assert "the command may still be running there. Last error: THE HOST KEY" in str(error)


def test_a_host_that_lets_nobody_in_while_it_boots_is_asked_again(
    fleet: Fleet, own_host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SLOWLY", 0.2)
    events = fleet.run([task("echo up; sleep 3")])
    first(Output, events)
    (own_host.folder / "authorized_keys").write_text("")
    own_host.kill_sessions()

    first(Trouble, events, "does not let")
    (own_host.folder / "authorized_keys").write_text(own_host.login.public)

    assert rest(events)[Done] == Outcome("ended", 0, 3)


def test_a_login_that_is_refused_after_the_start_is_told_with_what_may_run(
    fleet: Fleet, own_host: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BOOTING", 1.0)
    monkeypatch.setattr(jobs, "SLOWLY", 1.0)
    events = fleet.run([task("echo up; sleep 20")])
    first(Output, events)
    (own_host.folder / "authorized_keys").write_text("")
    own_host.kill_sessions()

    error = error_of(events)

    assert error.code == "settings"
    assert "the command may still be running there. Last error: web-1 does not let" in str(error)


def test_a_login_that_loses_its_shell_after_the_start_is_told_with_what_may_run(
    fleet: Fleet, own_host: Sshd
) -> None:
    events = fleet.run([task("echo up; sleep 20")])
    first(Output, events)
    own_host.kill()
    with (own_host.folder / "sshd_config").open("a") as config:
        config.write("ForceCommand echo This account is closed; exit 1\n")
    own_host.start()

    error = error_of(events)

    assert error.code == "settings"
    assert "the command may still be running there. Last error: web-1: the login gave no" in str(
        error
    )


def test_start_up_files_without_end_may_let_the_command_begin_after_all(tmp_path: Path) -> None:
    with (
        servers.running(tmp_path / "web-1", more="ForceCommand yes") as host,
        Fleet([host.target()]) as fleet,
    ):
        error = error_of(fleet.run([task("echo mine")]))

    assert error.code == "settings"
    assert "may still be running" in str(error)


def test_a_login_that_is_refused_before_the_start_started_nothing(
    fleet: Fleet, own_host: Sshd
) -> None:
    (own_host.folder / "authorized_keys").write_text("")

    events = list(fleet.run([task("echo no")]))

    assert not [e for e in events if isinstance(e, Known)]
    assert "may still be running" not in str(error_of(iter(events)))
