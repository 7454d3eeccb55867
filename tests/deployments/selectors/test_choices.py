"""What the deploy form offers for the letters in it."""

from __future__ import annotations

import pytest

from deployments.models import Environment, Person
from deployments.selectors import choices, code
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def seen(production: Environment, repository: Repository) -> Environment:
    """Production of an app whose branches have been looked at."""
    for name in ("fix-login", "feature/login", "logins"):
        repository.branch(name, repository.git("rev-parse", "main~1"))
    code.refs(production.application)
    return production


def offered(environment: Environment, text: str) -> list[str]:
    return [one.name for one in choices.choices(environment, text)]


def test_without_a_letter_the_default_branch_comes_first(seen: Environment) -> None:
    found = choices.choices(seen, "")

    assert found[0].name == "main" and found[0].is_default
    assert {one.kind for one in found} == {"branch", "tag", "commit"}


def test_what_begins_so_comes_before_what_has_a_part_that_does(seen: Environment) -> None:
    first, *others = offered(seen, "login")

    assert first == "logins" and set(others) == {"fix-login", "feature/login"}


def test_commits_are_found_by_words_and_by_digits(
    seen: Environment, repository: Repository
) -> None:
    second = repository.git("rev-parse", "main~1")

    assert offered(seen, "TWICE say") == [second]
    assert offered(seen, "alice")[0] == repository.git("rev-parse", "main")
    assert second in offered(seen, second[:6])


def test_each_says_how_far_it_is_from_what_runs(
    seen: Environment, alice: Person, repository: Repository
) -> None:
    build.live(seen, alice, repository.git("rev-parse", "main~1"))

    main, login = (choices.choices(seen, name)[0] for name in ("main", "logins"))

    assert main.comparison and (main.comparison.ahead, main.comparison.behind) == (1, 0)
    assert login.runs and not main.runs


def test_a_name_of_a_branch_and_a_tag_is_written_out(
    seen: Environment, repository: Repository
) -> None:
    repository.branch("v2", repository.git("rev-parse", "main"))
    code.refs(seen.application)
    choices._refs.cache_clear()

    assert {"refs/heads/v2", "refs/tags/v2"} <= set(offered(seen, "v2"))


def test_a_repository_that_was_never_seen_offers_nothing(production: Environment) -> None:
    assert offered(production, "main") == []
