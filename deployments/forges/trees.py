"""The files of a commit, and what is odd about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from deployments.exceptions import ForgeError
from deployments.forges import git, text
from deployments.forges.contract import TreeNotes

MOST_FILES = 300_000
MOST_LISTED = 64 * 1024 * 1024
ATTRIBUTE_LINE = re.compile(rb'\s*("(?:[^"\\]|\\.)*"|\S+)\s+(.+)')
LARGEST_ATTRIBUTES = 256 * 1024
NO_PATTERN = (b"#", b"[attr]")
LFS_POINTER = b"version https://git-lfs"
LFS_LARGEST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, link or submodule. Bytes in `path` that are not UTF-8 are surrogate escapes."""

    path: str
    mode: str
    oid: str
    size: int

    @property
    def is_link(self) -> bool:
        return self.mode == "120000"

    @property
    def is_submodule(self) -> bool:
        return self.mode == "160000"

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")

    @property
    def is_executable(self) -> bool:
        return self.is_file and bool(int(self.mode, 8) & 0o100)


def manifest(mirror: Path, sha: str) -> list[Entry]:
    """Return everything in a commit, in the order of git; a tree that leads out is refused."""
    command = ["ls-tree", "-r", "-z", "--long", "--full-tree", "--end-of-options"]
    listed = git.read(mirror, [*command, git.full_sha(sha)], limit=MOST_LISTED)
    entries = [_entry(record) for record in listed.split(b"\0") if record]
    if len(entries) > MOST_FILES:
        raise ForgeError(f"The commit has more than {MOST_FILES} files.")
    _refuse_ways_out(entries)
    return entries


def notes(mirror: Path, sha: str) -> TreeNotes:
    """Return what people may expect of this tree and do not get."""
    entries = manifest(mirror, sha)
    attributes = _attributes(mirror, entries)
    return TreeNotes(
        submodules=tuple(_shown(entry) for entry in entries if entry.is_submodule),
        lfs=_lfs_pointers(mirror, entries) if _uses_lfs(attributes) else (),
        export_ignore=tuple(_export_ignored(attributes)),
    )


def _entry(record: bytes) -> Entry:
    facts, _, path = record.partition(b"\t")
    mode, _, oid, size = facts.decode().split()
    if mode != "160000" and not size.isdigit():
        raise ForgeError(f"The mirror lacks an object of {text.path(path)}.")
    name = path.decode(errors="surrogateescape")
    return Entry(name, mode, oid, int(size) if size.isdigit() else 0)


def _refuse_ways_out(entries: list[Entry]) -> None:
    """Refuse what a fetch refuses already, because a tree is unpacked on every host."""
    leaves = {entry.path for entry in entries}
    if len(leaves) < len(entries):
        raise ForgeError("The commit has two entries of one name; it cannot be deployed.")
    for entry in entries:
        parts = entry.path.split("/")
        if {"", ".", ".."} & set(parts) or any(part.lower() == ".git" for part in parts):
            raise ForgeError(f"The commit has a path that leads out: {_shown(entry)}.")
        parents = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        if any(parent in leaves for parent in parents):
            raise ForgeError(f"The commit has a file and a folder of one name: {_shown(entry)}.")


def _shown(entry: Entry) -> str:
    return text.path(entry.path.encode(errors="surrogateescape"))


def _attributes(mirror: Path, entries: list[Entry]) -> list[tuple[str, bytes]]:
    """Return each .gitattributes with the folder it speaks for."""
    files = [
        entry
        for entry in entries
        if entry.is_file
        and entry.path.rpartition("/")[2] == ".gitattributes"
        and entry.size <= LARGEST_ATTRIBUTES
    ]
    contents = _contents(mirror, files)
    folders = [_shown(entry).removesuffix(".gitattributes") for entry in files]
    return list(zip(folders, contents, strict=True))


def _contents(mirror: Path, entries: list[Entry]) -> list[bytes]:
    with git.objects(mirror) as reader:
        return [b"".join(reader.blocks(entry.oid)) for entry in entries]


def _uses_lfs(attributes: list[tuple[str, bytes]]) -> bool:
    return any(b"filter=lfs" in content for _, content in attributes)


def _lfs_pointers(mirror: Path, entries: list[Entry]) -> tuple[str, ...]:
    small = [entry for entry in entries if entry.is_file and 0 < entry.size < LFS_LARGEST]
    contents = _contents(mirror, small)
    return tuple(
        _shown(entry)
        for entry, content in zip(small, contents, strict=True)
        if content.startswith(LFS_POINTER)
    )


def _export_ignored(attributes: list[tuple[str, bytes]]) -> list[str]:
    """Return the patterns; Shipmate sends these files, `git archive` would not."""
    return [
        folder + text.path(match[1].strip(b'"')).removeprefix("/")
        for folder, content in attributes
        for match in map(ATTRIBUTE_LINE.match, content.splitlines())
        if match and b"export-ignore" in match[2].split() and not match[1].startswith(NO_PATTERN)
    ]
