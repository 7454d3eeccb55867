"""An application and its environments."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Application, Environment, Person
from deployments.services import drifts, stars, tallies
from tests.deployments import build
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow  # looks at a page

SHA, OLD = "a" * 40, "b" * 40


def text(client: Client, address: str = "/apps/hello/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_environments_stand_in_the_order_of_promotion(as_bob: Client, hello: Application) -> None:
    page = text(as_bob)

    assert page.index('href="/apps/hello/qa/"') < page.index('href="/apps/hello/production/"')


def test_where_versions_differ_a_link_compares_them(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, OLD)

    assert f"/compare/hello/{OLD}...{SHA}/" in text(as_bob)


def test_it_compares_what_the_hosts_run(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, OLD)
    build.switched(production, alice, "c" * 40)

    page = text(as_bob)

    assert f"/compare/hello/{'c' * 40}...{SHA}/" in page
    assert "Live, but its deployment failed" in page


def test_where_hosts_differ_each_version_is_named(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, OLD)
    build.switched(production, alice, "c" * 40, "hello-production-2")

    page = text(as_bob, "/apps/hello/?part=now")

    assert "Mixed" in page and "/apps/hello/production/#hosts" in page
    assert f"{OLD[:7]}</code>" in page and "ccccccc</code>" in page
    assert "/compare/hello/" not in page
    assert "mixed</span>" in text(as_bob, "/apps/hello/qa/")


def test_the_same_version_is_said_to_be_the_same(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, SHA)

    assert "The same version as qa" in text(as_bob)


def test_commits_that_are_not_out_are_grouped_by_who_lacks_them(
    as_bob: Client,
    alice: Person,
    hello: Application,
    qa: Environment,
    production: Environment,
    repository: Repository,
) -> None:
    build.live(qa, alice, repository.git("rev-parse", "main~1"))
    build.live(production, alice, repository.git("rev-parse", "main~2"))
    drifts.look(hello)

    page = text(as_bob)

    assert "qa</a> lacks 1 commit of main" in page and "Say it three times" in page
    assert "production</a> lacks 1 commit of qa" in page and "Say it twice" in page


def test_what_has_never_been_asked_is_not_waited_for(
    as_bob: Client, alice: Person, qa: Environment
) -> None:
    assert "Shipmate has never seen acme/hello" in text(as_bob)


def test_its_weeks_are_drawn_with_their_tables(
    as_bob: Client, alice: Person, qa: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.deployment(qa, alice, OLD, status="failure")
    tallies.recount()

    page = text(as_bob)

    assert page.count("As a table") == 3
    assert 'aria-label="2 deployments in 12 weeks; the table below has each number"' in page
    assert "50 %" in page and '<td class="num">2</td>' in page


def test_before_anything_ended_it_says_so(as_bob: Client, qa: Environment) -> None:
    assert "Nothing has ended in these 12 weeks" in text(as_bob)


def test_a_star_can_be_given_here(as_bob: Client, bob: Person, hello: Application) -> None:
    assert 'aria-pressed="false" aria-label="Star hello"' in text(as_bob)

    stars.give(bob, hello)

    assert 'aria-pressed="true" aria-label="Star hello"' in text(as_bob)


def test_an_application_without_environments_tells_the_next_step(
    as_bob: Client, dora: Person
) -> None:
    build.application("bare", Path("/nowhere"))

    assert "A maintainer adds one: ask dora" in text(as_bob, "/apps/bare/")


def test_an_unknown_application_is_a_404(as_bob: Client) -> None:
    assert as_bob.get("/apps/moon/").status_code == 404


def test_the_number_of_queries_does_not_grow(
    as_bob: Client, alice: Person, hello: Application
) -> None:
    build.live(hello.environments.get(name="qa"), alice, SHA)
    with CaptureQueriesContext(connection) as few:
        text(as_bob)
    for number in range(8):
        build.live(Environment.objects.create(application=hello, name=f"e{number}"), alice, SHA)

    with CaptureQueriesContext(connection) as many:
        text(as_bob)

    assert len(few) == len(many) == 19
