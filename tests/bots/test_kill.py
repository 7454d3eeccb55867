"""kill -9, in earnest: chat workers are processes of their own, killed a little later each time."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from bots import conversation, rooms
from bots.models import Post
from deployments.models import Application, Deployment, Person
from tests.bots.talking import Talk
from tests.deployments.services.elsewhere import go, process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

MOMENTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)


def test_what_was_said_is_done_once_though_its_workers_are_killed(
    alice: Person, hello: Application
) -> None:
    say = Talk(alice, rooms.make("deploys"))
    post = conversation.say(alice, say.room, "deploy hello to qa")

    for seconds in MOMENTS:
        worker = process(f"from bots import tasks; tasks.handle({post.pk})")
        go(worker)
        time.sleep(seconds)
        worker.kill()
        worker.wait()
        let_its_lease_end()
    say("status")  # a worker that lives takes what is left

    assert Deployment.objects.count() == 1
    assert sum("deployment of hello" in text for text in say.texts()) == 1


def let_its_lease_end() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Post.objects.filter(lease_until__isnull=False).update(lease_until=past)
