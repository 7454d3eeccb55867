"""The queue: what waits and why, and who does the work."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.models import Deployment, Environment, Lock, Person, Worker
from tests.deployments import build

pytestmark = pytest.mark.slow  # looks at a page

SHA = "a" * 40


def text(client: Client, address: str = "/queue/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def queued(environment: Environment, person: Person) -> Deployment:
    return build.deployment(environment, person, SHA, status="queued", queued_at=timezone.now())


def test_nothing_runs_and_nothing_waits(as_bob: Client, qa: Environment) -> None:
    page = text(as_bob)

    assert "Nothing runs." in page and "Nothing waits." in page


def test_without_a_worker_it_says_in_red_that_nothing_will_start(as_bob: Client) -> None:
    page = text(as_bob)

    banner = page.split("Nothing will start until a worker runs.")[0].rsplit("<div", 1)[1]
    assert 'data-state="failed"' in banner


def test_a_worker_that_was_heard_of_is_named(as_bob: Client) -> None:
    build.worker()

    page = text(as_bob)

    assert "Nothing will start" not in page and "1 process," in page


def test_a_worker_that_fell_silent_is_told_with_the_time(as_bob: Client) -> None:
    build.worker()
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=3))

    page = text(as_bob)

    assert "Silent" in page and "3 min ago" in page and "Nothing will start" in page


def test_what_runs_is_told_with_its_worker(as_bob: Client, alice: Person, qa: Environment) -> None:
    build.deployment(qa, alice, SHA, status="in_progress", worker="box:17", progress=40)
    Worker.objects.create(
        name="deploy@box:17", role="deploy", started_at=timezone.now(), seen_at=timezone.now()
    )

    page = text(as_bob)

    assert "hello/qa" in page and "40 %" in page and "box:17, heard" in page


def test_each_that_waits_has_its_reason_and_who_clears_it(
    as_bob: Client, alice: Person, dora: Person, qa: Environment, production: Environment
) -> None:
    build.worker()
    running = build.deployment(qa, alice, SHA, status="in_progress")
    second = queued(qa, alice)
    third = queued(qa, dora)
    Lock.objects.create(environment=production, person=dora, reason="load test")
    queued(production, alice)
    build.deployment(production, alice, "", status="pending", note="acme/hello is away.")

    page = text(as_bob)

    assert f"after #{running.pk} by Alice" in page and f"after #{second.pk} by Alice" in page
    assert f"after #{third.pk}" not in page
    assert "locked by Dora until it is unlocked: load test" in page
    assert "Dora or a maintainer opens it." in page and "acme/hello is away." in page


def test_places_are_in_the_order_in_which_they_were_queued(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    first, second = queued(production, alice), queued(qa, alice)

    page = text(as_bob)

    places = [
        page.index(mark) for mark in (f"#{first.pk}<", "place 1", f"#{second.pk}<", "place 2")
    ]
    assert places == sorted(places)


def test_only_the_part_that_changes_can_be_asked_for(as_bob: Client) -> None:
    part = text(as_bob, "/queue/?part=all")

    assert part.startswith('<div class="stack" data-live="any"') and "<html" not in part


def test_the_number_of_queries_does_not_grow(
    as_bob: Client,
    alice: Person,
    tmp_path: Path,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 20):
        app = build.application(f"app{count}", tmp_path / str(count))
        for number in range(count):
            environment = Environment.objects.create(application=app, name=f"e{number}")
            build.deployment(environment, alice, SHA, status="in_progress")
            queued(environment, alice)
            build.deployment(environment, alice, "", status="pending", waits_for="merge")
            Lock.objects.create(environment=environment, person=alice)

        with django_assert_num_queries(11):
            text(as_bob)
