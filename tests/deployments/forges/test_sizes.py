"""How much commits change."""

from __future__ import annotations

from deployments.forges.contract import Size, Source
from deployments.forges.local import LocalForge
from tests.servers.repositories import Repository


def test_a_commit_is_counted_against_its_first_parent(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    first = repository.commit({"a.py": "1\n2\n"})
    second = repository.commit({"a.py": "1\n3\n", "db/migrations/1.sql": "x\n"})

    found = forge.sizes(source, [second, first])

    assert found[first] == Size(2, 0, ("a.py",))
    assert found[second] == Size(2, 1, ("a.py", "db/migrations/1.sql"))


def test_a_merge_is_counted_too(forge: LocalForge, repository: Repository, source: Source) -> None:
    start = repository.commit({"a": "1\n"})
    aside = repository.commit({"b": "1\n2\n"}, branch="aside", parent=start)
    tree = repository.git("rev-parse", f"{aside}^{{tree}}")
    merge = repository.git("commit-tree", tree, "-p", start, "-p", aside, "-m", "Merge")
    repository.branch("main", merge)

    assert forge.sizes(source, [merge])[merge].additions == 2


def test_binary_and_odd_names_do_no_harm(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    made = repository.commit({"pic.bin": b"\0\1", b"\xff\t\n": "x\n"})

    found = forge.sizes(source, [made])[made]

    assert (found.additions, found.deletions, len(found.paths)) == (1, 0, 2)


def test_from_end_to_end_what_was_undone_does_not_count(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    base = repository.commit({"a": "1\n"})
    repository.commit({"a": "2\n"})
    head = repository.commit({"a": "1\n", "b": "1\n"})

    assert forge.size(source, base, head) == Size(1, 0, ("b",))


def test_nothing_is_asked_about_no_commits(forge: LocalForge, source: Source) -> None:
    assert forge.sizes(source, []) == {}
