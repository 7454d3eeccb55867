"""Trees that a host keeps to make the next from, and the releases that are copies of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deployments.providers import ssh_scripts
from tests.deployments.providers.local_host import HOST, SHA, LocalHost, context
from tests.deployments.trees import mark

pytestmark = pytest.mark.slow
READ_ONLY = {"read_only": True}


def tree(host: LocalHost, sha: str = SHA) -> Path:
    return host.root / "trees" / sha / "tree"


def release(host: LocalHost, name: str = "1") -> Path:
    return host.root / "releases" / name


def kept(host: LocalHost) -> list[str]:
    return sorted(os.listdir(host.root / "trees"))


def lay(host: LocalHost, sha: str, age: int = 0) -> None:
    """Lay a tree on the host, made so many minutes ago."""
    tree(host, sha).mkdir(parents=True)
    (tree(host, sha) / "app.txt").write_text("laid\n")
    os.utime(mark(tree(host, sha).parent), (2_000_000_000 - 60 * age,) * 2)


def test_what_was_sent_is_kept_as_a_tree_without_a_revision(host: LocalHost) -> None:
    host.transfer(context())

    assert os.listdir(tree(host)) == ["app.txt"]
    assert (tree(host).parent / "whole").exists()
    assert kept(host) == [SHA]


def test_writing_in_a_release_leaves_its_tree_alone(host: LocalHost) -> None:
    host.transfer(context())

    with (release(host) / "app.txt").open("a") as file:
        file.write("more\n")

    assert (tree(host) / "app.txt").read_text() == "one\n"


def test_a_release_that_nothing_writes_to_shares_files_with_its_tree(host: LocalHost) -> None:
    done = host.transfer(context(settings=READ_ONLY))

    assert done.returncode == 0, done.stderr
    assert (release(host) / "app.txt").samefile(tree(host) / "app.txt")
    assert (release(host) / "REVISION").read_text() == f"{SHA}\n"
    assert os.listdir(tree(host)) == ["app.txt"]


def test_shared_files_keep_what_came_with_the_code_in_the_tree(host: LocalHost) -> None:
    at = context(settings={**READ_ONLY, "shared": ["log/"]})

    host.transfer(at, {"log/.keep": b"kept\n", "REVISION": b"mine\n"})

    assert (release(host) / "log").is_symlink()
    assert (tree(host) / "log" / ".keep").read_text() == "kept\n"
    assert (tree(host) / "REVISION").read_text() == "mine\n"


def test_without_an_upload_the_release_is_made_of_the_tree(host: LocalHost) -> None:
    lay(host, SHA)

    done = host.run(ssh_scripts.transfer(context(), HOST))

    assert done.returncode == 0, done.stderr
    assert (release(host) / "app.txt").read_text() == "laid\n"


def test_an_upload_takes_the_place_of_a_tree_that_was_there(host: LocalHost) -> None:
    lay(host, SHA)

    host.transfer(context())

    assert (tree(host) / "app.txt").read_text() == "one\n"
    assert kept(host) == [SHA]


def test_a_tree_of_before_the_host_was_started_anew_is_not_taken(host: LocalHost) -> None:
    """Its files may have lost with the power what had not come to the disk."""
    lay(host, SHA)
    mark(tree(host).parent, boot="another")

    done = host.run(ssh_scripts.transfer(context(), HOST))

    assert "is not on this host any more" in done.stdout
    assert host.releases == []


def test_a_tree_that_is_made_anew_while_it_is_copied_gives_no_release(host: LocalHost) -> None:
    """A worker that was killed leaves the host at work, beside the one that goes on."""
    lay(host, SHA)
    another = (
        'mv "$tree" "$tree.old.partial" && mkdir "$tree" && echo "$boot another" >"$tree/whole"'
    )

    done = host.run(f'cp() {{ command cp "$@" && {another}; }}\n{transfer()}')

    assert (done.returncode, "was made anew" in done.stdout) == (1, True)
    assert host.releases == []


def transfer() -> str:
    return ssh_scripts.transfer(context(), HOST)


@pytest.mark.parametrize("lost", [b"", bytes(10_240)])
def test_an_upload_that_lost_its_content_is_no_release(host: LocalHost, lost: bytes) -> None:
    host.upload(context(), {"app.txt": b"one\n"})
    (upload,) = (host.home / ".shipmate" / "uploads").iterdir()
    upload.write_bytes(lost)

    done = host.run(transfer())

    assert done.returncode != 0
    assert host.releases == []
    assert kept(host) == []


@pytest.mark.parametrize("half", [False, True])
def test_without_either_it_says_so(host: LocalHost, half: bool) -> None:
    if half:
        tree(host).mkdir(parents=True)

    done = host.run(ssh_scripts.transfer(context(), HOST))

    assert (done.returncode, done.stdout) == (
        1,
        f"trees/{SHA} is not on this host any more. Retry.\n",
    )
    assert host.releases == []


def test_a_program_keeps_its_mode_and_a_file_its_time(host: LocalHost) -> None:
    lay(host, SHA)
    program = tree(host) / "run"
    program.touch()
    program.chmod(0o755)
    os.utime(program, (1_700_000_000, 1_700_000_000))

    host.run(ssh_scripts.transfer(context(), HOST))

    found = (release(host) / "run").stat()
    assert (found.st_mode & 0o777, found.st_mtime) == (0o755, 1_700_000_000)


def test_the_trees_made_last_are_kept_and_always_its_own(host: LocalHost) -> None:
    host.transfer(context())
    lay(host, SHA, age=90) if not tree(host).exists() else os.utime(
        tree(host).parent / "whole", (1, 1)
    )
    for age, letter in enumerate("bcdef"):
        lay(host, letter * 40, age)

    done = host.run(ssh_scripts.clean(context(keep=("1",)), HOST))

    assert done.returncode == 0, done.stderr
    assert kept(host) == [SHA, "b" * 40, "c" * 40]
    assert f"trees/{'f' * 40} removed" in done.stdout


def test_cleaning_takes_what_broke_off_and_nothing_of_others(host: LocalHost) -> None:
    host.transfer(context())
    for name in (f"{SHA}.1.partial", "notes", "a.partial", "abc"):
        (host.root / "trees" / name).mkdir()
        (host.root / "trees" / name / "whole").touch()

    host.run(ssh_scripts.clean(context(keep=("1",)), HOST))

    assert kept(host) == ["a.partial", SHA, "abc", "notes"]
