from __future__ import annotations

import pytest

from deployments.exceptions import ForgeError
from deployments.forges import trees
from deployments.forges.contract import TreeNotes
from tests.servers.repositories import Link, Program, Repository, Submodule

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


def raw_tree(repository: Repository, *entries: tuple[str, bytes, str]) -> str:
    """Write a tree that git itself would not make, and commit it."""
    raw = b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries
    )
    tree = repository.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", feed=raw)
    return repository.git("commit-tree", "-m", "evil", tree)


def test_the_manifest_has_every_file_with_its_mode(repository: Repository) -> None:
    sha = repository.commit(
        {"a/b c": "x", "link": Link(b"a"), "run": Program(b"xy"), "sub": Submodule()}
    )

    entries = trees.manifest(repository.path, sha)

    assert [(entry.path, entry.mode, entry.size) for entry in entries] == [
        ("a/b c", "100644", 1), ("link", "120000", 1), ("run", "100755", 2), ("sub", "160000", 0),
    ]  # fmt: skip
    assert [entry.is_executable for entry in entries] == [False, False, True, False]


def test_names_keep_their_bytes(repository: Repository) -> None:
    names = {b"caf\xe9", b"a\nb", b"tab\there", "é".encode()}
    sha = repository.commit(dict.fromkeys(names, "x"))

    entries = trees.manifest(repository.path, sha)

    assert {entry.path.encode(errors="surrogateescape") for entry in entries} == names


@pytest.mark.parametrize("name", [b"..", b".", b".git", b".GIT", b"a/../../b", b"/etc/x", b""])
def test_a_path_that_leads_out_is_refused(repository: Repository, name: bytes) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", feed=b"x")
    sha = raw_tree(repository, ("100644", name, blob))

    with pytest.raises(ForgeError):
        trees.manifest(repository.path, sha)


def test_a_folder_behind_a_link_is_refused(repository: Repository) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", feed=b"/etc")
    inner = repository.git("mktree", feed=f"100644 blob {blob}\tpasswd\n".encode())
    sha = raw_tree(repository, ("120000", b"a", blob), ("40000", b"a", inner))

    with pytest.raises(ForgeError, match="a file and a folder of one name"):
        trees.manifest(repository.path, sha)


def test_two_files_of_one_name_are_refused(repository: Repository) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", feed=b"x")
    sha = raw_tree(repository, ("100644", b"a", blob), ("120000", b"a", blob))

    with pytest.raises(ForgeError, match="two entries of one name"):
        trees.manifest(repository.path, sha)


def test_a_tree_that_unfolds_without_end_is_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MOST_LISTED", 100_000)
    oid, kind = repository.git("hash-object", "-w", "--stdin", feed=b"x"), "100644 blob"
    for _ in range(9):
        lines = "".join(f"{kind} {oid}\t{name}\n" for name in "abcdefghij")
        oid, kind = repository.git("mktree", feed=lines.encode()), "040000 tree"
    sha = repository.git("commit-tree", "-m", "bomb", oid)

    with pytest.raises(ForgeError, match="git ls-tree answered more than"):
        trees.manifest(repository.path, sha)


def test_more_files_than_a_host_can_bear_are_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MOST_FILES", 2)
    sha = repository.commit({name: name for name in "abc"})

    with pytest.raises(ForgeError, match="more than 2 files"):
        trees.manifest(repository.path, sha)


def test_nothing_odd_is_nothing_to_note(repository: Repository) -> None:
    assert trees.notes(repository.path, repository.commit({"a": POINTER})) == TreeNotes()


def test_submodules_are_named(repository: Repository) -> None:
    sha = repository.commit({"vendor/lib\n": Submodule(), "a": "a"})

    assert trees.notes(repository.path, sha).submodules == (r"vendor/lib\n",)


def test_large_files_that_are_only_pointers_are_named(repository: Repository) -> None:
    sha = repository.commit(
        {"art/.gitattributes": "*.psd filter=lfs\n", "art/a.psd": POINTER, "art/b.psd": "real",
         "art/c.psd": POINTER + "x" * 300}
    )  # fmt: skip

    assert trees.notes(repository.path, sha).lfs == ("art/a.psd",)


def test_what_an_export_would_leave_out_is_named(repository: Repository) -> None:
    sha = repository.commit(
        {
            ".gitattributes": "# a export-ignore\n/tests export-ignore\n*.md text export-ignore\n"
            'docs -export-ignore\n[attr]x export-ignore\n"a b" export-ignore\nalone\n',
            "sub/.gitattributes": "*.c\texport-ignore\n",
        }
    )

    assert trees.notes(repository.path, sha).export_ignore == (
        "tests", "*.md", "a b", "sub/*.c",
    )  # fmt: skip


def test_attributes_that_are_a_link_or_huge_are_not_read(repository: Repository) -> None:
    sha = repository.commit(
        {".gitattributes": Link(b"a export-ignore"),
         "b/.gitattributes": "a export-ignore\n" + "#" * trees.LARGEST_ATTRIBUTES}
    )  # fmt: skip

    assert trees.notes(repository.path, sha) == TreeNotes()
