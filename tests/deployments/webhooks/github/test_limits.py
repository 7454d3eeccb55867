"""GitHub takes no more questions for up to an hour: what waits for it goes on by itself then."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from deployments import sweeper
from deployments.models import Application, Delivery, Deployment, Person, Webhook
from tests.deployments.services.at_github import Clock
from tests.deployments.services.conftest import tip
from tests.deployments.services.queueing import drain, lose
from tests.deployments.webhooks.conftest import NAME, Deliver
from tests.deployments.webhooks.github.conftest import Body, created_now, link
from tests.servers.github.hub import Fault, GitHub

pytestmark = pytest.mark.django_db

DEPLOYMENTS = f"/repos/{NAME}/deployments"
HOUR = 3_600


@pytest.fixture
def hello(at_github: Application) -> Application:
    return at_github


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of all that decides, what GitHub's limits are counted by among it."""
    clock = Clock(monkeypatch)
    monkeypatch.setattr(time, "time", lambda: clock.now().timestamp())
    return clock


@pytest.fixture
def body(hub: GitHub, webhook: Webhook, root: Person, hello: Application) -> Body:
    link(root, hello)
    return created_now(tip(hub.repositories[NAME].git))


def limit(hub: GitHub, seconds: int) -> None:
    hub.faults.append(Fault(429, {"Retry-After": str(seconds)}, path=DEPLOYMENTS))


def later(clock: Clock, **time: float) -> Delivery:
    """Let time pass, and the sweeper and the workers look."""
    clock.on(**time)
    lose("chat")
    sweeper.sweep()
    drain("chat")
    return Delivery.objects.order_by("pk")[0]


def carried_out(tell: Deliver, body: Body) -> Delivery:
    tell("deployment", body)
    drain("chat")
    return Delivery.objects.order_by("-pk")[0]


def test_it_says_until_when_github_asks_to_wait_and_how_long_it_is_tried(
    tell: Deliver, body: Body, hub: GitHub
) -> None:
    limit(hub, HOUR)

    waits = carried_out(tell, body)

    assert (waits.state, Deployment.objects.exists()) == ("waiting", False)
    assert re.fullmatch(
        rf"GitHub takes no more questions about {NAME} until \d\d:\d\d:\d\d UTC: its limit of"
        r" requests in a row is used up. It goes on by itself then; it is tried until \d\d:\d\d"
        " UTC.",
        waits.outcome,
    )


def test_it_is_looked_at_when_the_limit_ends_and_not_before(
    tell: Deliver, body: Body, hub: GitHub
) -> None:
    limit(hub, HOUR)

    waits = carried_out(tell, body)

    assert waits.lease_until is not None
    pause = waits.lease_until - timezone.now()
    assert timedelta(minutes=58) < pause < timedelta(minutes=61)


def test_after_a_whole_hour_it_goes_on_by_itself_and_is_not_too_old(
    tell: Deliver, body: Body, root: Person, hub: GitHub, clock: Clock
) -> None:
    body["deployment"]["created_at"] = (timezone.now() - timedelta(minutes=20)).isoformat()
    limit(hub, HOUR)
    carried_out(tell, body)

    done = later(clock, minutes=61)

    made = Deployment.objects.get()
    assert done.state == "handled"
    assert (made.status, made.person, made.waits_for) == ("queued", root, None)


def test_an_illness_behind_the_limit_has_the_time_that_any_has(
    tell: Deliver, body: Body, hub: GitHub, clock: Clock
) -> None:
    limit(hub, HOUR)
    carried_out(tell, body)

    hub.faults.extend([Fault(502, path=DEPLOYMENTS)] * 3)
    assert later(clock, minutes=61).state == "waiting"

    assert later(clock, minutes=5).state == "handled"


def test_a_limit_that_is_used_up_hour_by_hour_ends_with_what_to_do(
    tell: Deliver, body: Body, hub: GitHub, clock: Clock
) -> None:
    limit(hub, HOUR)
    carried_out(tell, body)
    limit(hub, HOUR)

    done = later(clock, minutes=61)

    assert (done.state, Deployment.objects.exists()) == ("failed", False)
    assert re.search(
        "It has waited 1 h 01 m for that, and is not asked again by itself. Press “Do it again”"
        r" here, or “Redeliver” at GitHub, after \d\d:\d\d UTC.$",
        done.outcome,
    )


def test_what_no_worker_looked_at_for_long_is_too_old(
    tell: Deliver, body: Body, hub: GitHub, clock: Clock
) -> None:
    """Nobody lets something begin in the morning that was wanted at night."""
    limit(hub, HOUR)
    carried_out(tell, body)

    later(clock, hours=9)

    assert Deployment.objects.get().waits_for == "approval"


def test_those_that_waited_go_on_in_their_order(
    tell: Deliver, body: Body, hub: GitHub, clock: Clock
) -> None:
    newer = hub.repositories[NAME].git.commit({"b": "2"}, "Newer")
    number = body["deployment"]["id"] + 1
    limit(hub, HOUR)
    carried_out(tell, body)
    carried_out(tell, {**body, "deployment": {**body["deployment"], "id": number, "sha": newer}})

    later(clock, minutes=61)

    shas = list(Deployment.objects.order_by("pk").values_list("sha", flat=True))
    assert shas == [body["deployment"]["sha"], newer]


@pytest.mark.parametrize("status", [403, 429])
def test_a_used_up_hour_is_no_missing_right_where_clocks_differ(
    tell: Deliver, body: Body, hub: GitHub, status: int
) -> None:
    used_up = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    words = "API rate limit exceeded for installation ID 99."
    hub.faults.append(Fault(status, used_up, words, path=DEPLOYMENTS))

    waits = carried_out(tell, body)

    assert waits.state == "waiting"
    assert "GitHub takes no more questions" in waits.outcome
