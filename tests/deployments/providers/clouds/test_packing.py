"""The code of a commit, packed."""

from __future__ import annotations

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from deployments.providers.clouds.packing import sha256, tarball, zipped
from deployments.providers.clouds.program import Refusal


def test_the_same_code_is_the_same_bytes_whenever_it_was_laid_down(
    code: Path, tmp_path: Path
) -> None:
    first = sha256(tarball(code, tmp_path / "first.tar.gz"))
    os.utime(code / "Procfile", (1_000_000_000, 1_000_000_000))

    assert sha256(tarball(code, tmp_path / "second.tar.gz")) == first


def test_an_archive_is_taken_as_it_is(code: Path, tmp_path: Path) -> None:
    archive = tarball(code, tmp_path / "code.tar.gz")

    assert tarball(archive, tmp_path / "other.tar.gz") == archive


def test_what_git_keeps_beside_the_code_stays_at_home(code: Path, tmp_path: Path) -> None:
    with tarfile.open(tarball(code, tmp_path / "code.tar.gz")) as tar:
        assert [name for name in tar.getnames() if ".git" in name] == []


def test_a_zip_holds_what_the_archive_holds(code: Path, tmp_path: Path) -> None:
    archive = tarball(code, tmp_path / "code.tar.gz")

    held = zipfile.ZipFile(zipped(archive, tmp_path / "code.zip"))

    assert held.read("Procfile") == b"web: bin/serve\n"
    assert held.testzip() is None


def test_code_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="not at"):
        tarball(tmp_path / "nowhere", tmp_path / "out")
