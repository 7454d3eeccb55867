"""What pages say of the merge that a deployment begins with."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Application, CommitStatus, Deployment, Environment, Person
from deployments.services import clearing, lifecycle
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.merging import FIRST, conflicting, lagging
from tests.deployments.web.production import PAGE, send, text
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow
SETTINGS = "/settings/apps/hello/"


@pytest.fixture
def branch(hello: Application, production: Environment, repository: Repository) -> str:
    production.deploys = "deployer"
    production.save()
    return lagging(hello, repository)


def test_the_review_says_what_will_be_merged(as_alice: Client, branch: str) -> None:
    page = text(as_alice, f"{PAGE}?ref=fix-login")

    assert "main will be merged into fix-login first (1 commit)" in page
    assert "what is deployed is the merge commit" in page


def test_a_commit_is_reviewed_as_it_is(as_alice: Client, branch: str) -> None:
    assert "will be merged" not in text(as_alice, f"{PAGE}?ref={branch}")


def test_the_review_tells_a_conflict_with_the_line_that_does_without(
    as_alice: Client, branch: str, repository: Repository
) -> None:
    sha = conflicting(repository)

    page = text(as_alice, f"{PAGE}?ref=fix-login")

    assert "Conflict merging main into fix-login in app.py." in page
    assert f"deploy without: “deploy hello/{sha[:7]} to production”" in page
    assert 'aria-disabled="true"' in page


def test_a_conflict_keeps_nobody_from_going_back(
    as_alice: Client,
    alice: Person,
    branch: str,
    production: Environment,
    repository: Repository,
) -> None:
    build.live(production, alice, repository.git("rev-parse", "v2"))
    build.live(production, alice, repository.git("rev-parse", "main"))
    conflicting(repository)

    back = text(as_alice, f"{PAGE}?ref=fix-login").split('id="back-h"')[1]

    assert "aria-disabled" not in back


def test_red_checks_of_the_branch_are_not_in_the_way_of_a_merge(
    as_alice: Client, branch: str, production: Environment
) -> None:
    production.checks = "all"
    production.save()
    where = production.application.repository
    CommitStatus.objects.create(repository=where, sha=branch, context="ci", state="failure")

    page = text(as_alice, f"{PAGE}?ref=fix-login")

    assert "merge commit, when its checks have passed" in page
    assert "stands in the way" not in page


def test_the_button_asks_for_it_and_the_page_says_what_happens(
    as_alice: Client, branch: str
) -> None:
    send(as_alice, ref="fix-login", expected_sha=branch)
    made = Deployment.objects.get()
    assert "main is merged into fix-login first (1 commit)." in text(
        as_alice, f"/deployments/{made.pk}/"
    )
    assert "main is merged into fix-login first" in text(as_alice, "/queue/")

    clearing.clear(made)

    page = text(as_alice, f"/deployments/{made.pk}/")
    assert FIRST in page
    timeline = text(as_alice, f"/deployments/{made.pk}/?tab=timeline")
    assert "Shipmate merged main into fix-login" in timeline


def test_the_queue_and_the_board_say_that_the_merge_waits_for_its_checks(
    as_alice: Client, alice: Person, branch: str, production: Environment
) -> None:
    production.checks, production.required_contexts = "named", ["ci"]
    production.save()
    made = lifecycle.request(production, "fix-login", Door(alice, "web"))
    clearing.clear(made)
    made.refresh_from_db()

    waits = f"{FIRST}; {made.sha[:7]} waits for its checks: ci was not reported."
    assert waits in text(as_alice, "/queue/")
    assert waits in text(as_alice)


def test_the_switch_is_put_on_and_off(as_dora: Client, hello: Application) -> None:
    assert "Merge the default branch into a branch" in text(as_dora, SETTINGS)
    as_dora.post(f"{SETTINGS}-/auto-merge/set/", {"auto_merge": "on"})
    assert Application.objects.get(pk=hello.pk).auto_merge

    as_dora.post(f"{SETTINGS}-/auto-merge/set/", {})

    assert not Application.objects.get(pk=hello.pk).auto_merge


def test_why_it_cannot_be_put_on_is_said_at_the_switch(
    as_dora: Client, hello: Application, repository: Repository
) -> None:
    repository.git("config", "core.bare", "false")

    answer = as_dora.post(f"{SETTINGS}-/auto-merge/set/", {"auto_merge": "on"})

    assert "working copy" in answer.content.decode()


def test_whoever_takes_the_code_from_elsewhere_reads_that_it_is_off_there(
    as_dora: Client, branch: str, repository: Repository
) -> None:
    elsewhere = build.repository(repository.path.parent, "elsewhere")
    sent = {"location": str(elsewhere.path), "forge": "local"}

    as_dora.post(f"{SETTINGS}-/repository/move/", sent)

    assert "Auto-merge is off there." in text(as_dora, SETTINGS)


def test_who_may_not_change_it_reads_it(as_bob: Client, hello: Application) -> None:
    assert "Merge the default branch into a branch before it is deployed" in text(as_bob, SETTINGS)


def test_the_page_of_what_has_begun_still_says_what_was_merged(
    as_alice: Client, alice: Person, branch: str, production: Environment
) -> None:
    made = lifecycle.request(production, "fix-login", Door(alice, "web"))
    clearing.clear(made)
    Deployment.objects.update(status="success", note="")

    assert FIRST in text(as_alice, f"/deployments/{made.pk}/")
