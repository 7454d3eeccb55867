"""Tasks and parameters in the deploy form."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Deployment, Environment, Person
from deployments.services.checks import report
from tests.deployments import build
from tests.deployments.web.production import PAGE, send, sha, text, words
from tests.servers.repositories import Repository

TASKS = {"migrations": {"commands": ["bin/migrate"], "once": True}}


@pytest.fixture
def live(production: Environment) -> Deployment:
    app = production.application
    app.settings |= {"tasks": TASKS, "parameters": {"REGION": "eu|us"}}
    app.save()
    return build.live(production, build.maker(), "b" * 40)


def test_an_app_without_tasks_offers_none(as_alice: Client, production: Environment) -> None:
    assert "Task" not in text(as_alice)


def test_the_form_offers_tasks_and_parameters(as_alice: Client, live: Deployment) -> None:
    page = text(as_alice)

    assert '<option value="migrations">' in page
    assert 'name="parameter-REGION"' in page and "eu|us" in page


def test_the_review_tells_what_a_task_would_do(as_alice: Client, live: Deployment) -> None:
    page = text(as_alice, f"{PAGE}?ref=&task=migrations&parameter-REGION=eu")

    assert "migrations runs in the release that is there" in page
    assert "bin/migrate" in page and "Run migrations in production" in page
    assert "deploy:migrations hello to production REGION=eu" in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [("task=seeds", "no task “seeds”"), ("parameter-REGION=asia", "takes eu|us, not “asia”")],
)
def test_what_the_app_does_not_take_is_said_in_the_review(
    as_alice: Client, live: Deployment, asked: str, said: str
) -> None:
    assert said in text(as_alice, f"{PAGE}?ref=&{asked}")


def test_a_task_is_asked_for_by_the_form(as_alice: Client, live: Deployment) -> None:
    answer = send(as_alice, task="migrations", **{"parameter-REGION": "us"})

    made = Deployment.objects.get(task="migrations")
    assert answer["Location"] == made.get_absolute_url()
    assert (made.sha, made.parameters) == (live.sha, {"REGION": "us"})


def test_what_is_wrong_with_it_is_said_and_nothing_begins(
    as_alice: Client, live: Deployment
) -> None:
    answer = send(as_alice, task="seeds", **{"parameter-REGION": "asia"})

    assert answer.status_code == 409
    assert "no task “seeds”" in words(answer) and "not “asia”" in words(answer)
    assert Deployment.objects.get() == live


def test_the_page_of_a_task_says_so(as_alice: Client, live: Deployment) -> None:
    send(as_alice, task="migrations", **{"parameter-REGION": "us"})
    made = Deployment.objects.get(task="migrations")

    page = text(as_alice, made.get_absolute_url())
    assert "task migrations" in page and "REGION=us" in page
    assert '<span class="chip">migrations</span>' in text(as_alice)


# ---- Checks ----


@pytest.fixture
def gated(production: Environment) -> Environment:
    production.checks, production.required_contexts = "named", ["ci/test"]
    production.save()
    return production


def test_the_review_lists_checks_that_have_not_passed(as_alice: Client, gated: Environment) -> None:
    page = text(as_alice, f"{PAGE}?ref=main")

    assert "ci/test was not reported" in page
    assert 'value="force"' not in page and 'aria-disabled="true"' not in page
    assert "deploy hello/main to production when green" in page


def test_whoever_deploys_may_wait_for_them(as_alice: Client, gated: Environment) -> None:
    assert 'type="checkbox" name="when_green" required' in text(as_alice, f"{PAGE}?ref=main")
    send(as_alice, ref="main", when_green="on")

    made = Deployment.objects.get()
    page = text(as_alice, made.get_absolute_url())
    assert (made.status, made.waits_for) == ("pending", "checks")
    assert "ci/test was not reported" in page and "0 of 1 passed" in page


def test_what_else_is_in_the_way_is_no_thing_to_wait_for(
    as_alice: Client, gated: Environment
) -> None:
    gated.placements.all().delete()

    assert 'aria-disabled="true"' in text(as_alice, f"{PAGE}?ref=main")
    assert send(as_alice, ref="main", when_green="on").status_code == 409


def test_a_maintainer_may_go_past_them(as_dora: Client, gated: Environment) -> None:
    assert 'value="force"' in text(as_dora, f"{PAGE}?ref=main")
    send(as_dora, ref="main", checks="force")

    made = Deployment.objects.get()
    assert made.forced_past == ["ci/test was not reported"]
    assert "forced" in text(as_dora, made.get_absolute_url())
    assert "forced</span>" in text(as_dora)


def test_without_saying_so_nobody_does(as_dora: Client, gated: Environment) -> None:
    assert send(as_dora, ref="main").status_code == 409
    assert not Deployment.objects.exists()


def test_what_waits_to_go_out_shows_the_checks_of_each_commit(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))
    source = production.application.repository
    report(source, sha(repository), alice, context="ci/test", state="failure")

    page = text(as_alice)
    assert "checks failed" in page and 'title="ci/test failed"' in page
