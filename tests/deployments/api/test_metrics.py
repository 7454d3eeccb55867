"""Figures for Prometheus, as its own parser reads them."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from deployments.models import Application, Environment, Person
from deployments.services.moves import move
from tests.deployments import build
from tests.deployments.api.conftest import MakeScript, Script

Figures = dict[tuple[str, tuple[str, ...]], float]


def scrape(script: Script) -> Figures:
    answer = script.client.get("/metrics")
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name.removeprefix("shipmate_"), tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_deployments_are_counted_by_place_and_state(
    ci: Script, qa: Environment, alice: Person
) -> None:
    for status in ("success", "success", "failure", "queued"):
        build.deployment(qa, alice, "a" * 40, status=status)

    found = scrape(ci)

    assert found["deployments_finished_total", ("hello", "qa", "success")] == 2
    assert found["deployments_finished_total", ("hello", "qa", "failure")] == 1
    assert found["deployments_unfinished", ("hello", "qa", "queued")] == 1


def test_how_long_they_took_is_told(ci: Script, qa: Environment, alice: Person) -> None:
    for _ in range(3):
        build.deployment(qa, alice, "a" * 40)

    found = scrape(ci)

    for quantile in ("0.5", "0.95"):
        took = found["deployment_duration_seconds", ("hello", "qa", quantile)]
        assert took == pytest.approx(60, abs=1)


def test_what_waits_and_who_works_is_told(ci: Script, qa: Environment, alice: Person) -> None:
    build.worker()
    waiting = build.deployment(qa, alice, "a" * 40, status="pending")
    move(waiting, "queued")

    found = scrape(ci)

    assert found["queue_bells", ("deploy",)] == 1
    assert 0 < found["queue_oldest_seconds", ()] < 5
    (age,) = (value for (name, _), value in found.items() if name.startswith("worker_heart"))
    assert 0 <= age < 5


def test_messages_that_are_not_out_are_told(ci: Script) -> None:
    found = scrape(ci)

    assert found["outgoing_messages", ("waiting",)] == 0
    assert found["outgoing_oldest_seconds", ()] == 0


def test_a_token_bound_to_an_app_counts_only_that(
    script: MakeScript, alice: Person, hello: Application, qa: Environment
) -> None:
    build.deployment(qa, alice, "a" * 40)
    other = Application.objects.create(name="other", repository=hello.repository)

    build.deployment(qa, alice, "a" * 40, status="queued")

    assert scrape(script(alice, applications=[other])) == {}
    assert {labels[0] for _, labels in scrape(script(alice, applications=[hello]))} == {"hello"}


def test_it_takes_its_scope(script: MakeScript, alice: Person, client: Any) -> None:
    assert client.get("/metrics").status_code == 401
    assert script(alice, scopes=["read", "admin"]).client.get("/metrics").status_code == 403
    assert script(alice, scopes=["metrics"]).client.get("/metrics").status_code == 200


def test_it_is_a_constant_number_of_queries(
    ci: Script, qa: Environment, alice: Person, django_assert_num_queries: Any
) -> None:
    scrape(ci)
    for number in range(5):
        place = build.environment(qa.application, f"qa-{number}")
        build.deployment(place, alice, "a" * 40)

    with django_assert_num_queries(10):
        scrape(ci)
