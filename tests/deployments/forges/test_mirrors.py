from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges import git, mirrors
from deployments.forges.contract import Source
from deployments.forges.local import LocalForge
from deployments.forges.locks import locked
from tests.servers.repositories import START, Repository

pytestmark = pytest.mark.slow

ANOTHER_PROCESS = """
import django.conf, sys
from pathlib import Path
django.conf.settings.configure(
    SHIPMATE_STATE=Path(sys.argv[1]), SHIPMATE_REPOSITORY_ROOTS=[Path(sys.argv[2])],
    SHIPMATE_MIRROR_MAX_MB=100, GIT_TIMEOUT=60)
from deployments.forges.contract import Source
from deployments.forges.local import LocalForge
source = Source(sys.argv[3], "web")
forge = LocalForge()
print("ready", flush=True)
sys.stdin.readline()
found = forge.resolve(source, "main")
forge.mirror(source, found.sha)
print(found.sha)
"""


def folder_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_mirror_has_neither_hooks_nor_foreign_settings(
    repository: Repository, source: Source
) -> None:
    repository.git("config", "core.fsmonitor", "/tmp/x")
    repository.commit()

    mirror = mirrors.refresh(source)

    assert not (mirror / "hooks").exists()
    assert "fsmonitor" not in (mirror / "config").read_text()


def test_the_same_repository_has_one_mirror_however_it_is_written(
    repository: Repository, source: Source
) -> None:
    assert mirrors.place(source) == mirrors.place(Source(f"file://{repository.path}/", "api"))


def test_deleted_branches_and_tags_leave_the_mirror(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    repository.branch("old", sha)
    repository.tag("v1", sha)
    forge.refs(source)
    repository.delete("refs/heads/old")
    repository.delete("refs/tags/v1")

    refs = forge.refs(source)

    assert [ref.name for ref in (*refs.branches, *refs.tags)] == ["main"]


def test_a_branch_may_become_a_folder_of_branches(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.branch("a", repository.commit())
    forge.refs(source)
    repository.delete("refs/heads/a")
    sha = repository.commit(branch="a/b")

    assert forge.resolve(source, "a/b").sha == sha


def test_a_moved_tag_moves(forge: LocalForge, repository: Repository, source: Source) -> None:
    repository.tag("live", repository.commit())
    forge.resolve(source, "live")
    new = repository.commit()
    repository.git("tag", "--force", "live", new)

    assert forge.resolve(source, "live").sha == new


def test_other_refs_of_the_source_are_not_taken(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit(branch="hidden")
    repository.commit()
    repository.git("update-ref", "refs/pull/1/head", sha)
    repository.git("update-ref", "refs/replace/" + sha, repository.git("rev-parse", "main"))
    repository.delete("refs/heads/hidden")

    with pytest.raises(ForgeError, match="no commit"):
        forge.resolve(source, sha)


def test_a_deployed_commit_outlives_a_push_over_it(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    first = repository.commit({"a": "1"})
    deployed = repository.commit({"a": "2"})
    mirror = forge.mirror(source, deployed).path
    repository.commit({"a": "3"}, parent=first)
    forge.resolve(source, "main")
    repository.git(f"--git-dir={mirror}", "gc", "--quiet", "--prune=now")

    assert forge.between(source, first, deployed).ahead == 1
    assert forge.mirror(source, deployed).path == mirror


def test_without_being_kept_such_a_commit_would_be_gone(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    first, lost = repository.commit({"a": "1"}), repository.commit({"a": "2"})
    forge.resolve(source, "main")
    repository.commit({"a": "3"}, parent=first)
    mirror = mirrors.refresh(source)
    repository.git(f"--git-dir={mirror}", "gc", "--quiet", "--prune=now")

    assert not mirrors.holds(source, lost)


def test_a_known_commit_is_read_without_asking(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    forge.mirror(source, sha)
    shutil.rmtree(repository.path)

    assert forge.notes(source, sha).lfs == ()


def test_an_unknown_commit_of_a_repository_that_is_away_is_away(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    forge.mirror(source, repository.commit())
    shutil.rmtree(repository.path)

    with pytest.raises(RepositoryAway):
        forge.mirror(source, "1" * 40)


def test_two_processes_fetch_the_same_mirror_at_once(
    repository: Repository, source: Source, root: Path, settings: Settings
) -> None:
    sha = repository.commit({"a": os.urandom(2_000_000)})
    command = [sys.executable, "-c", ANOTHER_PROCESS, str(settings.SHIPMATE_STATE)]
    workers = [
        subprocess.Popen(
            [*command, str(root), source.location],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ},
        )
        for _ in range(3)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"

    said = [worker.communicate("go\n")[0] for worker in workers]

    assert said == [f"{sha}\n"] * 3
    assert len(list((mirrors.place(source) / "objects/pack").glob("*.pack"))) == 1


def test_a_repository_without_news_needs_no_lock(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    forge.resolve(source)

    with locked(mirrors.place(source).with_suffix(".lock"), 1, "fetching web"):
        assert forge.resolve(source).sha == sha


def test_whoever_waits_too_long_for_the_lock_is_told(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "lock", 1, "fetching web"),
        pytest.raises(RepositoryAway, match="Another process has been fetching web"),
        locked(tmp_path / "lock", 0.1, "fetching web"),
    ):
        pass


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    program = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'ab'), fcntl.LOCK_EX)"
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "lock")], check=True)

    with locked(tmp_path / "lock", 0.1, "fetching web"):
        pass


def test_a_repository_that_is_too_large_is_refused_each_time(
    forge: LocalForge, repository: Repository, source: Source, settings: Settings
) -> None:
    settings.SHIPMATE_MIRROR_MAX_MB = 1
    repository.commit({"a": os.urandom(3_000_000)})

    for _ in range(2):
        with pytest.raises(ForgeError, match="web has more than 1 MB"):
            forge.resolve(source)


def test_a_fetch_is_stopped_while_it_grows_too_large(
    repository: Repository, source: Source, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SHIPMATE_MIRROR_MAX_MB = 1
    monkeypatch.setattr(git, "TICK", 0.01)
    repository.commit({str(n): os.urandom(1_000_000) for n in range(10)})

    with pytest.raises(ForgeError, match="more than 1 MB"):
        mirrors.refresh(source)

    assert folder_size(mirrors.place(source)) < 10_000_000


def test_a_killed_fetch_leaves_nothing_behind(repository: Repository, source: Source) -> None:
    repository.commit()
    mirror = mirrors.refresh(source)
    (mirror / "objects/pack/tmp_pack_x").write_bytes(b"half")
    repository.commit()

    mirrors.refresh(source)

    assert not list(mirror.glob("objects/**/tmp_*"))


GRAPHS = "objects/info/commit-graphs"


def test_a_mirror_has_a_graph_of_its_commits(repository: Repository, source: Source) -> None:
    repository.commit()

    assert (mirrors.refresh(source) / GRAPHS / "commit-graph-chain").exists()


@pytest.mark.parametrize(
    "lock",
    ["refs/heads/main.lock", "packed-refs.lock", "HEAD.lock", f"{GRAPHS}/commit-graph-chain.lock"],
)
def test_a_lock_that_a_killed_git_left_does_not_stay(
    forge: LocalForge, repository: Repository, source: Source, lock: str
) -> None:
    repository.commit()
    mirror = mirrors.refresh(source)
    (mirror / lock).touch()
    os.utime(mirror / lock, (START, START))
    repository.delete("refs/heads/main")
    sha = repository.commit(branch="trunk")

    assert forge.resolve(source).sha == sha


def test_a_kept_commit_is_not_stopped_by_such_a_lock(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    folder = mirrors.refresh(source) / "refs/shipmate/keep"
    folder.mkdir(parents=True)
    (folder / f"{sha}.lock").touch()
    os.utime(folder / f"{sha}.lock", (START, START))

    forge.mirror(source, sha)

    assert (folder / sha).exists()


def test_half_a_mirror_is_made_again(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    (mirrors.place(source) / "objects").mkdir(parents=True)

    assert forge.resolve(source).sha == sha


def test_a_tree_that_would_write_elsewhere_is_not_taken(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", feed=b"x")
    raw = b"100644 ..\0" + bytes.fromhex(blob)
    tree = repository.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", feed=raw)
    repository.branch("main", repository.git("commit-tree", "-m", "evil", tree))

    with pytest.raises(ForgeError, match=r"hasDotdot.*took nothing"):
        forge.resolve(source)


def test_a_repository_that_names_commits_otherwise_is_refused_in_words(
    root: Path, forge: LocalForge
) -> None:
    place = root / "sha256"
    init = ["git", "init", "--quiet", "--bare", "--object-format=sha256", "-b", "main", str(place)]
    subprocess.run(init, check=True)
    commit = b"commit refs/heads/main\ncommitter A <a@example.org> 1 +0000\ndata 1\nx\n"
    subprocess.run(["git", "fast-import", "--quiet"], cwd=place, input=commit, check=True)

    with pytest.raises(ForgeError, match="whose commits are named by SHA-1"):
        forge.resolve(Source(str(place), "web"), None)


def test_a_broken_repository_is_a_refusal(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    repository.commit()
    for folder in (repository.path / "objects").glob("??"):
        shutil.rmtree(folder)

    with pytest.raises(ForgeError) as refusal:
        forge.resolve(source)

    assert not isinstance(refusal.value, RepositoryAway)
