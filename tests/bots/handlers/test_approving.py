"""What waits for approval, in chat: asked of those who may, approved or rejected by them."""

from __future__ import annotations

import pytest
from django.db import transaction

from bots.models import Post, Room
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.models import Deployment, Environment, Person
from deployments.services import approvals
from tests.bots.talking import Talk
from tests.deployments import build
from tests.deployments.services.queueing import drain
from tests.servers.repositories import Repository

BECAUSE = "Octo at GitHub is linked to nobody here, so somebody has to approve it."


@pytest.fixture
def asked(qa: Environment, bob: Person, repository: Repository) -> Deployment:
    made = build.deployment(qa, bob, repository.git("rev-parse", "main"), status="pending")
    with transaction.atomic():
        approvals.ask(made, BECAUSE)
    return made


@pytest.fixture
def dora_says(dora: Person, room: Room) -> Talk:
    return Talk(dora, room)


def test_a_maintainer_approves_it(dora_says: Talk, asked: Deployment) -> None:
    answer = dora_says(f"approve #{asked.pk}")

    assert f"Approved: #{asked.pk} " in answer
    asked.refresh_from_db()
    assert asked.approval.approved


def test_a_maintainer_rejects_it_with_a_reason(dora_says: Talk, asked: Deployment) -> None:
    answer = dora_says(f"reject #{asked.pk} because the demo is on")

    assert "was cancelled by Dora: the demo is on" in answer


def test_a_rejection_without_a_reason_is_told_how_to_say_it(
    dora_says: Talk, asked: Deployment
) -> None:
    assert f"reject #{asked.pk} because …" in dora_says(f"reject #{asked.pk}")
    asked.refresh_from_db()
    assert asked.status == "pending"


def test_who_may_not_is_told_who_can(say: Talk, asked: Deployment, dora: Person) -> None:
    answer = say(f"approve #{asked.pk}")

    assert "Alice may not approve deployments to hello/qa: it takes a maintainer." in answer
    assert "dora" in answer


def test_in_its_thread_the_word_alone_is_enough(dora: Person, asked: Deployment) -> None:
    speaker = Speaker(person=dora, via="chat", place="here", deployment=asked)

    answer = receive("approve", speaker)

    assert answer is not None
    assert "Approved" in plain.render(answer)


def test_the_thread_asks_those_who_may_by_name(asked: Deployment, dora: Person, room: Room) -> None:
    drain("chat")

    step = Post.objects.filter(text__contains="Who may:").get()
    assert "Who may: @dora" in step.text
    assert f"reject #{asked.pk} because …" in step.text
    assert step.mentions.filter(person=dora).exists()


def test_the_thread_says_who_approved_it(dora_says: Talk, asked: Deployment) -> None:
    dora_says(f"approve #{asked.pk}")
    drain("chat")

    assert Post.objects.filter(text__contains="Dora approved it").exists()


def test_a_near_miss_offers_what_waits(dora_says: Talk, asked: Deployment) -> None:
    assert f"approve #{asked.pk}" in dora_says("aprove")
