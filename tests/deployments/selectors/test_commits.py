"""What is to be known of commits before they go out."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from deployments.models import Environment, Person
from deployments.selectors import applications, code, commits
from deployments.selectors.commits import Listed
from deployments.services.checks import report
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def waits(production: Environment, alice: Person, repository: Repository) -> Environment:
    """Production at the first of four commits; the last one changes the database."""
    repository.commit({"db/migrations/2.sql": "alter\n"}, "Index orders", author=b"Ben <b@x.org>")
    build.live(production, alice, repository.git("rev-parse", "main~3"))
    return production


def listed(environment: Environment, going: str = "") -> list[Listed]:
    app = environment.application
    assert environment.current is not None
    base, head = environment.current.sha, code.resolve(app, "main").sha
    comparison = code.between(app, base, head)
    asked = code.between(app, base, going) if going else None
    return commits.listed(environment, comparison, applications.way(app), asked)


def test_each_commit_tells_its_size_and_whether_it_migrates(waits: Environment) -> None:
    newest, third, _ = listed(waits)

    assert newest.migrates and not third.migrates
    assert third.size and (third.size.additions, third.size.deletions) == (2, 1)


def test_a_commit_that_was_tried_says_so(
    waits: Environment, alice: Person, repository: Repository
) -> None:
    sha = repository.git("rev-parse", "main")
    build.deployment(waits, alice, sha, status="failure")
    newest = build.deployment(waits, alice, sha, status="error")

    assert [row.tried for row in listed(waits)] == [newest, None, None]


def test_other_environments_stand_where_they_are(
    waits: Environment, qa: Environment, alice: Person, repository: Repository
) -> None:
    build.live(qa, alice, repository.git("rev-parse", "main~1"))

    assert [row.runs_in for row in listed(waits)] == [(), ("qa",), ()]


def test_checks_are_counted(waits: Environment, alice: Person, repository: Repository) -> None:
    source, sha = waits.application.repository, repository.git("rev-parse", "main")
    report(source, sha, alice, context="ci/test", state="failure")
    report(source, sha, alice, context="ci/lint", state="success")

    sign = listed(waits)[0].sign
    assert sign and (sign.count, sign.state) == ("1 of 2", "failure")


def test_what_is_asked_for_is_marked(waits: Environment, repository: Repository) -> None:
    going = repository.git("rev-parse", "main~1")

    assert [row.goes for row in listed(waits, going)] == [False, True, True]


def test_the_people_are_counted_where_all_commits_are_at_hand(waits: Environment) -> None:
    app = waits.application
    assert waits.current is not None
    found = code.between(app, waits.current.sha, code.resolve(app, "main").sha)

    people = commits.people(found, {})
    assert people and (people.count, people.oldest.subject) == (2, "Say it twice")


def test_the_way_tells_how_much_a_stop_lacks(
    waits: Environment, qa: Environment, alice: Person, repository: Repository
) -> None:
    build.live(qa, alice, repository.git("rev-parse", "main~1"))
    code.refs(waits.application)

    found = commits.gaps(waits.application, applications.way(waits.application))

    assert {pk: gap.ahead for pk, gap in found.items()} == {waits.pk: 2}


def test_more_commits_do_not_take_more_queries(
    waits: Environment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    app, sha = waits.application, code.resolve(waits.application, "main").sha
    comparison = code.between(app, waits.current.sha if waits.current else "", sha)
    stops = applications.way(app)

    with django_assert_num_queries(2):  # checks, tries
        assert len(commits.listed(waits, comparison, stops)) == 3
