"""A retry, and a worker that begins, ask GitHub what checks say: what is kept may be long over."""

from __future__ import annotations

import pytest

from deployments.exceptions import Refused
from deployments.models import CommitHeard, Deployment, Environment, Person
from deployments.services import checks, clearing, execution, lifecycle
from deployments.services.lifecycle import Door
from deployments.services.moves import move
from tests.deployments.services.at_github import NAME, Clock, Shop, shop_at
from tests.deployments.services.conftest import copy
from tests.servers.github.hub import Fault, GitHub

pytestmark = pytest.mark.django_db
AWAY = [Fault(502)] * 9


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    made = shop_at(hub, root, alice)
    Environment.objects.filter(pk=made.qa.pk).update(checks="all")
    made.qa.refresh_from_db()
    return made


@pytest.fixture
def failed(shop: Shop) -> Deployment:
    """Was green when it was asked for, and failed."""
    say(shop, "success")
    made = shop.ask()
    assert move(made, "in_progress")
    assert move(made, "failure", reason="command")
    return copy(made)


def say(shop: Shop, state: str) -> None:
    """Have a check say it at GitHub; nobody tells us."""
    shop.hub.say(NAME, shop.kept.git.git("rev-parse", "main"), "ci/test", state)


def retry(deployment: Deployment, person: Person) -> Deployment:
    return lifecycle.retry(deployment, Door(person, "web"))


def test_what_turned_red_meanwhile_is_not_retried(shop: Shop, failed: Deployment) -> None:
    say(shop, "failure")

    with pytest.raises(Refused, match="ci/test failed"):
        retry(failed, shop.person)


def test_a_retry_that_is_refused_for_its_checks_offers_to_wait_for_them(
    shop: Shop, failed: Deployment
) -> None:
    say(shop, "failure")

    with pytest.raises(Refused) as refused:
        retry(failed, shop.person)
    assert refused.value.lines == (f"deploy shop/{failed.sha[:7]} to qa when green",)


def test_what_turned_green_meanwhile_is(shop: Shop, failed: Deployment) -> None:
    say(shop, "failure")
    checks.ask(shop.app, failed.sha)
    say(shop, "success")

    assert retry(failed, shop.person).status == "queued"


def test_a_question_before_a_retry_asks_github_too(shop: Shop, failed: Deployment) -> None:
    say(shop, "failure")

    with pytest.raises(Refused, match="ci/test failed"):
        lifecycle.refuse_retry(failed, shop.person)


@pytest.mark.parametrize(("state", "status"), [("failure", "pending"), ("success", "queued")])
def test_a_retry_while_github_is_away_waits_and_is_judged_then(
    shop: Shop, failed: Deployment, state: str, status: str
) -> None:
    shop.spoil(*AWAY)
    again = retry(failed, shop.person)
    assert (again.status, again.note[:20]) == ("pending", "GitHub cannot answer")

    shop.hub.faults.clear()
    say(shop, state)
    clearing.clear(copy(again))

    assert copy(again).status == status


def test_checks_that_this_credential_may_not_read_refuse_a_retry(
    shop: Shop, failed: Deployment
) -> None:
    shop.spoil(*[Fault(403, message="Resource not accessible by personal access token")] * 9)

    with pytest.raises(Refused, match=r"What checks say of .* cannot be told"):
        retry(failed, shop.person)


# ---- When a worker begins ----


def test_what_turned_red_while_it_was_queued_does_not_begin(
    shop: Shop, failed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = retry(failed, shop.person)
    say(shop, "failure")
    Clock(monkeypatch).on(minutes=1)
    execution.run(again.pk)

    ended = copy(again)
    assert (ended.status, ended.reason) == ("error", "settings")
    assert "ci/test failed" in ended.note


def test_what_was_heard_just_now_is_not_asked_again(shop: Shop, failed: Deployment) -> None:
    asked = len(shop.hub.asked)
    checks.freshen(shop.app, failed.sha)

    assert len(shop.hub.asked) == asked


def test_a_github_that_is_away_when_it_begins_leaves_what_is_known(
    shop: Shop, failed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    Clock(monkeypatch).on(minutes=1)
    shop.spoil(*AWAY)
    checks.freshen(shop.app, failed.sha)

    assert "502" in CommitHeard.objects.get(sha=failed.sha).trouble
