"""Names that are not there are answered with those that are: branches, tags, people, numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.models import Application, Deployment, Environment, Person
from tests.bots.talking import Talk
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture(autouse=True)
def _branches(hello: Application, repository: Repository, say: Talk) -> None:
    """Hello has the branches fix-login and feature/checkout beside main and the tag v2."""
    for branch in ("fix-login", "feature/checkout"):
        repository.commit({"x": branch}, branch=branch, parent=repository.git("rev-parse", "main"))
    say("diff hello")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("deploy hello/fix-logn to qa", "deploy hello/fix-login to qa"),
        ("deploy hello/FIX-login to qa because x", "deploy hello/fix-login to qa because x"),
        ("deploy hello/checkout to qa", "deploy hello/feature/checkout to qa"),
        ("deploy hello/master to qa", "deploy hello/main to qa"),
        ("deploy hello/qa", "deploy hello to qa"),
        ("plan hello/qa", "plan hello to qa"),
        ("plan hello/fix-logn to qa", "plan hello/fix-login to qa"),
        ("deploy fix-login to qa", "deploy hello/fix-login to qa"),
        ("deploy hello fix-logn qa", "deploy hello/fix-login to qa"),
        ("deploy hello fix-login to qa", "deploy hello/fix-login to qa"),
        ("deploy hello v2 to qa please", "deploy hello/v2 to qa"),
        ("deploy hello to qa thx", "deploy hello to qa"),
        ("pls deploy hello to qa thxx", "deploy hello to qa"),
        ("deploy hello ot qa", "deploy hello to qa"),
        ("deploy hello 2 qa", "deploy hello to qa"),
        ("deploy hello to qa - it broke", "deploy hello to qa because it broke"),
        ("deploy hello everywhere", "deploy hello to production"),
        ("rollback hello to v2", "deploy hello/v2 to qa"),
        ("deploys hello/fix-logn", "deploys hello/fix-login"),
        ("where is fix-logn", "where is hello/fix-login"),
        ("where is @alcie", "where is @alice"),
        ("where is alice", "where is @alice"),
        ("where is hello", "status hello"),
        ("deploy acme/helo to qa", "deploy hello to qa"),
    ],
)
def test_what_is_nearly_there_is_offered(say: Talk, line: str, offered: str) -> None:
    assert offered in say(f"shipmate {line}").replace("`", "").split("Nothing was done")[-1]
    assert not Deployment.objects.exists()


@pytest.mark.parametrize(
    ("line", "never"),
    [
        ("deploy hello to qa thxx", "hello/thxx"),
        ("deploy hello latest to qa", "hello/latest"),
        ("deploy hello qa", "hello/qa"),
        ("who broke hello", "hello/broke"),
        ("deploy zebra to qa", "zebra to"),
    ],
)
def test_nothing_is_offered_that_is_not_there(say: Talk, line: str, never: str) -> None:
    assert never not in say(f"shipmate {line}")


def test_where_nothing_is_near_some_that_are_there_are_named(
    say: Talk, repository: Repository
) -> None:
    row = Application.objects.get().repository
    for number in range(9):
        Application.objects.create(name=f"app-{number}", repository=row)

    answer = say("shipmate status zebra")

    assert "There is: app-0, app-1, app-2, app-3, app-4, app-5, app-6, app-7 and 2 more." in answer
    assert "Did you mean" not in answer


def test_verbs_of_two_words_are_offered_with_numbers(
    say: Talk, qa: Environment, alice: Person
) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="failure", reason="partly")

    assert f"`retry failed hosts #{made.pk}`" in say("retry failed hosts")


def test_an_ambiguous_name_is_offered_in_full(say: Talk, repository: Repository) -> None:
    repository.tag("fix-login", repository.git("rev-parse", "main"))

    said = say("deploy hello/fix-login to qa")

    assert "deploy hello/refs/heads/fix-login to qa" in said
    assert "deploy hello/refs/tags/fix-login to qa" in said


def test_numbers_are_those_that_the_verb_may_be_about(
    say: Talk, qa: Environment, alice: Person
) -> None:
    live = build.live(qa, alice, "a" * 40)
    failed = build.deployment(qa, alice, "a" * 40, status="failure")

    assert f"retry #{failed.pk}" in say("retry last")
    assert f"retry #{failed.pk}" in say("retry")
    assert f"show #{live.pk}" in say("shipmate show me hello")
    assert f"show #{live.pk}" in say(f"shipmate where is #{live.pk}")
    assert f"show #{live.pk}" in say(f"shipmate #{live.pk}")
    assert f"retry #{live.pk}" not in say("retry last")


def test_an_unknown_number_is_answered_with_known_ones(
    say: Talk, qa: Environment, alice: Person
) -> None:
    made = build.live(qa, alice, "a" * 40)

    assert f"show #{made.pk}" in say(f"show #{made.pk + 500}")


def test_a_task_is_offered_in_place_of_a_slip(
    say: Talk, hello: Application, qa: Environment, alice: Person
) -> None:
    build.live(qa, alice, "a" * 40)
    hello.settings |= {"tasks": {"migrations": {"commands": ["bin/migrate"]}}}
    hello.save()

    assert "deploy:migrations hello to qa" in say("deploy:migratons hello to qa")


def test_force_that_is_not_allowed_is_offered_without(say: Talk) -> None:
    assert "Next: deploy hello to qa" in say("deploy! hello to qa")


def test_a_repository_that_was_never_seen_is_not_asked(say: Talk) -> None:
    build.environment(build.application("bare", Path("/nowhere/at/all")), "qa")

    assert "deploy bare/topic to qa" in say("deploy bare topic qa")
