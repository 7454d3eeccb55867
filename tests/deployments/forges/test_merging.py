"""The default branch is brought into a branch that is to be deployed. Every forge passes these."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from deployments.exceptions import ForgeError, MergeConflict, UnknownRef
from deployments.forges.contract import Author, Merge, Source
from deployments.forges.local import LocalForge
from tests.servers.repositories import Repository


@pytest.fixture
def wish(repository: Repository) -> Merge:
    """A branch that lacks one commit of main."""
    start = repository.commit({"a": "a\n", "same": "0\n"})
    repository.commit({"b": "b\n"}, branch="fix", parent=start)
    base = repository.commit({"c": "c\n"})
    at = datetime(2026, 5, 1, tzinfo=UTC)
    text = "Auto-merged main into fix on deployment."
    return Merge("fix", "main", base, text, Author("Ana", "ana@example.org"), at)


def tip(repository: Repository, branch: str = "fix") -> str:
    return repository.git("rev-parse", f"refs/heads/{branch}")


def test_what_the_branch_lacks_is_merged_into_it(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    before = tip(repository)

    made = forge.merge(source, wish)

    assert (made.sha, made.is_new) == (tip(repository), True)
    assert repository.git("rev-parse", f"{made.sha}^1", f"{made.sha}^2").split() == [
        before, wish.base_sha,
    ]  # fmt: skip
    assert repository.git("ls-tree", "--name-only", made.sha).split() == ["a", "b", "c", "same"]
    assert repository.git("log", "-1", "--format=%s", made.sha) == wish.message
    assert forge.resolve(source, "fix").sha == made.sha


def test_asked_again_it_is_the_same_merge(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    made = forge.merge(source, wish)

    assert forge.merge(source, wish) == made
    assert tip(repository) == made.sha


def test_what_was_pushed_behind_the_merge_does_not_hide_it(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    made = forge.merge(source, wish)
    repository.commit({"d": "d\n"}, branch="fix")

    assert forge.merge(source, wish) == made


def test_a_branch_that_holds_it_is_left_alone(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    sha = repository.commit({"d": "d\n"}, branch="fix", parent=wish.base_sha)

    made = forge.merge(source, wish)

    assert (made.sha, made.is_new, tip(repository)) == (sha, False, sha)


def test_a_conflict_names_the_files_and_changes_nothing(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    repository.commit({"same": "1\n"}, branch="fix")
    base = repository.commit({"same": "2\n"})
    before = tip(repository)

    with pytest.raises(MergeConflict, match="Conflict merging main into fix in same") as refusal:
        forge.merge(source, replace(wish, base_sha=base))

    assert (refusal.value.files, tip(repository)) == (("same",), before)


def test_a_conflict_is_known_before_anything_is_merged(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    assert forge.conflicts(source, tip(repository), wish.base_sha) == ()
    sha = repository.commit({"same": "1\n"}, branch="fix")
    base = repository.commit({"same": "2\n"})

    assert forge.conflicts(source, sha, base) == ("same",)
    assert tip(repository) == sha


def test_a_branch_that_is_gone_is_told(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    repository.delete("refs/heads/fix")

    with pytest.raises(UnknownRef, match="no branch “fix” any more"):
        forge.merge(source, wish)


def test_a_branch_that_is_not_where_somebody_looked_is_left_alone(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    seen = tip(repository)
    sha = repository.commit({"d": "d\n"}, branch="fix")

    with pytest.raises(ForgeError, match=f"into {seen[:7]}, not into {sha[:7]}"):
        forge.merge(source, replace(wish, expects=seen))

    assert tip(repository) == sha


def test_what_somebody_looked_at_is_merged_once_too(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    pinned = replace(wish, expects=tip(repository))
    made = forge.merge(source, pinned)

    assert forge.merge(source, pinned) == made


def test_a_branch_may_have_any_name(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    repository.branch("feature/ä&b", tip(repository))

    made = forge.merge(source, replace(wish, branch="feature/ä&b"))

    assert tip(repository, "feature/ä&b") == made.sha
