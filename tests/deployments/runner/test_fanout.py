from __future__ import annotations

import threading
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from deployments.exceptions import HostError
from deployments.runner import flow, jobs
from deployments.runner.delivery import Delivery, Parcel
from deployments.runner.fanout import Fleet
from deployments.runner.flow import Cancelled, Done, Event, Known, Output, Trouble
from deployments.runner.follow import Outcome, Run
from deployments.runner.hosts import UnknownHostKey
from deployments.runner.jobs import Task
from deployments.runner.upload import Chunks
from tests.deployments.runner.observing import alive, new_id, until
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd
Kind = TypeVar("Kind")


@pytest.fixture
def fleet(host: Sshd, own_host: Sshd) -> Iterator[Fleet]:
    with Fleet([host.target("web-1"), own_host.target("web-2")], patience=20) as opened:
        yield opened


def task(host: str, script: str, **known: object) -> Task:
    return Task(host, Run(f"{host}-{new_id()}", script), **known)  # type: ignore[arg-type]


def of(kind: type[Kind], events: list[Event | None], host: str = "") -> list[Kind]:
    found = [event for event in events if isinstance(event, kind)]
    return [event for event in found if not host or getattr(event, "host", "") == host]


def output(events: list[Event | None], host: str) -> bytes:
    return b"".join(event.data for event in of(Output, events, host))


def ends(events: list[Event | None]) -> dict[str, Outcome | HostError]:
    return {event.host: event.result for event in of(Done, events)}


def test_each_host_gives_its_output_and_its_end(fleet: Fleet) -> None:
    events = list(fleet.run([task("web-1", "echo one"), task("web-2", "echo two; exit 3")]))

    assert (output(events, "web-1"), output(events, "web-2")) == (b"one\n", b"two\n")
    assert ends(events) == {"web-1": Outcome("ended", 0, 4), "web-2": Outcome("ended", 3, 4)}


def test_a_host_is_known_before_its_output_comes(fleet: Fleet) -> None:
    events = list(fleet.run([task("web-1", "echo one")]))

    kinds = [type(event) for event in events if event is not None]
    assert kinds == [Known, Output, Done]


def test_nothing_new_gives_none_so_that_a_lease_can_be_kept(fleet: Fleet) -> None:
    events = list(fleet.run([task("web-1", "sleep .5")], tick=0.1))

    assert events.count(None) >= 2


def test_connections_are_kept_between_phases(fleet: Fleet) -> None:
    ports = [
        output(list(fleet.run([task("web-1", "echo $SSH_CONNECTION")])), "web-1") for _ in range(2)
    ]

    assert ports[0] == ports[1]


def test_no_more_hosts_at_a_time_than_the_width(host: Sshd, own_host: Sshd) -> None:
    targets = [host.target("web-1"), own_host.target("web-2")]
    with Fleet(targets, width=1) as fleet:
        tasks = [task("web-1", "sleep .4; date +%s%N"), task("web-2", "date +%s%N")]
        events = list(fleet.run(tasks))

    assert int(output(events, "web-1")) < int(output(events, "web-2"))


def test_a_broken_connection_is_taken_up_where_it_stopped(fleet: Fleet, own_host: Sshd) -> None:
    script = "for i in 1 2 3; do echo line $i; sleep .5; done; exit 5"
    events: list[Event | None] = []
    for event in fleet.run([task("web-2", script)]):
        events.append(event)
        if isinstance(event, Output) and b"line 2" in event.data:
            own_host.kill_sessions()

    assert of(Trouble, events)
    assert output(events, "web-2") == b"line 1\nline 2\nline 3\n"
    assert ends(events) == {"web-2": Outcome("ended", 5, 21)}


def test_output_tells_its_offset_so_that_it_can_be_kept(fleet: Fleet) -> None:
    script = "echo 0123; sleep .3; echo 567"
    first = task("web-1", script)

    events = list(fleet.run([first]))
    again = list(fleet.run([Task("web-1", first.run, offset=5, known=True)]))

    assert [event.offset for event in of(Output, events)] == [0, 5]
    assert [(event.offset, event.data) for event in of(Output, again)] == [(5, b"567\n")]


def test_a_host_that_goes_away_is_lost_after_patience(own_host: Sshd) -> None:
    with Fleet([own_host.target("web-2")], patience=1) as fleet:
        events: list[Event | None] = []
        for event in fleet.run([task("web-2", "echo up; sleep 20")]):
            events.append(event)
            if isinstance(event, Output):
                own_host.kill()

    error = ends(events)["web-2"]
    assert isinstance(error, HostError)
    assert error.code == "lost"
    assert "may still be running" in str(error)


def test_a_host_that_was_never_there_is_unreachable_and_nothing_was_started() -> None:
    with Fleet([servers.unused_target()], patience=1) as fleet:
        events = list(fleet.run([task("web-9", "echo no")]))

    error = ends(events)["web-9"]
    assert isinstance(error, HostError)
    assert error.code == "unreachable"
    assert "Nothing was started on web-9" in str(error)


def test_a_host_that_cannot_be_sent_the_code_is_unreachable_and_not_lost(own_host: Sshd) -> None:
    def chunks(compressed: bool) -> Iterator[bytes]:
        own_host.kill()
        yield b"x"

    with Fleet([own_host.target("web-2")], patience=1) as fleet:
        error = ends(deliver(fleet, ["web-2"], "x.tar", chunks))["web-2"]

    assert isinstance(error, HostError)
    assert error.code == "unreachable"
    assert "Nothing was started on web-2" in str(error)


def test_a_host_that_somebody_may_have_started_is_lost_instead() -> None:
    with Fleet([servers.unused_target()], patience=1) as fleet:
        events = list(fleet.run([task("web-9", "echo no", asked=0)]))

    error = ends(events)["web-9"]
    assert isinstance(error, HostError)
    assert error.code == "lost"


def test_an_unknown_host_key_is_final_at_once(host: Sshd) -> None:
    begun = time.monotonic()
    with Fleet([host.target("web-1", host_keys=())]) as fleet:
        events = list(fleet.run([task("web-1", "echo no")]))

    assert isinstance(ends(events)["web-1"], UnknownHostKey)
    assert not of(Trouble, events)
    assert time.monotonic() - begun < 60  # its patience is longer


def test_a_known_run_whose_folder_is_gone_is_told_and_not_run_again(
    fleet: Fleet, host: Sshd
) -> None:
    first = task("web-1", f"echo x >>{host.home}/ran-{(mark := new_id())}")
    list(fleet.run([first]))
    servers.remove(host.run_folder(first.run.id))

    events = list(fleet.run([Task("web-1", first.run, known=True)]))

    assert ends(events) == {"web-1": Outcome("none")}
    assert (host.home / f"ran-{mark}").read_text() == "x\n"


def test_one_bad_host_does_not_hold_up_the_others(host: Sshd) -> None:
    with Fleet([host.target("web-1"), servers.unused_target()], patience=1) as fleet:
        events = list(fleet.run([task("web-1", "echo one"), task("web-9", "echo no")]))

    assert [event.host for event in of(Done, events)] == ["web-1", "web-9"]
    assert output(events, "web-1") == b"one\n"


def test_a_cancel_is_told_beside_the_end_of_the_run(fleet: Fleet) -> None:
    tasks = [task("web-1", "echo up; sleep 30"), task("web-2", "echo up; sleep 30")]
    up, events = set(), []
    for event in fleet.run(tasks):
        events.append(event)
        if isinstance(event, Output):
            up.add(event.host)
            if len(up) == 2:
                fleet.request_cancel(up, grace=1)

    assert {event.host: event.result.code for event in of(Cancelled, events)} == dict.fromkeys(
        up, 143
    )
    assert {event.host for event in of(Done, events)} == up


def test_a_cancel_works_on_a_host_that_allows_one_session(tmp_path: Path) -> None:
    with (
        servers.running(tmp_path / "web-1", more="MaxSessions 1") as host,
        Fleet([host.target("web-1")]) as fleet,
    ):
        only, events = task("web-1", "echo up; sleep 30"), []
        for event in fleet.run([only]):
            events.append(event)
            if isinstance(event, Output):
                fleet.request_cancel(["web-1"], grace=1)

    assert [event.result for event in of(Cancelled, events)] == [Outcome("gone", 143, None, "143")]


def test_leaving_the_loop_leaves_the_run_alone(fleet: Fleet, host: Sshd) -> None:
    only = task("web-1", "echo up; sleep .5; echo x")
    events = fleet.run([only])
    for event in events:
        if isinstance(event, Output):
            break
    events.close()  # type: ignore[attr-defined]

    again = list(fleet.run([Task("web-1", only.run, known=True)]))

    assert ends(again) == {"web-1": Outcome("ended", 0, 5)}


def test_a_consumer_that_stalls_keeps_memory_flat_and_gets_everything(fleet: Fleet) -> None:
    size = 40_000_000
    got = 0
    tracemalloc.start()
    for event in fleet.run([task("web-1", f"head -c {size} /dev/zero")]):
        if isinstance(event, Output):
            if not got:
                time.sleep(2)
            got += len(event.data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert got == size
    assert peak < size / 2


@dataclass
class Whole:
    """Packs what it is given; there is no tree that it could be made of."""

    chunks: Chunks
    sha: str = "a" * 40
    lines: int = 1

    def delta(self, trees: Mapping[str, int]) -> None:
        return None

    def whole(self) -> Parcel:
        return Parcel(self.chunks, "a file")


def deliver(fleet: Fleet, hosts: list[str], name: str, chunks: Chunks) -> list[Event | None]:
    return list(fleet.deliver(dict.fromkeys(hosts, Delivery(Whole(chunks), name))))


def test_an_upload_goes_to_every_host(fleet: Fleet, host: Sshd, own_host: Sshd) -> None:
    events = deliver(fleet, ["web-1", "web-2"], "fleet.tar", lambda compressed: [b"x" * 5])

    assert ends(events) == {name: Outcome("ended", 0, 5) for name in ("web-1", "web-2")}
    for one in (host, own_host):
        assert (one.home / ".shipmate/uploads/fleet.tar").read_bytes() == b"x" * 5


def test_an_upload_that_breaks_is_done_again(fleet: Fleet, own_host: Sshd) -> None:
    broken = threading.Event()

    def chunks(compressed: bool) -> Iterator[bytes]:
        for number in range(40):
            if number == 10 and not broken.is_set():
                broken.set()
                own_host.kill_sessions()
            yield b"%06d" % number * 10_000

    events = deliver(fleet, ["web-2"], "fleet.tar", chunks)

    assert of(Trouble, events)
    assert ends(events) == {"web-2": Outcome("ended", 0, 40 * 60_000)}


def test_a_file_that_takes_long_to_pack_is_waited_for(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "STANDSTILL", 0.2)

    def chunks(compressed: bool) -> Iterator[bytes]:
        time.sleep(1.5)
        yield b"x" * 5

    assert ends(deliver(fleet, ["web-1"], "slow.tar", chunks)) == {"web-1": Outcome("ended", 0, 5)}


def test_an_error_in_a_job_is_told_and_does_not_hang(fleet: Fleet) -> None:
    def broken(compressed: bool) -> Iterator[bytes]:
        raise ValueError("no such archive")

    error = ends(deliver(fleet, ["web-1"], "x.tar", broken))["web-1"]

    assert isinstance(error, HostError)
    assert "no such archive" in str(error)


def test_tidying_reaches_every_host(fleet: Fleet, host: Sshd) -> None:
    deliver(fleet, ["web-1"], "gone.tar", lambda compressed: [b"x"])

    said = fleet.tidy(["web-1", "web-2"], ["gone.tar"])

    assert {one.word for one in said.values() if isinstance(one, Outcome)} == {"tidied"}
    assert not (host.home / ".shipmate/uploads/gone.tar").exists()


def test_a_fleet_that_was_closed_connects_no_more(host: Sshd) -> None:
    link = jobs.Link(host.target())
    link.close()

    with pytest.raises(HostError, match="let go"):
        link.connection()


def test_a_closed_fleet_ends_its_threads(host: Sshd) -> None:
    before = threading.active_count()
    with Fleet([host.target("web-1")]) as fleet:
        for event in fleet.run([task("web-1", "echo up; sleep 2")]):
            if isinstance(event, Output):
                break

    until(lambda: threading.active_count() <= before)


def test_a_run_that_nobody_follows_is_ended(fleet: Fleet) -> None:
    begun = task("web-1", "echo begun; sleep 74.1")
    for event in fleet.run([begun]):
        if isinstance(event, Output):
            break

    events = of(Cancelled, list(fleet.end([begun], grace=5)))

    assert [event.host for event in events] == ["web-1"]
    assert isinstance(events[0].result, Outcome) and events[0].result.word == "gone"
    assert not alive("74.1")
