"""Trees on real hosts: which can be used, and how one is made of another."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import time
from hashlib import sha256
from pathlib import Path

import pytest

from deployments.runner import trees
from deployments.runner.connection import Connection
from deployments.runner.upload import UploadFailed, receive
from tests.deployments.trees import mark
from tests.servers import sshd as servers
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.sshd
FOLDER = '"$HOME"/"it\'s"/trees'
BASE, SHA = "a" * 40, "b" * 40


def lay(host: Sshd, sha: str = BASE) -> Path:
    """Lay a tree of one file and one folder on the host: four lines, with itself."""
    tree = host.home / "it's" / "trees" / sha / "tree"
    (tree / "d").mkdir(parents=True)
    (tree / "app.txt").write_text("one\n")
    (tree / "d" / "b").write_text("b\n")
    os.utime(tree / "app.txt", (1, 1))
    mark(tree.parent)
    return tree


def delta(drop: str = "", sums: str = "", odd: str = "", app: bytes = b"") -> bytes:
    """Write a delta of a script, sums, and the file app.txt unless that is empty."""
    made = io.BytesIO()
    members = {"drop": drop.encode(), "sums": sums.encode(), "odd": odd.encode()}
    with tarfile.open(fileobj=made, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for name, data in (members | ({"tree/app.txt": app} if app else {})).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def make(host: Sshd, data: bytes, *, lines: int = 4, base: str = BASE) -> bool:
    with Connection.open(host.target()) as connection:
        received = receive(connection, "1.tar", lambda compressed: [data])
        return trees.make(
            connection, FOLDER, received, base=base, sha=SHA, lines=lines, beat=lambda: None
        )


def look(host: Sshd) -> dict[str, int]:
    with Connection.open(host.target()) as connection:
        return trees.look(connection, FOLDER, lambda: None)


def left(host: Sshd) -> list[str]:
    """Return what lies among the trees and among the uploads."""
    uploads = host.home / ".shipmate" / "uploads"
    return sorted([*os.listdir(host.home / "it's" / "trees"), *os.listdir(uploads)])


def test_a_host_says_which_trees_it_has(any_host: Sshd) -> None:
    lay(any_host)
    lay(any_host, SHA)

    assert look(any_host) == {BASE: 4, SHA: 4}


def test_a_host_that_has_none_says_so(any_host: Sshd) -> None:
    assert look(any_host) == {}


@pytest.mark.parametrize("harm", ["write", "add", "remove", "unmark", "half"])
def test_a_tree_that_somebody_wrote_to_is_none(any_host: Sshd, harm: str) -> None:
    tree = lay(any_host)
    time.sleep(1.1)  # busybox compares seconds
    if harm == "write":
        with (tree / "app.txt").open("r+") as file:
            file.write("two\n")
    elif harm == "add":
        (tree / "d" / "more").touch()
    elif harm == "remove":
        (tree / "d" / "b").unlink()
    elif harm == "unmark":
        (tree.parent / "whole").unlink()
    else:
        shutil.rmtree(tree)

    assert look(any_host) == {}


@pytest.mark.parametrize("made", ["another-boot tests\n", ""])
def test_a_tree_of_before_the_host_was_started_anew_is_none(any_host: Sshd, made: str) -> None:
    (lay(any_host).parent / "whole").write_text(made)

    assert look(any_host) == {}


def test_a_tree_that_is_there_already_is_replaced(any_host: Sshd) -> None:
    lay(any_host)
    there = lay(any_host, SHA).parent

    make(any_host, delta())

    assert (there / "whole").read_text().split()[1] != "tests"
    assert left(any_host) == [BASE, SHA]


def test_what_is_no_tree_is_passed_over(any_host: Sshd) -> None:
    for name in (f"{BASE}.1.partial", "notes", "abc"):
        lay(any_host, name)

    assert look(any_host) == {}


def test_a_host_without_find_has_no_tree_that_can_be_used(tmp_path: Path) -> None:
    path = servers.only_busybox(tmp_path / "bin")
    (tmp_path / "bin" / "find").unlink()
    with servers.running(tmp_path / "web-1", path=path) as host:
        lay(host)
        assert look(host) == {}


def test_a_tree_is_made_of_another(any_host: Sshd) -> None:
    old = lay(any_host)
    sums = f"{sha256(b'two').hexdigest()}  ./app.txt\n"
    data = delta("rm -rf -- ./app.txt || exit 1\n", sums, app=b"two")

    assert make(any_host, data)

    new = old.parent.parent / SHA / "tree"
    assert (old / "app.txt").read_text() == "one\n"
    assert (new / "app.txt").read_text() == "two"
    assert (new / "d" / "b").samefile(old / "d" / "b")
    assert left(any_host) == [BASE, SHA]
    assert look(any_host) == {BASE: 4, SHA: 4}


def test_a_host_without_sha256sum_is_unverified(tmp_path: Path) -> None:
    path = servers.only_busybox(tmp_path / "bin")
    (tmp_path / "bin" / "sha256sum").unlink()
    with servers.running(tmp_path / "web-1", path=path) as host:
        lay(host)
        assert make(host, delta()) is False


def test_where_links_cannot_be_made_files_are_copied(tmp_path: Path) -> None:
    path = servers.shell_first(tmp_path / "bin", "dash")
    cp = tmp_path / "bin" / "cp"
    cp.write_text('#!/bin/sh\n[ "$1" != -al ] || exit 1\nexec /bin/cp "$@"\n')
    cp.chmod(0o755)
    with servers.running(tmp_path / "web-1", path=path) as host:
        old = lay(host)
        assert make(host, delta())

        new = old.parent.parent / SHA / "tree"
        assert (new / "d" / "b").read_text() == "b\n"
        assert not (new / "d" / "b").samefile(old / "d" / "b")


WRONG = {
    "a hash": (delta(sums=f"{'0' * 64}  ./app.txt\n"), 4, "a file is not what was sent"),
    "an odd hash": (delta(odd="[ 1 = 2 ] || exit 1\n"), 4, "a file is not what was sent"),
    "the number": (delta(), 5, "too many files, or too few"),
    "what goes": (delta("false || exit 1\n"), 4, "could not make the tree"),
    "half of it": (delta()[:-30], 4, "could not make the tree"),
    "nothing": (b"", 4, "could not make the tree"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_become_the_tree_leaves_nothing(any_host: Sshd, wrong: str) -> None:
    data, lines, why = WRONG[wrong]
    lay(any_host)

    with pytest.raises(UploadFailed, match=why):
        make(any_host, data, lines=lines)

    assert left(any_host) == [BASE]


def test_a_base_that_is_gone_is_told(any_host: Sshd) -> None:
    lay(any_host)

    with pytest.raises(UploadFailed, match="No such file"):
        make(any_host, delta(), base="c" * 40)

    assert left(any_host) == [BASE]
