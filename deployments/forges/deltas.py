"""What turns the tree of one commit into that of another, as a tar.gz.

It holds `drop`, a shell script that removes what goes or changes; `tree/…`, what comes or changes,
made by the same code as a whole archive; and last `sums` and `odd`, which check what came.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shlex import quote

from deployments.forges import git
from deployments.forges.archive import (
    Archive,
    Read,
    made_once,
    member,
    regular,
    time_of,
    whole,
    written,
)
from deployments.forges.trees import Entry, manifest

AT_ONCE = 100  # paths given to one `rm`
ODD = re.compile(r"[\x00-\x1f\x7f\\]")  # in names: not to be had from a list of sums
MOST_DROPPED = 20_000  # more in a shell script would take a host longer than the whole archive


@dataclass(frozen=True, slots=True)
class Difference:
    """`gone`: files and folders to remove, none inside another. `come`: what is put there then."""

    gone: tuple[str, ...]
    come: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.come)


def difference(before: Sequence[Entry], after: Sequence[Entry]) -> Difference:
    """Compare two trees. What changes is removed too: nothing may be written through a link."""
    old = {entry.path: entry for entry in before}
    come = tuple(entry for entry in after if not _same(old.get(entry.path), entry))
    changed = {entry.path for entry in come}
    stays = {entry.path for entry in after} - changed
    gone = (old.keys() - stays) | (folders(before) - folders(after))
    return Difference(tuple(sorted(path for path in gone if not _above(path) & gone)), come)


def lines(entries: Sequence[Entry]) -> int:
    """Return how many lines `find .` prints in this tree: names may have line ends in them."""
    paths = folders(entries) | {entry.path for entry in entries}
    return 1 + sum(1 + path.count("\n") for path in paths)


def folders(entries: Iterable[Entry]) -> set[str]:
    """Return every folder that has something in it."""
    return {folder for entry in entries for folder in _above(entry.path)}


def delta(mirror: Path, base: str, sha: str) -> Archive:
    """Return the way from one commit's tree to another's, made once and kept."""
    name = f"{git.full_sha(sha)}-{git.full_sha(base)}"
    found = difference(manifest(mirror, base), manifest(mirror, sha))
    return made_once(mirror, name, lambda out: write_delta(mirror, found, sha, out))


def write_delta(mirror: Path, found: Difference, sha: str, out: Path) -> Archive:
    """Write it; the file appears when it is whole."""
    return written(whole(_members(mirror, found, time_of(mirror, sha))), out, len(found.come))


def _members(mirror: Path, found: Difference, mtime: int) -> Iterator[bytes]:
    yield from _script("drop", _drop(found.gone))
    sums: list[str] = []
    odd: list[str] = []
    with git.objects(mirror) as reader:
        for entry in found.come:
            digest = sha256()
            packed = replace(entry, path=f"tree/{entry.path}")
            yield from member(_hashing(reader.blocks, digest.update), packed, mtime)
            if entry.is_file:
                is_plain = ODD.search(entry.path) is None
                (sums if is_plain else odd).append(_check(entry.path, digest.hexdigest(), is_plain))
    yield from _script("sums", "".join(sums))
    yield from _script("odd", "".join(odd))


def _hashing(read: Read, update: Callable[[bytes], None]) -> Read:
    def blocks(oid: str) -> Iterator[bytes]:
        for block in read(oid):
            update(block)
            yield block

    return blocks


def _drop(paths: Sequence[str]) -> str:
    return "".join(
        f"rm -rf -- {' '.join(quote(f'./{path}') for path in paths[start : start + AT_ONCE])}"
        " || exit 1\n"
        for start in range(0, len(paths), AT_ONCE)
    )


def _check(path: str, digest: str, is_plain: bool) -> str:
    """Return a line for `sha256sum -c`, which spells some names in ways of its own."""
    name = f"./{path}"
    if is_plain:
        return f"{digest}  {name}\n"
    return f'[ "$(sha256sum <{quote(name)})" = "{digest}  -" ] || exit 1\n'


def _script(name: str, text: str) -> Iterator[bytes]:
    data = text.encode(errors="surrogateescape")
    return regular(tarfile.TarInfo(name), len(data), [data])


def _same(old: Entry | None, new: Entry) -> bool:
    return old is not None and (old.mode, old.oid) == (new.mode, new.oid)


def _above(path: str) -> set[str]:
    """Return the folders that a path lies in."""
    parts = path.split("/")
    return {"/".join(parts[:depth]) for depth in range(1, len(parts))}
