"""An environment: what runs there, and what waits to go out."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Deployment, Environment, Person
from deployments.services import retiring
from tests.deployments import build
from tests.deployments.web.production import PAGE, sha, text, words
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow  # looks at a page


def test_before_the_first_deployment_it_says_that_nothing_runs(
    as_alice: Client, production: Environment
) -> None:
    assert "Nothing has been deployed here to all hosts yet" in text(as_alice)


def test_it_says_what_runs_and_who_brought_it(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"), subject="Say it twice")

    page = text(as_alice)

    assert "Say it twice" in page and "Alice" in page and "all 2 agree" in page


def test_a_host_that_runs_another_version_stands_out(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))
    odd = build.deployment(production, alice, sha(repository), status="failure", reason="partly")
    production.placements.filter(host__name="hello-production-2").update(current=odd)

    page = text(as_alice)

    assert "1 of 2 agree" in page and f"should be {sha(repository, 'v2')[:7]}" in page


def test_a_host_that_says_something_else_is_told(
    as_alice: Client, alice: Person, production: Environment
) -> None:
    build.live(production, alice, "a" * 40)
    build.says(production, "b" * 40, "hello-production-2")

    page = text(as_alice)

    assert "record says aaaaaaa, hello-production-2 says bbbbbbb" in page
    assert "1 of 2 agree" in page and "should be aaaaaaa" in page


def test_a_host_that_does_not_answer_is_unheard(
    as_alice: Client, alice: Person, production: Environment
) -> None:
    build.live(production, alice, "a" * 40)
    build.says(production, "a" * 40, "hello-production-2")
    production.placements.update(silence="it cannot be reached")

    page = text(as_alice)

    assert "it does not answer, never heard" in page
    assert "it does not answer, last heard <time" in page
    assert "record says" not in page


def test_what_failed_behind_the_switch_is_what_runs(
    as_alice: Client, failed: Deployment, production: Environment
) -> None:
    page = text(as_alice, f"{PAGE}?part=now")

    assert "Live, but its deployment failed" in page and "all 2 agree" in page
    assert page.index(failed.sha[:7]) < page.index("What last succeeded here is")
    assert "should be" not in page


def test_hosts_that_differ_are_named_with_their_versions(
    as_alice: Client, mixed: tuple[str, str]
) -> None:
    page = text(as_alice, f"{PAGE}?part=now")

    assert "Mixed" in page and 'id="hosts"' in page and "1 of 2 agree" in page
    for version in mixed:
        assert f'{version}</code><span class="quiet">on 1 host' in page
    assert "Live" not in page


def test_what_waits_is_counted_from_what_the_hosts_run(
    as_alice: Client, failed: Deployment
) -> None:
    page = text(as_alice)

    assert "1 commit by Alice on main" in page and f"/compare/hello/{failed.sha}..." in page


def test_where_hosts_differ_what_waits_is_counted_from_what_lacks_most(
    as_alice: Client, mixed: tuple[str, str]
) -> None:
    page = text(as_alice)

    assert (
        "2 commits by Alice on main" in page
        and f"<code>{mixed[0]}</code>, the one furthest away" in page
    )


def test_it_lists_the_commits_that_wait_to_go_out(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))

    page = text(as_alice)

    assert "1 commit by Alice on main" in page and "Say it three times" in page


def test_the_last_try_that_failed_is_told_with_its_reason(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    note = "make exited with 2"
    build.deployment(production, alice, sha(repository), status="failure", note=note)

    assert "Last try: failed." in text(as_alice) and note in text(as_alice)


def test_an_alias_leads_to_the_one_address(as_alice: Client, production: Environment) -> None:
    answer = as_alice.get("/apps/hello/prod/")

    assert answer.status_code == 302 and answer["Location"] == PAGE


def test_an_unknown_environment_is_a_404_that_lists_the_known_ones(
    as_alice: Client, production: Environment
) -> None:
    answer = as_alice.get("/apps/hello/moon/")

    assert answer.status_code == 404 and "It has: qa, production" in words(answer)


@pytest.mark.parametrize("where", ["why", "subject", "note"])
def test_what_people_write_is_escaped(
    as_alice: Client, alice: Person, production: Environment, repository: Repository, where: str
) -> None:
    evil = {where: "<script>alert(1)</script>"}
    build.deployment(production, alice, sha(repository), status="failure", **evil)

    assert "<script>alert" not in text(as_alice)


def test_names_of_branches_are_escaped(
    as_alice: Client, production: Environment, repository: Repository
) -> None:
    repository.branch('"><script>alert(1)</script>', sha(repository))

    assert "<script>alert" not in text(as_alice)


def test_an_archived_place_says_so_on_its_page_and_on_the_way(
    as_alice: Client, dora: Person, production: Environment
) -> None:
    retiring.archive(production, dora)

    assert "hello/production was archived" in text(as_alice)
    assert '<span class="quiet">archived</span>' in text(as_alice, "/apps/hello/qa/")
    assert '<span class="chip">archived</span>' in text(as_alice, "/apps/hello/")
    retiring.archive(production.application, dora)
    assert "hello was archived" in text(as_alice, "/apps/hello/qa/")
