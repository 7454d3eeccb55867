"""Our client before a GitHub that others made: what it has is read as before our stand-in."""

from __future__ import annotations

import pytest

from deployments.exceptions import ForgeError
from deployments.forges.contract import Source
from deployments.forges.github import checks, client
from deployments.forges.github.access import App, Token, opened
from deployments.forges.github.client import Caller
from tests.servers.emulate.server import APP, NAME, TOKEN, Emulated

pytestmark = pytest.mark.slow


@pytest.fixture
def source(emulated: Emulated) -> Source:
    return opened(Source(f"{emulated.address}/{NAME}", NAME), TOKEN)


@pytest.fixture
def caller(source: Source) -> Caller:
    assert isinstance(source.access, Token)
    return source.access.caller()


def test_a_token_opens_what_is_there_and_nothing_else(emulated: Emulated, source: Source) -> None:
    assert source.access is not None
    assert source.access.trouble() == ""

    nothing = Token(f"{emulated.address}/octocat/moon", TOKEN).trouble()

    assert nothing.startswith("GitHub shows this credential no octocat/moon.")


def test_it_takes_what_our_app_signs(emulated: Emulated) -> None:
    app = App(f"{emulated.address}/{NAME}", str(APP), emulated.key)

    assert app.trouble() == ""
    assert app.password().startswith("ghs_")


def test_a_token_of_the_app_is_for_its_repository_alone(emulated: Emulated) -> None:
    mine = App(f"{emulated.address}/{NAME}", str(APP), emulated.key)
    other = Token(f"{emulated.address}/octocat/secret", mine.password())

    assert "does not let this credential do that in octocat/secret" in other.trouble()


def test_every_page_is_read(emulated: Emulated, caller: Caller) -> None:
    for number in range(3):
        emulated.write(f"{number}.txt")

    told = list(client.pages(caller, f"{caller.place.url}/commits", {"per_page": 2}))

    assert [len(page) for page in told] == [2, 2]


def test_branches_differences_and_pull_requests_are_read(
    emulated: Emulated, caller: Caller
) -> None:
    head = emulated.branch("feature/x")
    pull = emulated.tell("post", "pulls", {"title": "x", "head": "feature/x", "base": "main"})
    url = caller.place.url

    assert [one["name"] for one in client.get(caller, f"{url}/branches")] == ["feature/x", "main"]
    assert client.get(caller, f"{url}/compare/main...feature%2Fx")["ahead_by"] == 1
    assert client.get(caller, f"{url}/pulls/{pull['number']}")["head"]["sha"] == head


def test_check_runs_are_told_as_checks(emulated: Emulated, caller: Caller) -> None:
    sha = emulated.branch("topic")
    emulated.run(sha, "build", status="completed", conclusion="failure")
    emulated.run(sha, "lint", status="in_progress")

    page = client.get(caller, f"{caller.place.url}/commits/{sha}/check-runs")

    found = [checks.of_run(each) for each in page["check_runs"]]
    assert {one.context: one.state for one in found} == {"build": "failure", "lint": "pending"}


def test_where_statuses_are_missing_checks_are_not_taken_for_read(
    emulated: Emulated, caller: Caller
) -> None:
    """It has no statuses, as a GitHub that hides them: that is no word on checks."""
    sha = emulated.branch("topic")
    emulated.run(sha, "build", status="completed", conclusion="success")

    with pytest.raises(ForgeError, match="shows this credential no"):
        checks.checks(caller, sha)
