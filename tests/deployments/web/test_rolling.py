"""The pages of a deployment that pauses, or was done on some hosts only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.models import Deployment, Environment, Person
from tests.deployments import build
from tests.deployments.web.test_deployments import text, words

pytestmark = pytest.mark.slow

HOSTS = ["hello-production-1", "hello-production-2"]
FROZEN = {
    "provider": "ssh",
    "hosts": [{"name": name} for name in HOSTS],
    "rollout": {"batches": [[name] for name in HOSTS]},
}
SHA = "a" * 40
QUERIES = 16


@pytest.fixture
def paused(production: Environment, alice: Person) -> Deployment:
    made = build.deployment(
        production, alice, SHA, status="in_progress", lease_until=None, paused_at=timezone.now(),
        settings=FROZEN, progress=40,
    )  # fmt: skip
    build.phase(made, "switch", 0, "success", "waiting")
    return made


@pytest.fixture
def partly(production: Environment, alice: Person) -> Deployment:
    build.live(production, alice, "b" * 40)
    made = build.deployment(
        production, alice, SHA, status="failure", reason="partly", settings=FROZEN
    )
    build.phase(made, "switch", 0, "success", "failure")
    build.phase(made, "clean", 1, "waiting", "waiting")
    made.phase_runs.filter(phase="clean").update(optional=True)
    made.phase_runs.filter(status="failure").update(code=3, note="switch ended with 3")
    production.placements.filter(host__name=HOSTS[0]).update(current=made)
    return made


# ---- Paused ----


def test_the_page_says_behind_what_it_waits(as_alice: Client, paused: Deployment) -> None:
    page = text(as_alice, paused)

    assert f"<title>[Paused] hello/production #{paused.pk}" in page
    assert "<b>Paused</b> after hello-production-1, until somebody says “go on”" in page
    assert f"go on #{paused.pk}" in page


def test_the_page_says_when_it_goes_on(as_alice: Client, paused: Deployment) -> None:
    until = timezone.now() + timedelta(hours=1)
    Deployment.objects.update(paused_until=until)

    assert f"goes on at {until:%H:%M} UTC or when somebody says" in text(as_alice, paused)


def test_a_button_lets_it_go_on(as_alice: Client, paused: Deployment) -> None:
    address = f"{paused.get_absolute_url()}go-on/"
    assert f'action="{address}"' in text(as_alice, paused)

    assert as_alice.post(address).status_code == 302

    assert not Deployment.objects.get().is_paused


def test_who_may_not_deploy_has_no_button_and_no_right(as_bob: Client, paused: Deployment) -> None:
    assert "go-on/" not in text(as_bob, paused)
    assert as_bob.post(f"{paused.get_absolute_url()}go-on/").status_code == 403


def test_what_is_not_paused_is_refused_in_words(as_alice: Client, partly: Deployment) -> None:
    answer = as_alice.post(f"{partly.get_absolute_url()}go-on/")

    assert answer.status_code == 400
    assert f"#{partly.pk} is not paused" in words(answer)


def test_what_is_being_cancelled_does_not_offer_to_go_on(
    as_alice: Client, paused: Deployment
) -> None:
    Deployment.objects.update(stop_at=timezone.now(), stop_by=paused.person)

    page = text(as_alice, paused)

    assert "go-on/" not in page
    assert "Cancelling" in page


def test_board_and_queue_say_that_it_is_paused(as_alice: Client, paused: Deployment) -> None:
    board, queue = words(as_alice.get("/")), words(as_alice.get("/queue/"))

    assert '<span class="word">Paused</span>' in board
    assert "until “go on”" in board
    assert "Paused until somebody lets it go on" in queue
    assert "no worker yet" not in queue


def test_the_timeline_says_who_let_it_go_on(as_alice: Client, paused: Deployment) -> None:
    build.change(paused, "deployment.paused", subject=HOSTS[0])
    build.change(paused, "deployment.went_on", person=paused.person, via="web")

    page = text(as_alice, paused, "?tab=timeline")

    assert "It paused after hello-production-1." in page
    assert "Alice let it go on on the page." in page


# ---- Partly done ----


def test_host_by_host_it_says_how_it_went_and_what_runs(
    as_alice: Client, partly: Deployment
) -> None:
    page = text(as_alice, partly, "?tab=hosts")

    assert "1 of 2 done" in page
    assert '<th class="num" scope="col">Batch</th>' in page
    assert "switch failed" in page
    assert "switch ended with 3" in page
    assert "<code>bbbbbbb</code>" in page


def test_the_failed_hosts_are_retried_by_a_button(as_alice: Client, partly: Deployment) -> None:
    page = text(as_alice, partly)
    assert "Deploys aaaaaaa again to hello-production-2 only" in page
    assert f"retry failed hosts #{partly.pk}" in page

    as_alice.post(f"{partly.get_absolute_url()}retry/", {"failed_hosts": "yes", "key": "x"})

    assert Deployment.objects.get(kind="retry").hosts == HOSTS[1:]


def test_many_hosts_take_no_more_queries(
    as_alice: Client, partly: Deployment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text(as_alice, partly, "?tab=hosts")
    with django_assert_num_queries(QUERIES):
        text(as_alice, partly, "?tab=hosts")
    for number in range(3, 30):
        build.place(partly.environment, f"hello-production-{number}")
        partly.phase_runs.create(phase="switch", host=f"hello-production-{number}", position=0)

    with django_assert_num_queries(QUERIES):
        assert text(as_alice, partly, "?tab=hosts").count("not begun") == 27


def test_the_timeline_says_that_it_was_undone(as_alice: Client, partly: Deployment) -> None:
    build.change(partly, "deployment.undone", subject="web-1", new="813", via="auto")

    assert "web-1 is being rolled back as #813." in text(as_alice, partly, "?tab=timeline")
