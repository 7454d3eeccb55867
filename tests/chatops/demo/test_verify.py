from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import paramiko
import pytest

from chatops.demo.repository import make_repository, run_git
from chatops.demo.ssh_hosts import DemoHost
from chatops.demo.verify import tar_command, verify_release, verify_tar
from tests.chatops.demo.releases import checkout, command
from tests.chatops.demo.ssh_client import run


@pytest.fixture
def sha(hello: Path) -> str:
    return run_git(hello, "rev-parse", "main").decode().strip()


@pytest.fixture
def release(hello: Path, tmp_path: Path) -> Path:
    return checkout(hello, "main", tmp_path / "releases" / "1")


def test_a_whole_release_has_no_differences(release: Path, hello: Path, sha: str) -> None:
    assert verify_release(release, hello, sha) == []


def test_what_the_build_made_is_allowed(release: Path, hello: Path, sha: str) -> None:
    command(release, "build")

    assert verify_release(release, hello, sha) == []


def test_a_release_is_found_through_current(release: Path, hello: Path, sha: str) -> None:
    current = release.parent.parent / "it's current"
    current.symlink_to(release)

    assert verify_release(current, hello, sha) == []


def test_files_that_share_a_hard_link_are_whole(release: Path, hello: Path, sha: str) -> None:
    shutil.copytree(release, release.parent / "2", symlinks=True)
    for path in list(release.rglob("*")):
        if path.is_file() and not path.is_symlink():
            (release / f"link to {path.name}").hardlink_to(path)

    assert verify_release(release, hello, sha) == []


def relink(release: Path) -> None:
    (release / "config/current.conf").unlink()
    (release / "config/current.conf").symlink_to("elsewhere.conf")


def unlink_to_file(release: Path) -> None:
    (release / "config/current.conf").unlink()
    shutil.copy(release / "config/site.conf", release / "config/current.conf")


def file_to_folder(release: Path) -> None:
    (release / "README.md").unlink()
    (release / "README.md").mkdir()


DAMAGE: list[tuple[Callable[[Path], object], str]] = [
    (
        lambda release: (release / "static/style.css").write_text("h1 {}"),
        "'static/style.css' differs",
    ),
    (lambda release: (release / "static/.nojekyll").write_text(" "), "'static/.nojekyll' differs"),
    (lambda release: (release / "static/opening hours.txt").unlink(), "hours.txt' is missing"),
    (lambda release: (release / "bin/build").chmod(0o644), "'bin/build' is a file, not a program"),
    (lambda release: (release / "README.md").chmod(0o755), "'README.md' is a program, not a file"),
    (lambda release: (release / "REVISION").write_text("0" * 40), "REVISION does not say"),
    (lambda release: (release / "REVISION").unlink(), "REVISION does not say"),
    (relink, "'config/current.conf' differs"),
    (unlink_to_file, "'config/current.conf' is a file, not a link"),
    (file_to_folder, "'README.md' is a folder, not a file"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGE, ids=[words for _, words in DAMAGE])
def test_one_difference_is_found_and_named(
    release: Path, hello: Path, sha: str, damage: Callable[[Path], object], words: str
) -> None:
    damage(release)

    [difference] = verify_release(release, hello, sha)

    assert words in difference


def test_another_commit_is_another_commit(release: Path, hello: Path) -> None:
    tag = run_git(hello, "rev-parse", "v1.0^{}").decode().strip()

    assert f"REVISION does not say {tag}" == verify_release(release, hello, tag)[0]
    assert any(
        "style.css" in line or "site.conf" in line for line in verify_release(release, hello, tag)
    )


def test_a_release_that_is_not_there_is_said_to_be_unreadable(hello: Path, sha: str) -> None:
    assert verify_release(hello / "nowhere", hello, sha)[0].startswith("the release cannot be read")


def test_an_archive_that_was_cut_short_is_noticed(release: Path, hello: Path, sha: str) -> None:
    whole = subprocess.run(
        ["sh", "-c", tar_command(str(release))], capture_output=True, check=True
    ).stdout

    assert verify_tar(io.BytesIO(whole), hello, sha) == []
    for length in range(0, len(whole.rstrip(b"\0")), 700):
        assert verify_tar(io.BytesIO(whole[:length]), hello, sha)


def test_names_and_contents_may_be_any_bytes(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "hello")
    for name in ("new\nline", "\udcff", "-dash", "ünïcode", "x" * 120 + "/" + "y" * 150):
        path = repository / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(range(256)))
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "-m", "Odd names")
    sha = run_git(repository, "rev-parse", "HEAD").decode().strip()
    release = checkout(repository, "HEAD", tmp_path / "release")

    assert verify_release(release, repository, sha) == []


def test_a_commit_may_have_a_revision_file_of_its_own(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "hello")
    (repository / "REVISION").write_text("by hand\n")
    run_git(repository, "add", "--force", "REVISION")
    run_git(repository, "commit", "--quiet", "-m", "Number it")
    sha = run_git(repository, "rev-parse", "HEAD").decode().strip()
    release = checkout(repository, "HEAD", tmp_path / "release")

    assert verify_release(release, repository, sha) == []


def test_a_release_on_a_host_is_verified_over_ssh(
    wire: paramiko.Transport, host: DemoHost, hello: Path, sha: str
) -> None:
    shutil.rmtree(host.home / "releases", ignore_errors=True)
    release = checkout(hello, "main", host.home / "releases" / "1")
    archive, _, status = run(wire, tar_command("releases/1"))
    assert (status, verify_tar(io.BytesIO(archive), hello, sha)) == (0, [])

    (release / "bin/check").write_text("exit 0\n")

    archive = run(wire, tar_command("releases/1"))[0]
    assert "'bin/check' differs" in verify_tar(io.BytesIO(archive), hello, sha)[0]
