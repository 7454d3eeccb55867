from __future__ import annotations

import pytest

from deployments.forges import diffs
from deployments.forges.contract import FileDiff, Source
from deployments.forges.local import LocalForge
from tests.servers.repositories import Content, Link, Program, Repository, Submodule

LINES = "".join(f"line {number}\n" for number in range(20))


def changed(
    forge: LocalForge,
    repository: Repository,
    source: Source,
    before: dict[str | bytes, Content],
    after: dict[str | bytes, Content],
) -> list[FileDiff]:
    """Commit twice and return what changed."""
    base, head = repository.commit(before), repository.commit(after)
    return list(forge.diff(source, base, head).files)


def test_an_edit_shows_its_lines(forge: LocalForge, repository: Repository, source: Source) -> None:
    [file] = changed(forge, repository, source, {"a": "one\ntwo\n"}, {"a": "one\nthree\n"})

    assert (file.path, file.status, file.additions, file.deletions) == ("a", "modified", 1, 1)
    assert file.patch.splitlines()[-3:] == [" one", "-two", "+three"]
    assert not file.truncated


def test_a_renamed_file_tells_its_old_name(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    [file] = changed(forge, repository, source, {"a": LINES}, {"a": None, "b": LINES + "x\n"})

    assert (file.status, file.old_path, file.path) == ("renamed", "a", "b")
    assert (file.additions, file.deletions) == (1, 0)


def test_every_kind_of_change_has_its_own_patch(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    before: dict[str | bytes, Content] = {
        "binary": b"\0a", "gone": "gone\n", "linked": "text\n", "mode": "mode\n",
        "sub": Submodule(),
    }  # fmt: skip
    after: dict[str | bytes, Content] = {
        "binary": b"\0b", "gone": None, "linked": Link(b"mode"), "mode": Program(b"mode\n"),
        "new": "", "sub": Submodule("2" * 40),
    }  # fmt: skip

    files = changed(forge, repository, source, before, after)

    assert {file.path: file.status for file in files} == {
        "binary": "modified", "gone": "deleted", "linked": "retyped", "mode": "modified",
        "new": "added", "sub": "modified",
    }  # fmt: skip
    assert all(f"a/{file.path} b/{file.path}" in file.patch for file in files)
    assert [file.path for file in files if file.binary] == ["binary"]
    assert "new mode 100755" in next(file.patch for file in files if file.path == "mode")


def test_without_a_base_everything_is_added(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    head = repository.commit({"a": "1\n", "b/c": "1\n2\n"})

    diff = forge.diff(source, None, head)

    assert [(file.path, file.status) for file in diff.files] == [("a", "added"), ("b/c", "added")]
    assert (diff.changed, diff.additions, diff.deletions, diff.truncated) == (2, 3, 0, False)


def test_a_commit_against_itself_changes_nothing(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit({"a": "1\n"})

    assert forge.diff(source, sha, sha).files == ()


def test_a_long_patch_is_cut_and_counted_whole(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    long = "x\n" * 5_000

    long_file, short = changed(forge, repository, source, {}, {"a": long, "b": "1\n"})

    assert (long_file.additions, long_file.truncated) == (5_000, True)
    assert len(long_file.patch.splitlines()) == diffs.MOST_LINES
    assert not short.truncated


def test_a_long_line_is_cut(forge: LocalForge, repository: Repository, source: Source) -> None:
    [file] = changed(forge, repository, source, {}, {"a": "é" * 200_000})

    assert file.truncated
    assert len(file.patch.encode()) <= diffs.MOST_BYTES + 10


def test_all_patches_together_have_a_limit(
    forge: LocalForge, repository: Repository, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffs, "MOST_BYTES_IN_ALL", 300)
    head = repository.commit(dict.fromkeys("abcd", "x\n" * 20))

    diff = forge.diff(source, None, head)

    assert (diff.truncated, diff.additions) == (True, 80)
    assert [file.truncated for file in diff.files] == [False, True, True, True]
    assert not diff.files[-1].patch


def test_many_files_are_listed_up_to_a_limit(
    forge: LocalForge, repository: Repository, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diffs, "MOST_FILES", 2)
    head = repository.commit(dict.fromkeys("abcd", "x\n"))

    diff = forge.diff(source, None, head)

    assert (len(diff.files), diff.changed, diff.additions, diff.truncated) == (2, 4, 4, True)


def test_names_are_shown_on_one_line(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    names = [b"a b", b"a\nb", b"caf\xe9", b'q"\\', "é\u202e".encode(), b":100644 x\ty"]

    files = changed(forge, repository, source, {}, dict.fromkeys(names, "x\n"))

    assert {file.path for file in files} == {
        "a b", r"a\nb", "caf\ufffd", r'q"\\', r"é\u202e", r":100644 x\ty",
    }  # fmt: skip
    assert all(file.additions == 1 for file in files)


def test_a_file_that_looks_like_a_patch_is_not_taken_for_one(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    evil = "diff --git a/x b/x\n\rdiff --git a/y b/y\n"

    first, second = changed(forge, repository, source, {}, {"a": evil, "b": "mine\n"})

    assert "+diff --git a/x b/x\n+␍diff --git a/y b/y" in first.patch
    assert second.patch.endswith("+mine\n")


def test_control_characters_in_a_patch_are_drawn(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    [file] = changed(forge, repository, source, {}, {"a": "\x1b[2Jx\u202e\n"})

    assert "+␛[2Jx⟨U+202E⟩" in file.patch
