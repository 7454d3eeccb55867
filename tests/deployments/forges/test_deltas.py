"""What differs between two trees, as it is told to a host."""

from __future__ import annotations

import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from deployments.forges import archive, deltas
from deployments.forges.deltas import difference
from deployments.forges.trees import Entry, manifest
from tests.servers.repositories import Content, Link, Program, Repository, Submodule

Files = dict[str, Content]


def trees(repository: Repository, old: Files, new: Files) -> tuple[list[Entry], list[Entry]]:
    """Commit two trees that have nothing to do with each other."""
    before, after = repository.commit(old, branch="old"), repository.commit(new, branch="new")
    return manifest(repository.path, before), manifest(repository.path, after)


# Before, after, what is removed first, what comes then.
CHANGES: dict[str, tuple[Files, Files, tuple[str, ...], tuple[str, ...]]] = {
    "nothing": ({"a": "1"}, {"a": "1"}, (), ()),
    "content": ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, ("a",), ("a",)),
    "mode": ({"a": "1"}, {"a": Program(b"1")}, ("a",), ("a",)),
    "new file": ({"a": "1"}, {"a": "1", "d/b": "2"}, (), ("d/b",)),
    "file gone": ({"d/a": "1", "d/b": "2"}, {"d/b": "2"}, ("d/a",), ()),
    "folder gone": ({"a": "1", "d/e/b": "2", "d/c": "3"}, {"a": "1"}, ("d",), ()),
    "file to folder": ({"a": "1"}, {"a/b": "1"}, ("a",), ("a/b",)),
    "folder to file": ({"a/b/c": "1", "a/d": "2"}, {"a": "1"}, ("a",), ("a",)),
    "link to folder": ({"a": Link(b"b")}, {"a/b": "1"}, ("a",), ("a/b",)),
    "folder to link": ({"a/b": "1"}, {"a": Link(b"b")}, ("a",), ("a",)),
    "folder to submodule": ({"a/b": "1"}, {"a": Submodule()}, ("a",), ("a",)),
    "submodule to folder": ({"a": Submodule()}, {"a/b": "1"}, ("a",), ("a/b",)),
    "all gone": ({"a": "1", "d/b": "2"}, {}, ("a", "d"), ()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_difference_is_what_goes_and_what_comes(repository: Repository, change: str) -> None:
    old, new, gone, come = CHANGES[change]

    found = difference(*trees(repository, old, new))

    assert (found.gone, tuple(entry.path for entry in found.come)) == (gone, come)


def test_its_size_is_that_of_what_comes(repository: Repository) -> None:
    found = difference(*trees(repository, {"a": "1", "b": "12345"}, {"a": "123", "b": "12345"}))

    assert found.size == 3


def test_lines_are_those_that_find_prints(repository: Repository) -> None:
    files: Files = {"a": "", "new\nline": "", "d\n/e/f": "", "d\n/g": "", "s": Submodule()}

    # ., a, new, line, d (2 lines), d/e (2), d/e/f (2), d/g (2), s
    assert deltas.lines(trees(repository, {}, files)[1]) == 13


def test_nothing_at_all_is_one_line() -> None:
    assert deltas.lines([]) == 1


def test_a_delta_says_how_to_check_what_came(repository: Repository) -> None:
    base = repository.commit({"plain": "1"})
    sha = repository.commit({"plain": "2", "back\\slash": "3", "link": Link(b"plain")})

    with tarfile.open(deltas.delta(repository.path, base, sha).path) as tar:
        names = tar.getnames()
        read = {name: _read(tar, name) for name in ("drop", "sums", "odd")}

    assert names == ["drop", "tree/back\\slash", "tree/link", "tree/plain", "sums", "odd"]
    assert read["drop"] == "rm -rf -- ./plain || exit 1\n"
    assert read["sums"] == f"{sha256(b'2').hexdigest()}  ./plain\n"
    digest = sha256(b"3").hexdigest()
    assert read["odd"] == f"""[ "$(sha256sum <'./back\\slash')" = "{digest}  -" ] || exit 1\n"""


def _read(tar: tarfile.TarFile, name: str) -> str:
    file = tar.extractfile(name)
    assert file is not None
    return file.read().decode()


def test_a_delta_is_made_once_and_kept_beside_archives(repository: Repository) -> None:
    base, sha = repository.commit({"a": "1"}), repository.commit({"a": "2"})
    first = deltas.delta(repository.path, base, sha)
    before = first.path.stat().st_ino

    assert deltas.delta(repository.path, base, sha) == first
    assert first.path.stat().st_ino == before
    assert archive.archive(repository.path, sha).path.parent == first.path.parent


def test_a_delta_holds_only_what_differs(repository: Repository, tmp_path: Path) -> None:
    base = repository.commit({"large": b"\0" * 1_000_000, "small": "1"})
    sha = repository.commit({"small": "2"})

    made = deltas.delta(repository.path, base, sha)

    assert made.files == 1
    assert len(b"".join(archive.uncompressed(made.path))) < 20_000
