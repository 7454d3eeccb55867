"""The scripts as hosts run them: hostile values, odd files, and a switch that nobody can see."""

from __future__ import annotations

import os
import tarfile
import threading
from pathlib import Path

import pytest

from deployments.providers import ssh_scripts
from deployments.providers.contract import HostSpec
from tests.deployments.providers.local_host import HOST, SHA, LocalHost, context, without

pytestmark = pytest.mark.slow

ODD = [b"a b", b"quote'\"$(id)`id`", "ünï".encode(), b"\xff\xfe", b"new\nline", b"-rf", b"*"]
HOSTILE = ["it's", '"', "$(touch $HOME/hacked)", "`touch $HOME/hacked`", "a b", "; exit 9", "-n"]
SAY_BOTH = 'printf "%s|" "$SHIPMATE_REF" "$SHIPMATE_WHO"'
# A mv as it was before it knew -T, which would move the link into the old release.
OLD_MV = """#!/bin/sh
case $1 in -T) echo "mv: invalid option -- 'T'" >&2; exit 1;; esac
exec /bin/mv "$@"
"""


@pytest.mark.parametrize("packed", [True, False])
def test_a_release_is_what_was_sent(host: LocalHost, packed: bool) -> None:
    done = host.transfer(context(), {name: name for name in ODD}, packed=packed)

    assert done.returncode == 0, done.stderr
    release = host.root / "releases" / "1"
    assert (release / "REVISION").read_text() == f"{SHA}\n"
    found = {name: (release / os.fsdecode(name)).read_bytes() for name in ODD}
    assert found == {name: name for name in ODD}


def test_an_archive_that_broke_off_makes_no_release_and_leaves_no_half(host: LocalHost) -> None:
    at = context()
    host.upload(at, {"app.txt": b"x" * 100_000}, packed=False)
    upload = host.home / ".shipmate" / "uploads" / ssh_scripts.upload_name(at)
    upload.write_bytes(upload.read_bytes()[:50_000])

    assert host.run(ssh_scripts.transfer(at, HOST)).returncode != 0

    assert host.releases == []


def test_sending_again_takes_the_place_of_what_broke_off(host: LocalHost) -> None:
    partial = host.root / "releases" / "1.partial"
    partial.mkdir(parents=True)
    (partial / "rest").touch()

    host.transfer(context())

    assert host.releases == ["1"]
    assert not (host.root / "releases" / "1" / "rest").exists()


def test_two_hosts_that_share_a_folder_are_told_what_to_do(host: LocalHost) -> None:
    at = context()
    releases = host.root / "releases"
    releases.mkdir(parents=True)
    (releases / f".{at.release}.host").write_text("web-9\n")

    done = host.transfer(at)

    assert done.returncode == 1
    assert "web-9 writes this release" in done.stdout
    assert "put {host}" in done.stdout


def test_a_transfer_leaves_no_mark_of_its_host(host: LocalHost) -> None:
    host.transfer(context())

    assert not list((host.root / "releases").glob(".*"))


def test_what_runs_is_never_taken_away(host: LocalHost) -> None:
    at = host.release(1)
    (host.root / "releases" / "1" / "built").touch()

    assert host.transfer(at).returncode == 0

    assert (host.root / "releases" / "1" / "built").exists()
    assert host.releases == ["1"]


def test_a_file_called_revision_does_not_matter(host: LocalHost) -> None:
    host.transfer(context(), {"REVISION": b"mine\n"})

    assert (host.root / "releases" / "1" / "REVISION").read_text() == f"{SHA}\n"


def test_a_switch_leads_current_to_the_release(host: LocalHost) -> None:
    host.release(1)
    host.release(2)

    assert host.current == "releases/2"
    assert not os.path.lexists(host.root / "releases" / "1" / ".current.2")


def test_switching_twice_is_harmless(host: LocalHost) -> None:
    at = host.release(1)

    assert host.switch(at).returncode == 0
    assert host.current == "releases/1"


def test_a_link_that_leads_nowhere_is_replaced(host: LocalHost) -> None:
    at = host.release(1)
    (host.root / "current").unlink()
    (host.root / "current").symlink_to("nowhere")

    assert host.switch(at).returncode == 0
    assert host.current == "releases/1"


def test_a_release_that_is_not_there_is_not_switched_to(host: LocalHost) -> None:
    host.release(1)

    done = host.switch(context(2))

    assert (done.returncode, done.stdout) == (1, "Release 2 is not on this host.\n")
    assert host.current == "releases/1"


def test_a_folder_in_the_place_of_current_is_left_alone(host: LocalHost) -> None:
    at = context()
    host.transfer(at)
    (host.root / "current").mkdir()
    (host.root / "current" / "precious").touch()

    done = host.switch(at)

    assert done.returncode == 1
    assert "current is not a link. Move it away, then retry." in done.stdout
    assert os.listdir(host.root / "current") == ["precious"]
    assert sorted(os.listdir(host.root)) == ["current", "releases", "shared", "trees"]


def test_perl_switches_where_mv_cannot(host: LocalHost, tmp_path: Path) -> None:
    host.release(1)
    host.path = without(tmp_path / "bin", mv=OLD_MV)

    host.release(2)

    assert host.current == "releases/2"


def test_a_host_with_neither_refuses_and_nothing_has_changed(
    host: LocalHost, tmp_path: Path
) -> None:
    host.release(1)
    at = context(2)
    host.transfer(at)
    host.path = without(tmp_path / "bin", "perl", mv=OLD_MV)

    done = host.switch(at)

    assert done.returncode == 1
    assert "neither a mv that knows -T nor perl" in done.stdout
    assert host.current == "releases/1"
    assert sorted(os.listdir(host.root)) == ["current", "releases", "shared", "trees"]
    assert sorted(os.listdir(host.root / "releases" / "1")) == ["REVISION", "app.txt"]


def test_a_reader_never_misses_a_release(host: LocalHost) -> None:
    pair = [host.release(1), host.release(2)]
    missed: list[str] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                (host.root / "current" / "app.txt").read_text()
            except OSError as error:
                missed.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    switches = "".join(f"(\n{ssh_scripts.switch(at, HOST)}\n)\n" for at in pair * 50)
    done = host.run(switches)
    over.set()
    reader.join()

    assert done.stdout.count("current → releases/") == 100
    assert missed == []


@pytest.mark.parametrize("which", [1, 2])
def test_a_host_says_what_it_runs(host: LocalHost, which: int) -> None:
    host.release(1)
    host.release(2)

    done = host.run(ssh_scripts.confirm(context(which), HOST))

    assert (done.returncode == 0) == (which == 2)


def test_a_host_without_anything_runs_nothing(host: LocalHost) -> None:
    assert host.run(ssh_scripts.confirm(context(), HOST)).returncode != 0


CAPISTRANO = "20250101120000"


def test_cleaning_keeps_what_it_must(host: LocalHost) -> None:
    for number in (1, 2, 3, 4):
        host.transfer(context(number))
    host.switch(context(2))
    for name in ("manual", "5.partial", "notes.txt", "12a", CAPISTRANO):
        (host.root / "releases" / name).mkdir()

    done = host.run(ssh_scripts.clean(context(4, keep=("4",)), HOST))

    assert done.returncode == 0
    assert host.releases == ["12a", "2", CAPISTRANO, "4", "manual", "notes.txt"]


def test_cleaning_an_empty_place_is_no_fault(host: LocalHost) -> None:
    assert host.run(ssh_scripts.clean(context(), HOST)).returncode == 0


def test_cleaning_leaves_what_only_begins_alike(host: LocalHost) -> None:
    for number in (1, 12, 123):
        host.transfer(context(number))

    host.run(ssh_scripts.clean(context(12, keep=("12",)), HOST))

    assert host.releases == ["12"]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_are_only_values(host: LocalHost, value: str) -> None:
    at = context(ref=value, who=value, application=value, settings={"path": "~/shop-live"})
    host.transfer(at)

    done = host.run(ssh_scripts.commands(at, HOST, [SAY_BOTH]))

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"{value}|{value}|"
    assert not (host.home / "hacked").exists()


@pytest.mark.parametrize("value", [value for value in HOSTILE if value != "; exit 9"])
def test_a_folder_may_be_called_anything(host: LocalHost, value: str) -> None:
    at = context(settings={"path": f"~/apps/{value}/shop"})

    for done in (host.transfer(at), host.switch(at)):
        assert done.returncode == 0, done.stderr

    assert (host.home / "apps" / value / "shop" / "current" / "app.txt").exists()
    assert not (host.home / "hacked").exists()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_shared_path_may_be_called_anything(host: LocalHost, value: str) -> None:
    at = context(settings={"shared": [f"{value}/"]})

    done = host.transfer(at, {f"{value}/old": b"in the repository"})

    assert done.returncode == 0, done.stderr
    link = host.root / "releases" / "1" / value
    assert link.resolve() == (host.root / "shared" / value).resolve()
    assert not (host.home / "hacked").exists()


def test_a_shared_path_behind_a_link_of_the_commit_is_refused(host: LocalHost) -> None:
    at = context(settings={"shared": ["public/uploads/"]})
    kept = host.root / "shared" / "public" / "uploads" / "photo"
    kept.parent.mkdir(parents=True)
    kept.touch()
    host.upload(at, {}, packed=False)
    upload = host.home / ".shipmate" / "uploads" / ssh_scripts.upload_name(at)
    with tarfile.open(upload, "w") as tar:
        link = tarfile.TarInfo("public")
        link.type, link.linkname = tarfile.SYMTYPE, str(kept.parent.parent)
        tar.addfile(link)

    done = host.run(ssh_scripts.transfer(at, HOST))

    assert done.returncode == 1
    assert "a folder above it is a link" in done.stdout
    assert kept.exists()


def test_a_shared_folder_may_lie_deep(host: LocalHost) -> None:
    at = context(settings={"shared": ["tmp/cache/images/"]})

    host.transfer(at)

    assert (host.root / "releases" / "1" / "tmp" / "cache" / "images").is_symlink()


def test_an_absolute_folder_is_taken_as_it_is(host: LocalHost, tmp_path: Path) -> None:
    at = context(settings={"path": str(tmp_path / "srv" / "{host}")})

    host.transfer(at)

    assert (tmp_path / "srv" / "web-1" / "releases" / "1").is_dir()


@pytest.mark.parametrize("line", ["exit 7", "false && true || exit 7", "(exit 7)"])
def test_commands_end_at_the_first_that_fails(host: LocalHost, line: str) -> None:
    host.release(1)

    done = host.run(ssh_scripts.commands(context(), HOST, ["echo one", line, "echo three"]))

    assert done.returncode == 7
    assert done.stdout == f"$ echo one\none\n$ {line}\n"


def test_a_command_cannot_change_what_comes_after_it(host: LocalHost) -> None:
    host.release(1)
    lines = ["cd /; release=/; exit 0", "pwd"]

    done = host.run(ssh_scripts.commands(context(), HOST, lines))

    assert done.stdout.splitlines()[-1] == str(host.root / "releases" / "1")


def test_a_command_cannot_read_the_script(host: LocalHost) -> None:
    host.release(1)

    # More of it follows than a shell reads at once.
    lines = ["cat", *["true"] * 1_000, "echo over"]

    done = host.run(ssh_scripts.commands(context(), HOST, lines))

    assert done.stdout == "".join(f"$ {line}\n" for line in lines) + "over\n"


def test_a_command_of_several_lines_is_one_command(host: LocalHost) -> None:
    host.release(1)

    done = host.run(ssh_scripts.commands(context(), HOST, ["for n in 1 2\ndo echo $n\ndone"]))

    assert done.stdout.splitlines()[-2:] == ["1", "2"]


def test_scripts_one_after_the_other_end_at_the_first_that_fails(host: LocalHost) -> None:
    done = host.run(ssh_scripts.joined("echo one", "exit 5", "echo three"))

    assert (done.returncode, done.stdout) == (5, "one\n")


def test_each_host_has_a_folder_of_its_own_name() -> None:
    at = context(settings={"path": "~/{host}"})

    assert ssh_scripts.folder(at, HostSpec("web-2", "x")) == '"$HOME"/web-2'
