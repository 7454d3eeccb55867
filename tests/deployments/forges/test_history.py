from __future__ import annotations

from datetime import UTC, datetime

import pytest

from deployments.exceptions import ForgeError
from deployments.forges.contract import Source
from deployments.forges.history import commits
from deployments.forges.local import LocalForge
from tests.servers.repositories import START, Repository


def test_a_commit_tells_who_when_and_what(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    first = repository.commit()
    second = repository.commit(message="Add the map\n\nBecause people get lost.\n")

    commit, _ = forge.commits(source)

    assert (commit.sha, commit.short, commit.parents) == (second, second[:8], (first,))
    assert (commit.author_name, commit.author_email) == ("Alice", "alice@example.org")
    assert commit.authored_at == datetime.fromtimestamp(START + 120, UTC)
    assert commit.subject == "Add the map"


def test_no_more_commits_than_asked_for(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    shas = [repository.commit() for _ in range(3)]

    assert [commit.sha for commit in forge.commits(source, "main", limit=2)] == shas[:0:-1]


def test_ahead_and_behind_are_counted(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    fork = repository.commit()
    base = repository.commit()
    repository.commit(branch="next", parent=fork)
    head = repository.commit(branch="next")

    found = forge.between(source, base, head)

    assert (found.ahead, found.behind, found.is_descendant, found.truncated) == (2, 1, False, False)
    assert found.commits[0].sha == head
    assert base not in {commit.sha for commit in found.commits}


def test_a_later_commit_is_a_descendant(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    base, head = repository.commit(), repository.commit()

    assert forge.between(source, base, head).is_descendant
    assert not forge.between(source, head, base).is_descendant
    assert forge.between(source, head, head).commits == ()


def test_a_long_comparison_is_cut_and_says_so(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    base, _, head = repository.commit(), repository.commit(), repository.commit()

    found = forge.between(source, base, head, limit=1)

    assert (found.ahead, found.truncated) == (2, True)
    assert [commit.sha for commit in found.commits] == [head]


def test_histories_without_a_common_start_are_compared(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    base, head = repository.commit(), repository.commit(branch="other")

    found = forge.between(source, base, head)

    assert (found.ahead, found.behind) == (1, 1)


@pytest.mark.parametrize(
    ("author", "name", "email"),
    [
        (b"Zo\xeb <a@b>", "Zo\ufffd", "a@b"),
        ("Žofie ✨ <a@b>".encode(), "Žofie ✨", "a@b"),
        (b"\x1b[31mRed\x07 <a\x01@b>", "[31mRed", "a@b"),
        ("\u202eecilA <a@b>".encode(), "ecilA", "a@b"),
        (b"<a@b>", "", "a@b"),
    ],
)
def test_an_author_may_be_called_anything(
    forge: LocalForge, repository: Repository, source: Source, author: bytes, name: str, email: str
) -> None:
    repository.commit(author=author)

    [commit] = forge.commits(source)

    assert (commit.author_name, commit.author_email) == (name, email)


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        (b"", ""),
        (b"\n\n", ""),
        (b"One\nline", "One line"),
        (b"Bell\x07 and \x1b]0;title\x07", "Bell and ]0;title"),
        (b"caf\xe9\tau lait", "caf\ufffd\tau lait"),
        (b"before\r\n\r\nafter", "before"),
    ],
)
def test_a_subject_may_be_anything(
    forge: LocalForge, repository: Repository, source: Source, message: bytes, subject: str
) -> None:
    repository.commit(message=message)
    repository.commit(message="After it")

    after, commit = forge.commits(source)

    assert (after.subject, commit.subject) == ("After it", subject)


def with_nul(repository: Repository) -> str:
    tree = repository.git("mktree")
    people = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000"
    raw = f"tree {tree}\n{people}\n\none\0two\nthree\nfour\nfive\nsix\nseven\n"
    command = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"]
    return repository.git(*command, feed=raw.encode())


def test_a_nul_in_a_message_shifts_nothing(repository: Repository) -> None:
    sha = with_nul(repository)
    head = repository.commit(parent=sha)

    assert [each.sha for each in commits(repository.path, head, limit=9)] == [head, sha]


def test_a_nul_in_a_message_is_not_taken(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.branch("main", with_nul(repository))

    with pytest.raises(ForgeError, match="nulInCommit"):
        forge.resolve(source)


@pytest.mark.parametrize("when", ["99999999999999", "1"])
def test_a_strange_date_is_no_crash(
    forge: LocalForge, repository: Repository, source: Source, when: str
) -> None:
    stream = f"commit refs/heads/main\ncommitter A <a@b> {when} +0000\ndata 1\nx"
    repository.git("fast-import", "--quiet", "--date-format=raw-permissive", feed=stream.encode())

    assert forge.commits(source)[0].authored_at.year == 1970
    assert forge.refs(source).branches[0].date.year == 1970


@pytest.mark.parametrize("sha", ["main", "-x", "--all", "HEAD", "0" * 40])
def test_only_full_commits_are_compared(
    forge: LocalForge, repository: Repository, source: Source, sha: str
) -> None:
    head = repository.commit()

    with pytest.raises(ForgeError):
        forge.between(source, sha, head)
