"""What statuses and check runs say of a commit."""

from __future__ import annotations

import pytest

from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges.contract import Check, Source
from deployments.forges.github import GitHubForge
from tests.servers.github.hub import Fault, GitHub
from tests.servers.repositories import Repository

NAME = "acme/web"


@pytest.fixture
def sha(repository: Repository) -> str:
    return repository.commit()


def states(forge: GitHubForge, source: Source, sha: str) -> dict[str, str]:
    return {one.context: one.state for one in forge.checks(source, sha)}


def test_a_commit_of_which_nobody_spoke_has_no_checks(
    forge: GitHubForge, source: Source, sha: str
) -> None:
    assert forge.checks(source, sha) == ()


def test_a_status_is_told_with_its_words_and_address(
    forge: GitHubForge, hub: GitHub, source: Source, sha: str
) -> None:
    hub.say(NAME, sha, "ci/test", "failure", "2 of 80")

    assert forge.checks(source, sha) == (
        Check("ci/test", "failure", "2 of 80", "https://ci.example/ci/test"),
    )


def test_a_later_word_on_a_status_counts(
    forge: GitHubForge, hub: GitHub, source: Source, sha: str
) -> None:
    hub.say(NAME, sha, "ci/test", "failure")
    assert states(forge, source, sha) == {"ci/test": "failure"}
    hub.say(NAME, sha, "ci/test", "success")

    assert states(forge, source, sha) == {"ci/test": "success"}


@pytest.mark.parametrize(
    ("conclusion", "state"),
    [
        (None, "pending"), ("success", "success"), ("neutral", "success"), ("skipped", "success"),
        ("failure", "failure"), ("timed_out", "failure"), ("action_required", "failure"),
        ("cancelled", "error"),
    ],
)  # fmt: skip
def test_a_check_run_is_told_as_a_status(
    forge: GitHubForge, hub: GitHub, source: Source, sha: str, conclusion: str | None, state: str
) -> None:
    hub.run(NAME, sha, "build", conclusion)

    assert states(forge, source, sha) == {"build": state}


def test_statuses_and_runs_are_one_list(
    forge: GitHubForge, hub: GitHub, source: Source, sha: str
) -> None:
    hub.say(NAME, sha, "ci/test", "success")
    hub.run(NAME, sha, "build", None)

    assert states(forge, source, sha) == {"build": "pending", "ci/test": "success"}


def test_of_two_of_one_name_the_worse_counts(
    forge: GitHubForge, hub: GitHub, source: Source, sha: str
) -> None:
    for suite, conclusion in enumerate(("success", "failure", None)):
        hub.run(NAME, sha, "build", conclusion, suite=suite)

    assert states(forge, source, sha) == {"build": "failure"}


def test_all_pages_are_read(forge: GitHubForge, hub: GitHub, source: Source, sha: str) -> None:
    for number in range(205):
        hub.run(NAME, sha, f"build {number}", "success")

    assert len(forge.checks(source, sha)) == 205


def test_checks_that_cannot_be_read_are_no_green_ones(
    forge: GitHubForge, hub: GitHub, source: Source, sha: str
) -> None:
    hub.say(NAME, sha, "ci/test", "success")
    hub.faults.append(Fault(403, path="check-runs", message="Resource not accessible"))

    with pytest.raises(ForgeError, match="Checks"):
        forge.checks(source, sha)


def test_a_github_that_is_away_is_no_word_on_checks(
    forge: GitHubForge, hub: GitHub, source: Source, sha: str
) -> None:
    hub.faults.extend([Fault(502)] * 9)

    with pytest.raises(RepositoryAway):
        forge.checks(source, sha)


def test_what_is_no_commit_never_reaches_github(forge: GitHubForge, source: Source) -> None:
    with pytest.raises(ForgeError, match="is not a full commit id"):
        forge.checks(source, "../../user")
