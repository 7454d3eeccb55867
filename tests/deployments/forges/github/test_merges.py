"""GitHub merges: what it answers, and answers that are lost."""

from __future__ import annotations

import pytest

from deployments.exceptions import ForgeError, Invalid, MergeConflict, RepositoryAway
from deployments.forges.contract import Merge, Source
from deployments.forges.github import GitHubForge
from tests.deployments.forges import test_merging
from tests.servers.github.hub import TOKEN, Fault, GitHub
from tests.servers.repositories import Repository

wish = test_merging.wish
tip = test_merging.tip
MERGES = "/merges"


def test_one_request_is_sent_and_none_where_it_is_there(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source, wish: Merge
) -> None:
    forge.merge(source, wish)
    forge.merge(source, wish)

    assert hub.asked == ["POST /repos/acme/web/merges"]


def test_an_answer_that_is_lost_does_no_harm(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source, wish: Merge
) -> None:
    hub.faults.append(Fault(502, path=MERGES, done=True))
    with pytest.raises(RepositoryAway):
        forge.merge(source, wish)

    made = forge.merge(source, wish)

    assert (made.sha, made.is_new) == (tip(repository), True)
    assert len(hub.asked) == 1


def test_a_github_that_is_ill_is_asked_again_later(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source, wish: Merge
) -> None:
    hub.faults.append(Fault(502, path=MERGES))
    with pytest.raises(RepositoryAway):
        forge.merge(source, wish)

    assert forge.merge(source, wish).is_new


def test_a_credential_that_may_only_read_is_told_what_is_missing(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source, wish: Merge
) -> None:
    hub.readers.add(TOKEN)

    with pytest.raises(ForgeError, match="Contents: read and write"):
        forge.merge(source, wish)


@pytest.mark.parametrize("status", [403, 422])
def test_a_protected_branch_is_told(
    forge: GitHubForge, hub: GitHub, source: Source, wish: Merge, status: int
) -> None:
    hub.faults.append(Fault(status, message="Protected branch update failed", path=MERGES))

    with pytest.raises(ForgeError, match="let the credential's account push to it"):
        forge.merge(source, wish)


def test_not_found_is_told_as_a_right(
    forge: GitHubForge, hub: GitHub, source: Source, wish: Merge
) -> None:
    hub.faults.append(Fault(404, message="Not Found", path=MERGES))

    with pytest.raises(ForgeError, match="does not let this credential merge main into fix"):
        forge.merge(source, wish)


def test_a_409_that_is_no_conflict_is_told_as_github_says_it(
    forge: GitHubForge, hub: GitHub, source: Source, wish: Merge
) -> None:
    hub.faults.append(Fault(409, message="Required status check is expected", path=MERGES))

    with pytest.raises(ForgeError, match="status check is expected") as refusal:
        forge.merge(source, wish)

    assert not isinstance(refusal.value, MergeConflict)


def test_without_a_credential_it_says_so(
    forge: GitHubForge, closed: Source, source: Source, wish: Merge
) -> None:
    assert "Set a token" in forge.no_merge(closed)
    assert forge.no_merge(source) == ""
    with pytest.raises(Invalid, match="Set a token"):
        forge.merge(closed, wish)
