"""Who lets a paused deployment go on, and that it goes on once."""

from __future__ import annotations

import pytest
from django.utils import timezone

from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Change, Deployment, Environment, Person
from deployments.services import moves, pausing
from tests.deployments import build
from tests.deployments.services.queueing import bells


@pytest.fixture
def waiting(here: Environment, alice: Person) -> Deployment:
    """One that is paused, as its row says."""
    now = timezone.now()
    return build.deployment(
        here, alice, "a" * 40, status="in_progress", paused_at=now, lease_until=None
    )


def test_letting_go_on_takes_who_may_deploy_there(waiting: Deployment, bob: Person) -> None:
    with pytest.raises(NotAllowed, match="Bob may not let go on what is paused in plain/here"):
        pausing.go_on(waiting, bob, "chat")


@pytest.mark.usefixtures("carrier")
def test_twice_is_harmless_and_remembered_once(waiting: Deployment, alice: Person) -> None:
    for _ in range(2):
        pausing.go_on(waiting, alice, "chat")

    assert Change.objects.filter(verb="deployment.went_on").count() == 1
    assert bells() == [("deployments.tasks.run", (waiting.pk,))]


def test_what_is_not_paused_does_not_go_on(here: Environment, alice: Person) -> None:
    running = build.deployment(here, alice, "a" * 40, status="in_progress")

    with pytest.raises(Invalid, match=f"#{running.pk} is not paused"):
        pausing.go_on(running, alice, "chat")


@pytest.mark.usefixtures("carrier")
def test_of_two_workers_one_takes_it(waiting: Deployment, alice: Person) -> None:
    pausing.go_on(waiting, alice, "chat")
    one, other = (Deployment.objects.get(pk=waiting.pk) for _ in range(2))

    assert [moves.claim(one, "one"), moves.claim(other, "other")] == [True, False]


def test_what_was_let_go_on_is_not_told_to_go_on_by_itself(
    waiting: Deployment, alice: Person
) -> None:
    Deployment.objects.update(paused_until=timezone.now())
    pausing.go_on(waiting, alice, "chat")

    assert moves.claim(Deployment.objects.get(pk=waiting.pk), "one")

    assert Change.objects.get(verb="deployment.went_on").person == alice
