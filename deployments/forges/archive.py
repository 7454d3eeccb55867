"""A commit as a tar.gz: every file as it is in the commit, the same bytes each time."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from deployments.exceptions import ForgeError
from deployments.forges import git
from deployments.forges.locks import locked
from deployments.forges.text import path as shown
from deployments.forges.trees import Entry, manifest

KEPT = 10
LEVEL = 6
MEGABYTE = 1024 * 1024
ABANDONED = 86_400
Read = Callable[[str], Iterator[bytes]]
LATEST = 2**31 - 1  # what every file system and tar can hold


@dataclass(frozen=True, slots=True)
class Archive:
    """`files` counts what the tree has; `size` and `sha256` are of the compressed file."""

    path: Path
    size: int
    sha256: str
    files: int


def archive(mirror: Path, sha: str) -> Archive:
    """Return the archive of a commit, made once and kept."""
    return made_once(mirror, git.full_sha(sha), lambda out: write_archive(mirror, sha, out))


def made_once(mirror: Path, name: str, write: Callable[[Path], Archive]) -> Archive:
    """Return what was written under this name, now or before."""
    folder = Path(settings.SHIPMATE_STATE) / "archives" / mirror.stem
    out = folder / f"{name}.tar.gz"
    with locked(folder / "lock", git.LONG * settings.GIT_TIMEOUT, f"packing {name[:12]}"):
        made = _kept(out)
        if made is None:
            made = write(out)
            _sidecar(out).write_text(json.dumps(asdict(made) | {"path": out.name}))
        _drop_oldest(folder, out)
    return made


def write_archive(mirror: Path, sha: str, out: Path) -> Archive:
    """Write a commit's tar.gz; the file appears when it is whole."""
    entries = manifest(mirror, sha)
    total = sum(entry.size for entry in entries)
    if total > settings.SHIPMATE_MIRROR_MAX_MB * MEGABYTE:
        raise ForgeError(
            f"The files of {sha[:12]} have {total // MEGABYTE} MB; SHIPMATE_MIRROR_MAX_MB"
            f" allows {settings.SHIPMATE_MIRROR_MAX_MB}."
        )
    return written(tar(mirror, entries, time_of(mirror, sha)), out, len(entries))


def written(blocks: Iterator[bytes], out: Path, files: int) -> Archive:
    """Write a compressed file, which appears when it is whole."""
    out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = Path(tempfile.mkstemp(dir=out.parent, prefix=f"{out.name}.", suffix=".partial")[1])
    try:
        _compress(blocks, partial)
        made = Archive(out, partial.stat().st_size, _digest(partial), files)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    return made


def uncompressed(path: Path) -> Iterator[bytes]:
    """Yield the tar inside an archive, for hosts without gzip."""
    with gzip.open(path, "rb") as file:
        while block := file.read(git.BLOCK):
            yield block


def tar(mirror: Path, entries: list[Entry], mtime: int) -> Iterator[bytes]:
    """Yield an uncompressed tar of these entries in blocks."""
    with git.objects(mirror) as reader:
        yield from whole(
            block for entry in entries for block in member(reader.blocks, entry, mtime)
        )


def whole(members: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the blocks of members, and the end that makes a tar of them."""
    length = 0
    for block in members:
        length += len(block)
        yield block
    yield bytes(2 * tarfile.BLOCKSIZE)
    yield bytes(-(length + 2 * tarfile.BLOCKSIZE) % tarfile.RECORDSIZE)


def member(read: Read, entry: Entry, mtime: int) -> Iterator[bytes]:
    """Yield one entry; `read` gives the content of an object."""
    info = tarfile.TarInfo(entry.path)
    info.mtime = mtime
    info.mode = 0o755 if entry.is_executable or entry.is_submodule else 0o644
    if entry.is_submodule:
        info.type = tarfile.DIRTYPE
        yield _header(info)
    elif entry.is_link:
        info.type, info.mode = tarfile.SYMTYPE, 0o777
        info.linkname = _target(b"".join(read(entry.oid)), entry)
        yield _header(info)
    elif entry.is_file:
        yield from regular(info, entry.size, read(entry.oid))
    else:
        raise ForgeError(f"{_name(entry)} has the unknown mode {entry.mode}.")


def regular(info: tarfile.TarInfo, size: int, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a file of the tar."""
    info.size = size
    yield _header(info)
    yield from blocks
    yield bytes(-size % tarfile.BLOCKSIZE)


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _target(data: bytes, entry: Entry) -> str:
    if not data or b"\0" in data:
        raise ForgeError(f"The link {_name(entry)} has no usable target.")
    return data.decode(errors="surrogateescape")


def _name(entry: Entry) -> str:
    return shown(entry.path.encode(errors="surrogateescape"))


def _compress(blocks: Iterator[bytes], path: Path) -> None:
    # Neither name nor time in the header: the same commit always gives the same bytes.
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", LEVEL, fileobj=file, mtime=0) as compressed,
    ):
        for block in blocks:
            compressed.write(block)


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(git.BLOCK):
            digest.update(block)
    return digest.hexdigest()


def time_of(mirror: Path, sha: str) -> int:
    """Return the time that the files of a commit bear."""
    command = ["log", "--max-count=1", "--format=%ct", "--end-of-options", git.full_sha(sha), "--"]
    with suppress(ValueError):
        return min(max(int(git.read(mirror, command)), 0), LATEST)
    return 0


def _sidecar(out: Path) -> Path:
    return out.with_suffix(".json")


def _kept(out: Path) -> Archive | None:
    """Return what is known of an archive that is there and whole."""
    try:
        facts = json.loads(_sidecar(out).read_text())
        made = Archive(**(facts | {"path": out}))
        whole = out.stat().st_size == made.size
    except (OSError, ValueError, TypeError):
        return None
    os.utime(out)
    return made if whole else None


def _drop_oldest(folder: Path, used: Path) -> None:
    """Keep the archives used last, within a number and a size."""
    by_use = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    room = settings.SHIPMATE_MIRROR_MAX_MB * MEGABYTE
    for position, path in enumerate(by_use):
        room -= path.stat().st_size
        if path != used and (position >= KEPT or room < 0):
            _sidecar(path).unlink(missing_ok=True)
            path.unlink()
    for path in folder.glob("*.partial"):
        if path.stat().st_mtime < time.time() - ABANDONED:
            path.unlink(missing_ok=True)
