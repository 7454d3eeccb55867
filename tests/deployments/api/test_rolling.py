"""A deployment that goes host by host, over the API."""

from __future__ import annotations

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.models import Change, Deployment, Environment, Person
from tests.deployments import build
from tests.deployments.api.conftest import Script

HOSTS = ["hello-production-1", "hello-production-2"]
SHA = "a" * 40


@pytest.fixture
def paused(production: Environment, alice: Person) -> Deployment:
    return build.deployment(
        production, alice, SHA, status="in_progress", lease_until=None, paused_at=timezone.now()
    )


@pytest.fixture
def partly(production: Environment, alice: Person) -> Deployment:
    build.live(production, alice, "b" * 40)
    made = build.deployment(
        production, alice, SHA, status="failure", reason="partly",
        settings={
            "hosts": [{"name": name} for name in HOSTS],
            "rollout": {"batches": [[name] for name in HOSTS]},
        },
    )  # fmt: skip
    build.phase(made, "switch", 0, "success", "success")
    build.phase(made, "restart", 1, "success", "failure")
    made.phase_runs.filter(status="failure").update(code=3, note="restart ended with 3")
    production.placements.filter(host__name=HOSTS[0]).update(current=made)
    return made


def test_a_pause_is_read(ci: Script, paused: Deployment) -> None:
    said = ci.get(f"deployments/{paused.pk}/").json()

    assert (said["status"], said["is_paused"], said["paused_until"]) == ("in_progress", True, None)


def test_it_is_let_go_on_and_twice_is_harmless(ci: Script, paused: Deployment) -> None:
    answers = [ci.post(f"deployments/{paused.pk}/go-on/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["is_paused"] is False
    assert Change.objects.get(verb="deployment.went_on").via == "api"


def test_what_is_not_paused_is_a_conflict(ci: Script, partly: Deployment) -> None:
    answer = ci.post(f"deployments/{partly.pk}/go-on/")

    assert (answer.status_code, answer.json()["error"]["text"]) == (
        409,
        f"#{partly.pk} is not paused; there is nothing to go on with.",
    )


def test_how_it_went_host_by_host_is_read(ci: Script, partly: Deployment) -> None:
    first, second = ci.get(f"deployments/{partly.pk}/hosts/").json()

    assert first == {
        "host": HOSTS[0], "batch": 1, "status": "success", "phase": "", "code": None, "note": "",
        "deployment": partly.pk, "sha": SHA,
    }  # fmt: skip
    assert (second["batch"], second["status"], second["phase"]) == (2, "failure", "restart")
    assert (second["code"], second["note"]) == (3, "restart ended with 3")
    assert second["sha"] == "b" * 40


def test_many_hosts_take_no_more_queries(
    ci: Script, partly: Deployment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3, 20):
        build.place(partly.environment, f"hello-production-{number}")
        partly.phase_runs.create(phase="switch", host=f"hello-production-{number}", position=0)
    ci.get(f"deployments/{partly.pk}/hosts/")

    with django_assert_num_queries(4):
        assert len(ci.get(f"deployments/{partly.pk}/hosts/").json()) == 19


def test_the_failed_hosts_are_retried(ci: Script, partly: Deployment) -> None:
    body = {"failed_hosts": True}

    first, again = (ci.post(f"deployments/{partly.pk}/retry/", body, key="x") for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["hosts"] == HOSTS[1:]


def test_without_a_word_all_of_it_is_retried(ci: Script, partly: Deployment) -> None:
    assert ci.post(f"deployments/{partly.pk}/retry/").json()["hosts"] == []


def test_a_slip_in_the_body_is_refused(ci: Script, partly: Deployment) -> None:
    answer = ci.post(f"deployments/{partly.pk}/retry/", {"failed_host": True})

    assert answer.status_code == 400
    assert not Deployment.objects.filter(kind="retry").exists()
