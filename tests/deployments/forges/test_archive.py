from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tarfile
import time
from hashlib import sha1, sha256
from pathlib import Path

import pytest
from pytest_django import Settings

from deployments.exceptions import ForgeError
from deployments.forges import archive
from deployments.forges.trees import manifest
from tests.servers.repositories import START, Content, Link, Program, Repository, Submodule

pytestmark = pytest.mark.slow

ODD: dict[str | bytes, Content] = {
    "plain": "text\n",
    "empty": "",
    "no end of line": "x",
    "new\nline": "1",
    "tab\there": "2",
    "quo\"te's and \\ back": "3",
    "-rf": "4",
    "--checkpoint-action=exec=id": "5",
    " leading and trailing ": "6",
    b"latin \xe9": "7",
    "ünï ✨": "8",
    "$(id);`id`": "9",
    "glob*?[x]": "10",
    "d/" * 60 + "deep": "11",
    "long-" + "x" * 200: Program(b"#!/bin/sh\n"),
    b"long \xff " + b"y" * 150: b"\0\1\2" * 1000,
    "run": Program(b"#!/bin/sh\necho hello\n"),
    "link": Link(b"plain"),
    "link to nothing": Link(b"/no such/\xff place"),
    "link long": Link(b"d/" * 70 + b"deep"),
    "link up": Link(b"../../x"),
    "block": b"z" * 512,
    "block and one": b"z" * 513,
    "sub": Submodule(),
    "with space/sub": Submodule(),
    ".hidden/.gitattributes": "* export-ignore\n* export-subst\n* text eol=crlf\n",
    "version": "$Format:%H$\n",
}


def extract(data: bytes, folder: Path, *program: str) -> None:
    folder.mkdir()
    done = subprocess.run(
        [*program, "-xf", "-"], cwd=folder, input=data, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def unpacked(folder: Path) -> dict[bytes, tuple[str, str]]:
    """Return mode and blob id, as git has them, of everything below a folder."""
    found = {}
    for parent, folders, files in os.walk(os.fsencode(folder)):
        for name in (*folders, *files):
            path = os.path.join(parent, name)
            fact = described(path)
            if fact:
                found[os.path.relpath(path, os.fsencode(folder))] = fact
    return found


def described(path: bytes) -> tuple[str, str] | None:
    if os.path.islink(path):
        return "120000", blob_id(os.readlink(path))
    if os.path.isdir(path):
        return None if os.listdir(path) else ("160000", "")
    mode = "100755" if os.access(path, os.X_OK) else "100644"
    return mode, blob_id(Path(os.fsdecode(path)).read_bytes())


def blob_id(data: bytes) -> str:
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def committed(repository: Repository, sha: str) -> dict[bytes, tuple[str, str]]:
    return {
        entry.path.encode(errors="surrogateescape"): (
            entry.mode,
            "" if entry.is_submodule else entry.oid,
        )
        for entry in manifest(repository.path, sha)
    }


@pytest.mark.parametrize("program", [("tar",), ("busybox", "tar")])
def test_every_odd_file_arrives_as_it_is_in_the_commit(
    repository: Repository, tmp_path: Path, program: tuple[str, ...]
) -> None:
    sha = repository.commit(ODD)

    made = archive.write_archive(repository.path, sha, tmp_path / "a.tar.gz")

    extract(gzip.decompress(made.path.read_bytes()), tmp_path / "out", *program)
    assert unpacked(tmp_path / "out") == committed(repository, sha)
    assert made.files == len(ODD)


def test_the_modes_are_exact(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit({"a": "a", "run": Program(b"b"), "sub": Submodule(), "l": Link(b"a")})
    made = archive.write_archive(repository.path, sha, tmp_path / "a.tar.gz")

    with tarfile.open(made.path) as tar:
        found = {member.name: (member.mode, member.uid, member.uname) for member in tar}

    assert found == {
        "a": (0o644, 0, ""), "run": (0o755, 0, ""), "sub": (0o755, 0, ""), "l": (0o777, 0, ""),
    }  # fmt: skip


def test_files_have_the_time_of_the_commit(repository: Repository, tmp_path: Path) -> None:
    made = archive.write_archive(repository.path, repository.commit({"a": "a"}), tmp_path / "a")

    with tarfile.open(made.path) as tar:
        assert tar.getmember("a").mtime == START + 60


@pytest.mark.parametrize("when", ["0", "99999999999999"])
def test_a_strange_time_is_no_crash(repository: Repository, tmp_path: Path, when: str) -> None:
    stream = (
        f"commit refs/heads/main\ncommitter A <a@b> {when} +0000\ndata 0\n"
        "M 100644 inline a\ndata 0\n"
    )
    repository.git("fast-import", "--quiet", "--date-format=raw-permissive", feed=stream.encode())
    sha = repository.git("rev-parse", "main")

    made = archive.write_archive(repository.path, sha, tmp_path / "a.tar.gz")

    with tarfile.open(made.path) as tar:
        assert tar.getmember("a").mtime in {0, archive.LATEST}


def test_a_commit_without_files_is_an_empty_archive(repository: Repository, tmp_path: Path) -> None:
    made = archive.write_archive(repository.path, repository.commit(), tmp_path / "a.tar.gz")

    extract(b"".join(archive.uncompressed(made.path)), tmp_path / "out", "tar")
    assert (unpacked(tmp_path / "out"), made.files) == ({}, 0)


def test_the_same_commit_gives_the_same_bytes(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit(ODD)

    first = archive.write_archive(repository.path, sha, tmp_path / "a.tar.gz")
    time.sleep(1.1)
    second = archive.write_archive(repository.path, sha, tmp_path / "b.tar.gz")

    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.sha256 == second.sha256 == sha256(first.path.read_bytes()).hexdigest()
    assert first.size == first.path.stat().st_size


def test_a_host_without_gzip_gets_the_same_tar(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit(ODD)
    made = archive.write_archive(repository.path, sha, tmp_path / "a.tar.gz")

    plain = b"".join(archive.uncompressed(made.path))

    extract(plain, tmp_path / "out", "tar")
    assert unpacked(tmp_path / "out") == committed(repository, sha)
    assert len(plain) % tarfile.RECORDSIZE == 0


def test_an_archive_is_made_once(repository: Repository) -> None:
    sha = repository.commit({"a": "a"})
    first = archive.archive(repository.path, sha)
    before = first.path.stat().st_ino

    second = archive.archive(repository.path, sha)

    assert second == first
    assert second.path.stat().st_ino == before


@pytest.mark.parametrize(
    ("ending", "content"),
    [(".gz", b"half"), (".gz", None), (".json", b'{"size": 1, "evil": 2}'), (".json", None)],
)
def test_an_archive_that_is_not_whole_is_made_again(
    repository: Repository, ending: str, content: bytes | None
) -> None:
    sha = repository.commit({"a": "a"})
    made = archive.archive(repository.path, sha)
    harmed = made.path.with_suffix(ending)
    harmed.unlink() if content is None else harmed.write_bytes(content)

    assert archive.archive(repository.path, sha) == made
    assert sha256(made.path.read_bytes()).hexdigest() == made.sha256


def test_only_the_archives_used_last_are_kept(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "KEPT", 2)
    made = [archive.archive(repository.path, repository.commit({"a": str(n)})) for n in range(2)]
    for age, each in enumerate(made):
        os.utime(each.path, (START + age, START + age))
    archive.archive(repository.path, made[0].path.name.split(".")[0])

    archive.archive(repository.path, repository.commit({"a": "new"}))

    assert [each.path.exists() for each in made] == [True, False]
    assert not made[1].path.with_suffix(".json").exists()


def test_archives_together_have_a_size(repository: Repository, settings: Settings) -> None:
    settings.SHIPMATE_MIRROR_MAX_MB = 1
    noise = [os.urandom(700_000) for _ in range(2)]

    first, second = (archive.archive(repository.path, repository.commit({"a": n})) for n in noise)

    assert [first.path.exists(), second.path.exists()] == [False, True]


def test_the_archive_asked_for_is_never_dropped(repository: Repository, settings: Settings) -> None:
    settings.SHIPMATE_MIRROR_MAX_MB = 1
    made = archive.archive(repository.path, repository.commit({"a": os.urandom(1_048_500)}))

    assert made.size > 1_048_576
    assert made.path.exists()


def test_what_a_killed_worker_left_is_removed_after_a_day(repository: Repository) -> None:
    folder = archive.archive(repository.path, repository.commit({"a": "a"})).path.parent
    old, new = folder / "x.partial", folder / "y.partial"
    old.touch()
    new.touch()
    os.utime(old, (START, START))

    archive.archive(repository.path, repository.commit({"a": "b"}))

    assert (old.exists(), new.exists()) == (False, True)


def test_a_failure_leaves_no_file(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit({"a": "a"})
    entry = manifest(repository.path, sha)[0]
    (repository.path / "objects" / entry.oid[:2] / entry.oid[2:]).write_bytes(b"broken")

    with pytest.raises(ForgeError):
        archive.write_archive(repository.path, sha, tmp_path / "out/a.tar.gz")

    assert not list(tmp_path.glob("out/*"))


def test_a_failure_on_the_way_leaves_no_file(repository: Repository, tmp_path: Path) -> None:
    sha = repository.commit({"a": Link(b"x\0y")})

    with pytest.raises(ForgeError, match="The link a has no usable target"):
        archive.write_archive(repository.path, sha, tmp_path / "out/a.tar.gz")

    assert list(tmp_path.glob("out/*")) == []


def test_a_tree_that_is_too_large_unpacked_is_refused(
    repository: Repository, tmp_path: Path, settings: Settings
) -> None:
    settings.SHIPMATE_MIRROR_MAX_MB = 1
    sha = repository.commit({"a": b"\0" * 3_000_000})

    with pytest.raises(ForgeError, match="have 2 MB"):
        archive.write_archive(repository.path, sha, tmp_path / "a.tar.gz")


def test_memory_does_not_grow_with_the_files(
    repository: Repository, tmp_path: Path, settings: Settings
) -> None:
    sha = repository.commit({"large": b"\0" * 90_000_000})
    program = (
        "import django.conf, sys; from pathlib import Path;"
        "django.conf.settings.configure(SHIPMATE_MIRROR_MAX_MB=100, GIT_TIMEOUT=60);"
        "from deployments.forges.archive import write_archive;"
        "write_archive(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]));"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )

    said = subprocess.check_output(
        [sys.executable, "-c", program, str(repository.path), sha, str(tmp_path / "a.tar.gz")]
    )

    assert int(said) < 80_000
