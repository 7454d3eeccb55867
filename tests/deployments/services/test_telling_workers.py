"""One worker or several, late ones and killed ones: GitHub is told once, and of what is so now."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from deployments.forges.github import client
from deployments.models import ForgeReport, Person
from deployments.selectors import reports as reading
from deployments.services import lifecycle, reports, telling
from deployments.services.lifecycle import Door
from deployments.services.moves import move
from tests.deployments.services import elsewhere
from tests.deployments.services.at_github import Clock, Shop, report_of, round_of, shop_at
from tests.deployments.services.queueing import lose
from tests.servers.github.hub import Fault, GitHub

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    return shop_at(hub, root, alice)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_worker_that_lost_its_lease_tells_nothing(shop: Shop) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    late = telling._take(made.pk)
    assert late is not None
    ForgeReport.objects.update(lease_until=None)
    telling.tell(made.pk)
    asked = shop.posted

    with pytest.raises(telling._Lost):
        telling._bring_up_to_date(late)

    assert shop.posted == asked


def test_what_a_late_worker_told_above_newer_words_is_told_over(shop: Shop) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    late = telling._take(made.pk)
    assert late is not None
    first = reading.untold(late)[0]
    ForgeReport.objects.update(lease_until=None)
    telling.tell(made.pk)

    with pytest.raises(telling._Lost):
        telling._note_told(late, first)
    telling.tell(made.pk)

    assert shop.told(made) == ["pending", "queued", "queued"]
    assert report_of(made).told == "queued"


def test_while_one_tells_no_other_does(shop: Shop) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))

    assert telling._take(made.pk) is not None
    assert telling._take(made.pk) is None


def test_news_that_comes_meanwhile_is_told(shop: Shop) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    report = telling._take(made.pk)
    assert report is not None
    move(made, "in_progress")

    telling._bring_up_to_date(report)
    ForgeReport.objects.update(lease_until=None)

    assert report_of(made).state == "waiting"
    telling.tell(made.pk)
    assert shop.told(made) == ["pending", "queued", "in_progress"]


def test_bells_that_ring_twice_tell_once(shop: Shop) -> None:
    made = shop.ask()

    for _ in range(3):
        telling.tell(made.pk)

    assert shop.told(made) == ["pending", "queued"]


def test_a_bell_that_was_lost_rings_again(shop: Shop, clock: Clock) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    lose("chat")

    round_of(clock, seconds=6)

    assert shop.told(made) == ["pending", "queued"]


def test_to_look_at_what_is_told_costs_few_queries(
    shop: Shop, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    made = shop.ask()

    with django_assert_num_queries(1):
        telling.tell(made.pk)
    with django_assert_num_queries(1):
        reports.ring_due()


STOPPED_AS_IT_SENDS = """
import os, signal
from datetime import timedelta
from deployments import tasks
from deployments.services import telling
telling.LEASE = timedelta(seconds={lease})
sending = telling._sending
def stopped(report):
    until = sending(report)
    os.kill(os.getpid(), signal.SIGSTOP)
    return until
telling._sending = stopped
tasks.tell({number})
"""


def stopped_as_it_sends(number: int, *, lease: int) -> subprocess.Popen[str]:
    """Start a worker that has noted that it sends now, and then is stopped."""
    worker = elsewhere.process(STOPPED_AS_IT_SENDS.format(number=number, lease=lease))
    elsewhere.go(worker)
    assert os.WIFSTOPPED(os.waitpid(worker.pid, os.WUNTRACED)[1])
    return worker


def wake(worker: subprocess.Popen[str]) -> None:
    """Let it go on to its end; it is stopped again before each word that it sends."""
    ended = False
    while not ended:
        worker.send_signal(signal.SIGCONT)
        _, status = os.waitpid(worker.pid, os.WUNTRACED)
        ended = not os.WIFSTOPPED(status)
    worker.returncode = os.waitstatus_to_exitcode(status)


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_before_it_keeps_the_number(shop: Shop, clock: Clock) -> None:
    shop.spoil(Fault(seconds=45, method="POST"))
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    lose("chat")
    code = f"from deployments import tasks; tasks.tell({made.pk})"
    worker = elsewhere.process(code)
    elsewhere.go(worker)
    wait_for(lambda: len(shop.kept.deployments) == 1)
    worker.kill()
    worker.wait()
    assert report_of(made).remote_id is None

    round_of(clock, seconds=70)

    assert [one["id"] for one in shop.kept.deployments] == [report_of(made).remote_id]
    assert shop.told(made)[-1] == "queued"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_that_begin_at_once_tell_once(shop: Shop) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    code = f"from deployments import tasks; tasks.tell({made.pk})"
    workers = [elsewhere.process(code) for _ in range(3)]

    elsewhere.go(*workers)
    for worker in workers:
        assert worker.wait(60) == 0

    assert len(shop.kept.deployments) == 1
    assert shop.told(made) == ["pending", "queued"]


def test_a_call_ends_long_before_whoever_makes_it_may_send_no_more() -> None:
    longest = 2 * client.SECONDS + client.PATIENT

    assert timedelta(seconds=longest) < reading.LEASE - telling.SETTLED


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_stopped_past_its_lease_sends_nothing_more(
    shop: Shop, clock: Clock
) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    lose("chat")
    worker = stopped_as_it_sends(made.pk, lease=11)
    over = time.monotonic() + 2
    round_of(clock, seconds=70)
    asked = shop.posted
    wait_for(lambda: time.monotonic() > over)

    wake(worker)

    assert (worker.returncode, shop.posted) == (0, asked)
    assert [one["id"] for one in shop.kept.deployments] == [report_of(made).remote_id]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_a_worker_made_too_late_all_the_same_is_taken_back(shop: Shop, clock: Clock) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    lose("chat")
    worker = stopped_as_it_sends(made.pk, lease=300)
    round_of(clock, seconds=310)  # by the clock of all others, whatever its own has counted
    asked = shop.posted

    wake(worker)

    assert (worker.returncode, shop.posted) == (0, asked + 2)  # made, and told as inactive
    assert [one["id"] for one in shop.kept.deployments] == [report_of(made).remote_id]
    assert shop.told(made) == ["queued"]


def test_what_cannot_be_taken_back_is_named_in_the_log(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    made = shop.ask()
    report = report_of(made)

    telling._withdraw(report, telling._caller(report), 999)

    assert f"GitHub has #{made.pk} twice, as {report.remote_id} and as 999" in caplog.text
