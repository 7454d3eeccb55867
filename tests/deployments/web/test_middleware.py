"""What stands around every page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from deployments.models import Comment, Deployment, Environment, Person
from tests.deployments import build


@pytest.fixture
def deployment(alice: Person, qa: Environment) -> Deployment:
    return build.deployment(qa, alice, "a" * 40, status="failure")


def test_a_nul_in_a_form_is_refused_and_nothing_is_kept(
    as_alice: Client, deployment: Deployment
) -> None:
    answer = as_alice.post(f"/deployments/{deployment.pk}/comment/", {"text": "a\0b"})

    assert answer.status_code == 400
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "address", ["/apps/%00/", "/?q=%00", "/?%71=a&q=%00", "/compare/hello/%00...x/"]
)
def test_a_nul_in_an_address_is_refused(as_alice: Client, hello: Any, address: str) -> None:
    assert as_alice.get(address).status_code == 400
