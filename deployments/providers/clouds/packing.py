"""The code of a commit as the clouds want it: a tar.gz or a zip, the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import time
import zipfile
from pathlib import Path

from deployments.providers.clouds.program import Refusal

EARLIEST = 315_532_800  # 1980: a zip knows no time before
BLOCK = 1024 * 1024


def tarball(code: Path, out: Path) -> Path:
    """Return the code as a tar.gz: the archive itself, or what a folder holds without `.git`."""
    if code.is_dir():
        _pack(code, out)
        return out
    if not code.is_file():
        raise Refusal(f"The code is not at {code}. Retry.")
    return code


def zipped(archive: Path, out: Path) -> Path:
    """Write the files of a tar.gz as a zip. Links stay links, programs stay programs."""
    with (
        tarfile.open(archive, "r:*") as tar,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as into,
    ):
        for member in sorted(tar.getmembers(), key=lambda member: member.name):
            if member.isfile() or member.issym():
                _add(tar, member, into)
    return out


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _pack(folder: Path, out: Path) -> None:
    with (
        out.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if name.parts[0] != ".git" and (path.is_symlink() or not path.is_dir()):
                tar.add(path, str(name), recursive=False, filter=_plain)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out whose it is and when it was laid down: these are no part of a commit."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = EARLIEST
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member


def _add(tar: tarfile.TarFile, member: tarfile.TarInfo, into: zipfile.ZipFile) -> None:
    when = time.gmtime(max(member.mtime, EARLIEST))[:6]
    info = zipfile.ZipInfo(member.name.removeprefix("./"), when)
    info.compress_type = zipfile.ZIP_DEFLATED
    kind = 0o120000 if member.issym() else 0o100000
    info.external_attr = (kind | member.mode & 0o777) << 16
    held = tar.extractfile(member) if member.isfile() else None
    source = held or io.BytesIO(member.linkname.encode("utf-8", "surrogateescape"))
    with into.open(info, "w") as target:
        while block := source.read(BLOCK):
            target.write(block)
