"""Compare a release on a host with the commit that it claims to be, file by file."""

from __future__ import annotations

import hashlib
import os
import posixpath
import shlex
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from chatops.demo.repository import run_git

MARK = "REVISION"


@dataclass(frozen=True)
class Entry:
    """What stands at a path: its kind in words, and what git would call its content."""

    kind: str
    blob: str = ""


KINDS = {
    "100644": "a file",
    "100664": "a file",
    "100755": "a program",
    "120000": "a link",
    "160000": "a folder",
}


def verify_release(release: Path, repository: Path, sha: str) -> list[str]:
    """Return how a release on this machine differs from the commit; nothing means it is whole."""
    command = ["sh", "-c", tar_command(str(release))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tar:
        return verify_tar(cast(IO[bytes], tar.stdout), repository, sha)


def tar_command(release: str) -> str:
    """Return the shell command whose output `verify_tar` reads; it needs tar and nothing else."""
    return f"cd -- {shlex.quote(release)} && tar -cf - ."


def verify_tar(archive: IO[bytes], repository: Path, sha: str) -> list[str]:
    """Return how the release in this tar archive differs from the commit."""
    try:
        found = read_tar(archive)
    except (tarfile.TarError, EOFError) as problem:
        return [f"the release cannot be read: {problem}"]
    wanted = read_commit(repository, sha)
    wanted.pop(MARK, None)  # Shipmate writes it into every release
    told = [Entry("a file", blob_id(sha.encode() + end)) for end in (b"\n", b"")]
    differences = [] if found.get(MARK) in told else [f"{MARK} does not say {sha}"]
    return differences + list(_compare(wanted, found))


def read_commit(repository: Path, sha: str) -> dict[str, Entry]:
    """Return what a commit has at every path."""
    entries = {}
    for line in run_git(repository, "ls-tree", "-r", "-z", sha, "--").split(b"\0")[:-1]:
        words, _, path = line.partition(b"\t")
        mode, kind, blob = words.decode().split()
        entries[os.fsdecode(path)] = Entry(KINDS[mode], blob if kind == "blob" else "")
    return entries


def read_tar(archive: IO[bytes]) -> dict[str, Entry]:
    """Return what an archive has at every path."""
    found: dict[str, Entry] = {}
    with tarfile.open(fileobj=archive, mode="r|") as tar:
        for member in tar:
            content = _content(tar, member)
            found[posixpath.normpath(member.name)] = _entry(member, content, found)
    return found


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    if member.issym():
        return os.fsencode(member.linkname)
    handle = tar.extractfile(member) if member.isreg() else None
    return handle.read() if handle else b""


def _entry(member: tarfile.TarInfo, content: bytes, found: dict[str, Entry]) -> Entry:
    if member.islnk():  # a second name of a file that came earlier
        return found.get(posixpath.normpath(member.linkname), Entry("a broken hard link"))
    if member.issym():
        return Entry("a link", blob_id(content))
    if member.isreg():
        return Entry("a program" if member.mode & 0o100 else "a file", blob_id(content))
    return Entry("a folder" if member.isdir() else "a special file")


def blob_id(content: bytes) -> str:
    """Return git's name of this content."""
    name = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    name.update(content)
    return name.hexdigest()


def _compare(wanted: dict[str, Entry], found: dict[str, Entry]) -> Iterator[str]:
    for path, entry in wanted.items():
        there = found.get(path)
        if there is None:
            yield f"{path!r} is missing"
        elif there.kind != entry.kind:
            yield f"{path!r} is {there.kind}, not {entry.kind}"
        elif there.blob != entry.blob:
            yield f"{path!r} differs: {there.blob}, not {entry.blob}"
