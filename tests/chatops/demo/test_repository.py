from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatops.demo.repository import make_repository
from tests.chatops.demo.releases import checkout, command, git

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def test_two_people_worked_on_it_over_several_days(hello: Path) -> None:
    log = git(hello, "log", "main", "--format=%an <%ae> %cs").splitlines()

    assert len(log) == 12
    assert {line.rpartition(" ")[0] for line in log} == {
        "Ana Ferri <ana@example.com>",
        "Ben Okafor <ben@example.com>",
    }
    assert len({line.rpartition(" ")[2] for line in log}) > 4


def test_time_runs_forward_and_ends_before_now(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "hello", NOW)

    stamps = git(repository, "log", "fix-login", "--format=%ct").split()
    moments = [datetime.fromtimestamp(int(stamp), UTC) for stamp in reversed(stamps)]

    assert moments == sorted(moments)
    assert NOW - timedelta(days=10) < moments[0]
    assert moments[-1] < NOW


def test_refs_are_as_promised(hello: Path) -> None:
    refs = git(hello, "for-each-ref", "--format=%(objecttype) %(refname)").splitlines()

    assert refs == [
        "commit refs/heads/broken",
        "commit refs/heads/fix-login",
        "commit refs/heads/main",
        "tag refs/tags/v1.0",
    ]
    assert git(hello, "symbolic-ref", "HEAD") == "refs/heads/main"


@pytest.mark.parametrize(
    ("range_", "count"),
    [("main..fix-login", 2), ("main..broken", 1), ("v1.0..main", 5), ("main..v1.0", 0)],
)
def test_branches_stand_on_main(hello: Path, range_: str, count: int) -> None:
    assert git(hello, "rev-list", "--count", range_) == str(count)


def test_the_tree_has_every_kind_of_file(hello: Path) -> None:
    tree = git(hello, "ls-tree", "-r", "main")

    assert "100755 blob" in tree
    assert "120000 blob" in tree
    assert "\tstatic/opening hours.txt" in tree
    assert (hello / "static/.nojekyll").read_bytes() == b""


def test_git_finds_nothing_to_complain_about(hello: Path) -> None:
    assert git(hello, "status", "--porcelain") == ""
    assert git(hello, "fsck", "--strict") == ""


def test_the_same_moment_makes_the_same_history(tmp_path: Path) -> None:
    one, two = (make_repository(tmp_path / name, NOW) for name in ("one", "two"))

    assert git(one, "show-ref") == git(two, "show-ref")


def test_a_repository_that_is_there_stays(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "hello", NOW)
    before = git(repository, "show-ref")

    make_repository(tmp_path / "hello")

    assert git(repository, "show-ref") == before


def test_what_a_kill_left_behind_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "hello.new").mkdir()
    (tmp_path / "hello.new" / "leftover").touch()

    repository = make_repository(tmp_path / "hello")

    assert git(repository, "status", "--porcelain") == ""
    assert list(tmp_path.iterdir()) == [repository]


def test_nobodys_settings_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".gitconfig").write_text("[core]\n\tautocrlf = true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    repository = make_repository(tmp_path / "hello")

    assert b"\r" not in (repository / "README.md").read_bytes()


def test_what_git_refuses_is_said_in_its_words(hello: Path) -> None:
    with pytest.raises(RuntimeError, match=r"git rev-parse failed: fatal: .*nowhere"):
        git(hello, "rev-parse", "nowhere")


@pytest.mark.parametrize("ref", ["main", "v1.0", "fix-login"])
def test_a_good_commit_can_be_deployed(hello: Path, tmp_path: Path, ref: str) -> None:
    release = checkout(hello, ref, tmp_path / "releases" / "1")
    (tmp_path / "current").symlink_to(release)

    codes = [command(release, name).returncode for name in ("build", "migrate", "restart", "check")]

    assert codes == [0, 0, 0, 0]
    assert git(hello, "rev-parse", f"{ref}^{{}}") in (release / "build/index.html").read_text()


def test_the_broken_commit_says_why_it_does_not_build(hello: Path, tmp_path: Path) -> None:
    done = command(checkout(hello, "broken", tmp_path / "1"), "build")

    assert done.returncode == 1
    assert "config/site.conf, line 3" in done.stderr
    assert "greting=Good morning" in done.stderr


def test_a_file_called_fail_stops_the_build(hello: Path, tmp_path: Path) -> None:
    release = checkout(hello, "main", tmp_path / "1")
    (release / "FAIL").touch()

    assert "there is a file FAIL" in command(release, "build").stderr


def test_migrations_are_applied_once(hello: Path, tmp_path: Path) -> None:
    release = checkout(hello, "main", tmp_path / "1")

    assert "2 new migrations" in command(release, "migrate").stdout
    assert "0 new migrations" in command(release, "migrate").stdout


def test_a_check_before_the_build_fails(hello: Path, tmp_path: Path) -> None:
    done = command(checkout(hello, "main", tmp_path / "1"), "check")

    assert done.returncode == 1
    assert "build/index.html is missing" in done.stderr


def test_a_check_notices_that_another_release_is_current(hello: Path, tmp_path: Path) -> None:
    old = checkout(hello, "v1.0", tmp_path / "releases" / "1")
    new = checkout(hello, "main", tmp_path / "releases" / "2")
    for release in (old, new):
        command(release, "build")
    (tmp_path / "current").symlink_to(old)

    assert command(old, "check").returncode == 0
    assert "does not tell revision" in command(new, "check").stderr
