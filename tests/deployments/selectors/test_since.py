"""What a retry would find set otherwise."""

from __future__ import annotations

import pytest

from deployments.models import Deployment, Environment, Person
from deployments.selectors import since
from deployments.services import credentials, plan
from tests.deployments import build


@pytest.fixture
def failed(alice: Person, dora: Person, qa: Environment) -> Deployment:
    """One that was claimed with a secret of its app, and failed."""
    credentials.set_secret("API_KEY", "sesame-one", dora, application=qa.application)
    made = build.deployment(qa, alice, "a" * 40, status="failure", reason="command")
    made.settings = plan.freeze(made)
    made.save(update_fields=["settings"])
    return made


def test_what_is_as_it_was_is_not_named(failed: Deployment) -> None:
    assert since.changed(failed) == []


def test_settings_secrets_and_hosts_are_named_and_nothing_of_them(
    failed: Deployment, dora: Person
) -> None:
    qa = failed.environment
    Environment.objects.filter(pk=qa.pk).update(settings={"build": ["make other"]})
    credentials.set_secret("API_KEY", "sesame-two", dora, application=qa.application)
    credentials.set_secret("NEW", "sesame-three", dora, environment=qa)
    build.place(qa, "web-9")

    found = since.changed(Deployment.objects.get(pk=failed.pk))

    assert found == ["build", "secret API_KEY", "secret NEW", "hosts"]


def test_of_one_that_never_began_nothing_is_known(alice: Person, qa: Environment) -> None:
    assert since.changed(build.deployment(qa, alice, "a" * 40, status="cancelled")) == []
