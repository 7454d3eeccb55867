"""What waits for approval, approved and rejected over the API."""

from __future__ import annotations

import pytest
from django.db import transaction

from deployments.models import Approval, Deployment, Environment, Person
from deployments.services import approvals
from tests.deployments import build
from tests.deployments.api.conftest import Script
from tests.deployments.api.test_deployments import error


@pytest.fixture
def asked(qa: Environment) -> Deployment:
    made = build.deployment(qa, build.maker(), "a" * 40, status="pending")
    with transaction.atomic():
        approvals.ask(made, "It is old.")
    return made


def test_it_is_approved_by_who_may(asked: Deployment, dora: Person) -> None:
    assert Script(dora).post(f"deployments/{asked.pk}/approve/").status_code == 200

    assert Approval.objects.get().person == dora


def test_it_is_rejected_with_a_reason(asked: Deployment, dora: Person) -> None:
    said = Script(dora).post(f"deployments/{asked.pk}/reject/", {"because": "not today"}).json()

    assert (said["status"], said["note"]) == ("cancelled", "cancelled by Dora: not today")


def test_what_waits_for_nobody_is_a_conflict(dora: Person, qa: Environment) -> None:
    made = build.deployment(qa, dora, "a" * 40)

    assert error(Script(dora).post(f"deployments/{made.pk}/approve/"), 409)
