"""Where the code comes by git alone GitHub cannot be asked: a delivery is nobody's word."""

from __future__ import annotations

import json

import pytest

from deployments.exceptions import NotAllowed
from deployments.models import (
    Application,
    Approval,
    Delivery,
    Deployment,
    ForgeAccount,
    Person,
    Webhook,
)
from deployments.services import approvals
from deployments.services.lifecycle import Door
from tests.deployments.services.conftest import tip
from tests.deployments.services.queueing import drain
from tests.deployments.webhooks.conftest import Deliver, handled
from tests.deployments.webhooks.github.conftest import NUMBER, UID, Body, created_now
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def body(repository: Repository, webhook: Webhook) -> Body:
    return created_now(tip(repository))


@pytest.fixture
def codertocat(root: Person, hello: Application) -> Person:
    """An administrator, whose account that is."""
    ForgeAccount.objects.create(
        person=root, base_url="https://api.github.com", uid=UID, login="Codertocat"
    )
    return root


def carried_out(deliver: Deliver, body: Body) -> Delivery:
    deliver("deployment", body)
    return handled()


def test_who_is_named_lends_it_nothing(deliver: Deliver, body: Body, codertocat: Person) -> None:
    done = carried_out(deliver, body)

    made = Deployment.objects.get()
    assert (made.status, made.waits_for) == ("pending", "approval")
    assert str(made.person) == "Codertocat at GitHub"
    assert done.outcome.startswith(
        f"It is said that Codertocat created deployment {NUMBER} at GitHub."
    )
    assert done.outcome.endswith(Approval.objects.get().because)


def test_it_says_why_and_what_to_do(deliver: Deliver, body: Body) -> None:
    carried_out(deliver, body)

    assert Approval.objects.get().because == (
        "Nobody can tell whether Codertocat created it at GitHub, so somebody has to approve it."
        " Shipmate has no credential for acme/hello at GitHub: set one in the settings of the app,"
        " under Repository, and GitHub is asked."
    )


def test_who_is_named_does_not_approve_it(deliver: Deliver, body: Body, codertocat: Person) -> None:
    carried_out(deliver, body)

    with pytest.raises(NotAllowed, match="another approves it"):
        approvals.approve(Deployment.objects.get(), Door(codertocat, "web"))


def test_approved_it_goes_on(deliver: Deliver, body: Body, dora: Person) -> None:
    carried_out(deliver, body)

    approvals.approve(Deployment.objects.get(), Door(dora, "web"))
    drain("chat")

    assert Deployment.objects.get().status == "queued"


def test_a_shape_of_before_2014_is_read_too(deliver: Deliver, body: Body) -> None:
    old = {**body["deployment"], "repository": body["repository"]}
    old["payload"] = json.dumps({"environment": "qa"})
    del old["environment"]

    carried_out(deliver, old)

    assert str(Deployment.objects.get().environment) == "hello/qa"


@pytest.mark.parametrize(
    ("url", "who"),
    [
        ("https://ghe.example.com/api/v3/repos/a/b/deployments/1", "Codertocat at ghe.example.com"),
        ("https://api.github.com.evil.example/repos/a/b/deployments/1", "at github.com.evil."),
        ("", "Codertocat at GitHub"),
    ],
)
def test_it_is_told_of_which_github_it_is_said(
    deliver: Deliver, body: Body, codertocat: Person, url: str, who: str
) -> None:
    body["deployment"]["url"] = url

    carried_out(deliver, body)

    assert who in str(Deployment.objects.get().person)


def test_a_lock_is_refused_with_what_to_do(
    deliver: Deliver, body: Body, codertocat: Person
) -> None:
    body["deployment"]["task"] = "deploy:lock"

    done = carried_out(deliver, body)

    assert (
        "Nobody can tell whether Codertocat created it at GitHub, and a lock is approved by nobody."
        " Shipmate has no credential for acme/hello at GitHub: set one in the settings of the app,"
        " under Repository, and GitHub is asked. Say “lock hello in production” here."
    ) in done.outcome
