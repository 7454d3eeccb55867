"""What others say at GitHub of a deployment is told on its timeline, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from deployments.forges.github import marker
from deployments.models import Change, Delivery, Deployment, ForgeDeployment
from deployments.selectors.timeline import timeline
from tests.deployments import build
from tests.deployments.webhooks.conftest import Deliver, handled
from tests.deployments.webhooks.github.examples import example

pytestmark = pytest.mark.django_db


@pytest.fixture
def body() -> dict[str, Any]:
    return example("deployment_status")


@pytest.fixture
def performed(qa: Any, alice: Any, body: dict[str, Any]) -> Deployment:
    """What was made of the deployment in GitHub's example."""
    deployment = build.deployment(qa, alice, "a" * 40)
    ForgeDeployment.objects.create(
        repository=qa.application.repository,
        remote_id=body["deployment"]["id"],
        deployment=deployment,
        base_url="https://api.github.com",
        uid=1,
        login="octocat",
    )
    return deployment


def carried_out(deliver: Deliver, body: dict[str, Any], **status: Any) -> Delivery:
    body["deployment_status"] |= status
    deliver("deployment_status", body)
    return handled()


def test_it_is_told_on_the_timeline(
    deliver: Deliver, body: dict[str, Any], performed: Deployment
) -> None:
    done = carried_out(deliver, body, state="failure", description="Smoke test")

    assert f"Codertocat says failure of #{performed.pk}." in done.outcome
    last = timeline(performed)[-1]
    assert (last.text, last.note) == ("Codertocat says failure of it at GitHub.", "Smoke test")


def test_it_never_changes_ours(
    deliver: Deliver, body: dict[str, Any], performed: Deployment
) -> None:
    carried_out(deliver, body, state="failure")

    performed.refresh_from_db()
    assert performed.status == "success"


def test_our_own_word_is_recognised(
    deliver: Deliver, body: dict[str, Any], performed: Deployment
) -> None:
    with override_settings(SHIPMATE_URL="https://ship.test"):
        page = f"https://ship.test{performed.get_absolute_url()}?tab=log"
        done = carried_out(deliver, body, log_url=page)

    assert "it is what Shipmate itself told GitHub" in done.outcome
    assert not Change.objects.filter(verb="deployment.told").exists()


def test_what_we_made_known_ourselves_is_known_by_its_mark(
    deliver: Deliver, body: dict[str, Any], qa: Any, alice: Any
) -> None:
    own = build.deployment(qa, alice, "a" * 40)
    body["deployment"]["payload"] = {marker.KEY: marker.made(own.pk, own.created_at)}

    assert f"of #{own.pk}." in carried_out(deliver, body).outcome


def test_of_another_deployment_nothing_is_told(deliver: Deliver, body: dict[str, Any]) -> None:
    assert carried_out(deliver, body).state == "unhandled"


def test_a_state_of_nobodys_is_not_told(
    deliver: Deliver, body: dict[str, Any], performed: Deployment
) -> None:
    assert carried_out(deliver, body, state={"a": 1}).state == "unhandled"
