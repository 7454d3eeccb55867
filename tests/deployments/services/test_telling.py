"""Whatever becomes of GitHub, of an answer or of a worker: one deployment there, nothing twice."""

from __future__ import annotations

import logging
from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from deployments.models import Deployment, ForgeAccess, Person
from deployments.selectors.repositories import Opening
from deployments.services import applications, lifecycle, reports, telling
from deployments.services.lifecycle import Door
from tests.deployments.services.at_github import (
    DEPLOYMENTS,
    Clock,
    Shop,
    report_of,
    round_of,
    shop_at,
)
from tests.deployments.services.queueing import drain
from tests.servers.github.hub import TOKEN, Fault, GitHub

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    return shop_at(hub, root, alice)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def access() -> ForgeAccess:
    return ForgeAccess.objects.get()


def ill(shop: Shop, status: int = 502) -> None:
    """Let GitHub be ill whenever it is asked next."""
    shop.hub.faults.clear()
    shop.spoil(*[Fault(status)] * 20)


def test_no_log_has_the_credential_however_much_is_written(
    hub: GitHub, root: Person, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        shop = shop_at(hub, root, alice)
        shop.spoil(Fault(403, message="No", path=DEPLOYMENTS, method="POST"))
        shop.ask()

    basic = b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert "/repos/acme/web/deployments" in caplog.text
    assert TOKEN not in caplog.text
    assert basic not in caplog.text


# ---- Away ----


@pytest.mark.parametrize("minutes", [10, 60])
def test_a_github_that_is_ill_is_left_alone_and_gets_the_latest(
    shop: Shop, clock: Clock, minutes: int
) -> None:
    ill(shop)
    made = shop.went(shop.ask(), "in_progress", "success")
    before = len(shop.hub.asked)
    for _ in range(minutes * 2):
        ill(shop)
        round_of(clock, seconds=30)
    asked = len(shop.hub.asked) - before
    shop.hub.faults.clear()

    round_of(clock, seconds=130)

    assert asked < minutes * 3
    assert len(shop.kept.deployments) == 1
    assert shop.told(made) == ["success"]
    assert (access().failures, access().trouble, report_of(made).error) == (0, "", "")


def test_a_moment_of_illness_leaves_out_no_state(shop: Shop, clock: Clock) -> None:
    made = shop.ask()
    shop.spoil(Fault(502, method="POST"))
    shop.went(made, "in_progress")

    for _ in range(5):
        round_of(clock, seconds=9)

    assert shop.told(made) == ["pending", "queued", "in_progress"]


def test_while_it_is_ill_people_are_told_why_and_until_when(shop: Shop) -> None:
    ill(shop)

    made = shop.ask()

    assert "cannot answer about acme/web now (502)" in report_of(made).error
    assert access().failures == 1
    assert access().rest_until is not None


def test_a_github_that_is_away_costs_one_look_for_all_that_wait(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "FIRST_PAUSE", 120.0)
    ill(shop)
    for _ in range(5):
        shop.ask()

    assert shop.posted == 1


def test_pauses_grow_and_end() -> None:
    seconds = [telling.pause(count).total_seconds() for count in (1, 2, 3, 4, 5, 400)]

    assert seconds == [2, 6, 18, 54, 120, 120]


# ---- Lost answers ----


@pytest.mark.parametrize("status", [502, 504])
def test_a_deployment_whose_answer_was_lost_is_not_made_twice(
    shop: Shop, clock: Clock, status: int
) -> None:
    shop.spoil(Fault(status, method="POST", done=True))

    made = shop.ask()
    assert len(shop.kept.deployments) == 1
    for _ in range(3):
        round_of(clock, seconds=25)

    assert [one["id"] for one in shop.kept.deployments] == [report_of(made).remote_id]
    assert shop.told(made) != []


def test_a_deployment_that_was_not_made_is_made(shop: Shop, clock: Clock) -> None:
    shop.spoil(Fault(502, method="POST"))
    made = shop.ask()
    for _ in range(3):
        round_of(clock, seconds=25)

    assert [one["id"] for one in shop.kept.deployments] == [report_of(made).remote_id]


def test_a_state_whose_answer_was_lost_is_not_told_twice(shop: Shop, clock: Clock) -> None:
    made = shop.ask()
    shop.spoil(Fault(502, method="POST", done=True))
    shop.went(made, "in_progress")
    for _ in range(3):
        round_of(clock, seconds=25)

    assert shop.told(made) == ["pending", "queued", "in_progress"]
    assert report_of(made).state == "told"


@pytest.mark.parametrize("status", [200, 201, 202, 302, 404, 409, 422])
@pytest.mark.parametrize("path", [DEPLOYMENTS, "/statuses"])
def test_a_page_that_a_proxy_puts_in_place_of_the_answer_is_none(
    shop: Shop, clock: Clock, status: int, path: str
) -> None:
    page = b"<html>Sign in to the network</html>"
    shop.spoil(Fault(status, path=path, method="POST", done=True, page=page))

    made = shop.ask()
    assert "A proxy, or something else" in report_of(made).error
    round_of(clock, seconds=15)

    assert shop.told(made) == ["pending", "queued"]
    assert len(shop.kept.deployments) == 1


def test_a_token_that_is_revoked_meanwhile_leaves_an_answer_that_was_lost_in_doubt(
    shop: Shop, clock: Clock, root: Person
) -> None:
    shop.spoil(Fault(502, path=DEPLOYMENTS, method="POST", done=True))
    made = shop.ask()
    shop.spoil(Fault(401, message="Bad credentials", path=DEPLOYMENTS, method="GET"))
    round_of(clock, seconds=15)
    assert "does not take the credential" in report_of(made).error

    reports.tell_again(made, shop.person)
    drain("chat")

    assert shop.told(made) == ["pending", "queued"]
    assert len(shop.kept.deployments) == 1


def test_until_it_has_settled_nobody_looks(shop: Shop, clock: Clock) -> None:
    shop.spoil(Fault(502, method="POST", done=True))
    made = shop.ask()
    before = len(shop.hub.asked)

    round_of(clock, seconds=5)

    assert len(shop.hub.asked) == before
    assert "looked at soon" in report_of(made).error


# ---- Limits and refusals ----


def test_where_the_code_comes_from_elsewhere_now_the_old_place_is_told(
    shop: Shop, root: Person
) -> None:
    made = shop.ask()
    shop.hub.make("acme/moved").commit({"a": "a"})
    opening = Opening("github", "", TOKEN)
    applications.move(shop.app, f"{shop.hub.address}/acme/moved", root, opening)

    shop.went(Deployment.objects.get(pk=made.pk), "in_progress")

    assert shop.told(made) == ["pending", "queued", "in_progress"]
    assert shop.hub.repositories["acme/moved"].deployment_statuses == []


def test_without_a_credential_any_more_it_waits(shop: Shop, clock: Clock) -> None:
    made = shop.ask()
    ForgeAccess.objects.all().delete()
    shop.went(made, "in_progress")

    round_of(clock, minutes=5)

    assert report_of(made).state == "waiting"
    assert shop.told(made) == ["pending", "queued"]


def test_a_limit_is_waited_for(shop: Shop, clock: Clock) -> None:
    shop.hub.charged = shop.hub.limit
    made = shop.ask()
    asked = len(shop.hub.asked)
    for _ in range(10):
        round_of(clock, seconds=30)

    rest = access().rest_until
    assert len(shop.hub.asked) == asked
    assert rest is not None
    assert rest > timezone.now()
    assert "its limit of 5000 requests an hour is used up" in report_of(made).error


@pytest.mark.parametrize("headers", [{"Retry-After": "300"}, {}])
def test_a_secondary_limit_is_waited_for(shop: Shop, headers: dict[str, str]) -> None:
    text = "You have exceeded a secondary rate limit."
    shop.spoil(Fault(403, headers, text, method="POST"))

    shop.ask()

    rest = access().rest_until
    assert rest is not None
    assert rest > timezone.now() + timedelta(seconds=250 if headers else 50)


@pytest.mark.parametrize("status", [403, 404])
def test_a_right_that_is_lacking_is_told_and_tried_seldom(
    shop: Shop, clock: Clock, status: int
) -> None:
    words = "Resource not accessible by integration"
    shop.spoil(*[Fault(status, message=words, path=DEPLOYMENTS)] * 99)
    made = shop.ask()
    for _ in range(20):
        shop.ask()
        round_of(clock, minutes=2)

    assert shop.posted == 1
    assert "“Deployments: write”" in report_of(made).error
    assert access().trouble == report_of(made).error


def test_another_credential_is_tried_at_once(shop: Shop, root: Person) -> None:
    shop.spoil(Fault(403, message="Resource not accessible", path=DEPLOYMENTS))
    made = shop.ask()
    shop.hub.tokens["ghp_better"] = None
    location = shop.app.repository.location

    applications.move(shop.app, location, root, Opening("github", "", "ghp_better"))
    reports.ring(made.pk)
    drain("chat")

    assert shop.told(made) == ["pending", "queued"]


def test_a_revoked_token_is_told(shop: Shop) -> None:
    shop.hub.tokens.clear()

    made = lifecycle.create(shop.qa, Door(shop.person, "web"), ref="main", sha="a" * 40)
    drain("chat")

    assert "does not take the credential" in report_of(made).error


def test_a_credential_that_cannot_be_read_is_told(shop: Shop) -> None:
    ForgeAccess.objects.update(secret_encrypted=b"gone")

    made = lifecycle.create(shop.qa, Door(shop.person, "web"), ref="main", sha="a" * 40)
    drain("chat")

    assert "cannot be read with today's keys" in report_of(made).error


def test_a_commit_that_github_has_not_is_given_up_until_somebody_asks(
    shop: Shop, clock: Clock
) -> None:
    made = lifecycle.create(shop.qa, Door(shop.person, "web"), ref="main", sha="a" * 40)
    drain("chat")
    for _ in range(10):
        round_of(clock, minutes=5)

    assert (shop.posted, report_of(made).state) == (1, "failed")
    assert "GitHub can make nothing of this in acme/web: No commit found" in report_of(made).error


def test_a_conflict_is_given_up_and_told_again(shop: Shop) -> None:
    shop.spoil(Fault(409, message="Conflict merging main into topic", method="POST"))
    made = shop.ask()
    assert "by hand" in report_of(made).error

    reports.tell_again(made, shop.person)
    drain("chat")

    assert shop.told(made) == ["pending", "queued"]


def test_one_that_was_deleted_there_is_not_made_anew(shop: Shop) -> None:
    made = shop.ask()
    shop.kept.deployments.clear()

    shop.went(made, "in_progress")

    assert "it was deleted there" in report_of(made).error
    assert (report_of(made).state, access().rest_until) == ("failed", None)
    assert shop.kept.deployments == []


def test_a_fault_of_ours_is_not_tried_for_ever(
    shop: Shop, clock: Clock, settings: Settings
) -> None:
    del settings.SHIPMATE_URL
    made = shop.ask()
    for _ in range(8):
        round_of(clock, minutes=3)

    report = report_of(made)
    assert (report.state, report.attempts) == ("failed", telling.ATTEMPTS)
    assert report.error == f"Shipmate failed over this; its log names #{made.pk}."
