"""Questions: where a commit is, where one may deploy, how far it is behind, what happened."""

from __future__ import annotations

import shutil
from html import unescape
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from bots.handlers import looking
from bots.language import commands
from bots.speaker import Speaker
from deployments.models import Environment, ForgeAccount, Person
from deployments.selectors import patience, reading
from deployments.services import indexing
from tests.bots.talking import Talk
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def shas(repository: Repository) -> list[str]:
    """The three commits of the repository, oldest first."""
    return repository.git("rev-list", "--reverse", "main").split()


# ---- Where is ----


def test_where_is_tells_of_every_environment(
    say: Talk, qa: Environment, production: Environment, alice: Person, shas: list[str]
) -> None:
    brought = build.live(qa, alice, shas[2])
    build.live(production, alice, shas[0])
    answer = say(f"where is {shas[2][:7]}")

    assert f"hello {shas[2][:7]} “Say it three times”" in answer
    assert f"qa (/apps/hello/qa/): live since 4 min ago, by #{brought.pk}" in answer
    assert "production (/apps/hello/production/): not there yet, with 1 other commit" in answer


def test_a_commit_that_is_gone_from_one_repository_silences_no_other(
    say: Talk, qa: Environment, alice: Person, shas: list[str], tmp_path: Path
) -> None:
    other = build.application("other", build.repository(tmp_path, "other").path)
    build.live(build.environment(other, "qa"), alice, "a" * 40)
    build.live(qa, alice, shas[2])

    answer = say(f"where is {shas[2][:7]}")

    assert "live since" in answer
    assert f"other: acme/other has no commit {'a' * 40}" in answer


def test_what_was_rolled_back_says_so(
    say: Talk, qa: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[2])
    back = build.live(qa, alice, shas[0], kind="rollback")

    assert f"live once, gone since 4 min ago, by #{back.pk}" in say("where is hello/main")


def test_what_is_coming_says_so(say: Talk, qa: Environment, alice: Person, shas: list[str]) -> None:
    coming = build.deployment(qa, alice, shas[2], status="queued")

    assert f"on its way in #{coming.pk}" in say("shipmate where is main")


def test_a_branch_with_a_slash_is_found_where_no_app_is_called_so(
    say: Talk, qa: Environment, repository: Repository
) -> None:
    repository.git("branch", "fix/login", "main")

    assert "Say it three times" in say("shipmate where is fix/login")


def test_what_nobody_has_is_said(say: Talk, qa: Environment) -> None:
    assert "No repository here has “nonsense”" in say("shipmate where is nonsense")
    assert "No repository here has “hello/nonsense”" in say("shipmate where is hello/nonsense")


def test_a_repository_that_is_away_is_told_of(
    say: Talk, qa: Environment, repository: Repository
) -> None:
    shutil.rmtree(repository.path)

    assert "hello: " in say("where is hello/main")


def test_the_newest_work_of_somebody_is_followed(
    say: Talk, qa: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[2])

    assert "Say it three times" in say("where is @Alice")
    assert "is by “nobody”" in say("shipmate where is @nobody")


def test_whose_account_it_is_counts_before_a_name(
    say: Talk, qa: Environment, repository: Repository, dora: Person
) -> None:
    ForgeAccount.objects.create(
        person=dora, base_url="https://api.github.com", uid=583231, login="octocat"
    )
    author = b"Alice <583231+octocat@users.noreply.github.com>"
    repository.commit({"new": "x"}, "Written by dora", author=author)

    assert "“Written by dora” by Dora" in say("where is @dora")
    assert "Say it three times" in say("where is @alice")


# ---- Where can I deploy ----


def test_where_can_i_deploy_gives_every_reason(
    say: Talk, qa: Environment, production: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[2])
    production.deploys = "maintainer"
    production.save()
    production.ssh_key.delete()
    answer = say("wcid hello")

    assert f"{shas[2][:7]} main" in answer and "yes" in answer
    assert "no: Alice may not deploy to hello/production: it takes a maintainer." in answer
    assert "hello/production has no SSH key." in answer


def test_an_app_without_environments_says_so(say: Talk, tmp_path: Path, qa: Environment) -> None:
    build.application("bare", tmp_path)

    assert "bare has no environment yet" in say("where can i deploy bare")
    assert "bare has no environment yet" in say("deploy-status bare")


# ---- Deploy-status ----


def test_deploy_status_tells_commits_and_authors(
    say: Talk, qa: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[0])
    answer = say("deploy-status for hello in qa")

    assert f"{shas[0][:7]}, 2 commits behind main by " in answer
    assert "Show diff" in answer


def test_where_a_host_says_something_else_it_is_told(
    say: Talk, qa: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[0])
    build.says(qa, "", "hello-qa-1")

    told = f"; record says {shas[0][:7]}, hello-qa-1 says nothing"
    assert told in say(f"where is {shas[0]}")
    assert told in say("deploy-status hello in qa")


def test_deploy_status_of_an_app_tells_of_all_its_environments(
    say: Talk, qa: Environment, production: Environment, alice: Person, shas: list[str]
) -> None:
    build.live(qa, alice, shas[2])
    answer = say("deploy-status hello")

    assert "level with main" in answer
    assert "production (/apps/hello/production/): nothing was deployed there yet" in answer


def test_what_is_ahead_of_the_default_branch_is_counted(
    say: Talk, qa: Environment, alice: Person, repository: Repository
) -> None:
    repository.git("branch", "topic", "main")
    topic = repository.commit({"t": "t\n"}, "Try it", branch="topic")
    build.live(qa, alice, topic)

    assert "1 ahead" in say("deploy-status hello in qa")


def test_where_the_repository_is_away_it_says_so(
    say: Talk, qa: Environment, alice: Person, shas: list[str], repository: Repository
) -> None:
    build.live(qa, alice, shas[2])
    shutil.rmtree(repository.path)

    assert "how far behind cannot be told" in say("deploy-status hello in qa")


# ---- Search ----


def test_search_lists_what_it_found(say: Talk, qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="failure", note="connection refused")
    answer = say('search app:hello state:failed "connection refused"')

    assert f"#{made.pk}" in answer and "Alice’s deployment of hello" in answer


def test_search_says_what_it_does_not_understand(say: Talk, qa: Environment) -> None:
    answer = say("search app:moon color:red")

    assert "There is no app “moon”" in answer and "There is no “color:”" in answer


def test_search_that_finds_nothing_says_so(say: Talk, qa: Environment) -> None:
    assert "Nothing in the history is like" in say("shipmate search nothing-like-it")


def test_a_search_whose_time_is_over_says_how_far_it_came(
    say: Talk, qa: Environment, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.deployment(qa, alice, "a" * 40, why="because of the fair")
    made = build.deployment(qa, alice, "b" * 40)
    monkeypatch.setattr(patience, "SECONDS", 0)
    monkeypatch.setattr(reading, "FIRST_OF_TEXTS", 1)

    answer = say("shipmate search fair")

    assert "Nothing like" in answer and "so far. Searched back to" in answer
    assert f"/history/?q=fair&before={made.pk}" in unescape(answer)


def test_a_search_costs_the_same_for_one_and_for_many(
    qa: Environment, alice: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(30):
        build.deployment(qa, alice, "a" * 40)
    speaker = Speaker(person=alice, via="chat", place="here")

    with django_assert_max_num_queries(6):
        answer = looking.search_(commands.Search("app:hello"), speaker)
    assert len(answer.items) == 11


def test_a_search_links_its_page_with_the_lines_of_logs(
    say: Talk, qa: Environment, alice: Person
) -> None:
    made = build.deployment(qa, alice, "a" * 40)
    build.log(made, "connection refused\n")
    indexing.catch_up()

    answer = say('shipmate search "connection refused"')

    assert f"#{made.pk}" in answer
    assert "/history/?q=%22connection+refused%22" in answer
