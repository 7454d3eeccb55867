"""Merging in a repository on this machine: bare ones alone, and no program of anybody else."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deployments.exceptions import ForgeError, UnknownRef
from deployments.forges import merging
from deployments.forges.contract import Author, Merge, Source
from deployments.forges.local import LocalForge
from tests.deployments.forges import test_merging
from tests.servers.repositories import Repository

wish = test_merging.wish
tip = test_merging.tip


def test_who_asked_is_the_author_and_shipmate_the_committer(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    made = forge.merge(source, wish)

    named = repository.git("log", "-1", "--format=%an <%ae>, %cn <%ce>, %at", made.sha)
    assert named == "Ana <ana@example.org>, Shipmate <shipmate@localhost>, 1777593600"


@pytest.mark.parametrize("name", ["hooks", "elsewhere"])
def test_no_hook_of_the_repository_runs(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge, root: Path, name: str
) -> None:
    folder, mark = repository.path / name, root / "mark"
    folder.mkdir(exist_ok=True)
    for hook in ("reference-transaction", "update", "pre-receive", "post-receive", "post-update"):
        (folder / hook).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (folder / hook).chmod(0o755)
    if name != "hooks":
        repository.git("config", "core.hooksPath", str(folder))

    forge.merge(source, wish)

    assert not mark.exists()


def test_no_merge_driver_of_the_repository_runs(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge, root: Path
) -> None:
    mark = root / "mark"
    repository.git("config", "merge.odd.driver", f"touch {mark}")
    (repository.path / "info").mkdir(exist_ok=True)
    (repository.path / "info/attributes").write_text("* merge=odd\n")
    repository.commit({"same": "1\n"}, branch="fix")
    base = repository.commit({"same": "2\n"})

    with pytest.raises(ForgeError):
        forge.merge(source, Merge("fix", "main", base, "x", wish.author, wish.at))

    assert not mark.exists()


def test_a_push_in_between_is_not_lost(
    forge: LocalForge,
    repository: Repository,
    source: Source,
    wish: Merge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pushed: list[str] = []
    make = merging._made

    def beaten(mirror: Path, wish: Merge, tip: str) -> str:
        made = make(mirror, wish, tip)
        if not pushed:
            pushed.append(repository.commit({"late": "x\n"}, branch="fix"))
        return made

    monkeypatch.setattr(merging, "_made", beaten)
    made = forge.merge(source, wish)

    assert repository.git("rev-parse", f"{made.sha}^1") == pushed[0]
    assert "late" in repository.git("ls-tree", "--name-only", made.sha)


def test_a_branch_that_goes_in_between_is_told(
    forge: LocalForge,
    repository: Repository,
    source: Source,
    wish: Merge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make = merging._made

    def beaten(mirror: Path, wish: Merge, tip: str) -> str:
        repository.delete("refs/heads/fix")
        return make(mirror, wish, tip)

    monkeypatch.setattr(merging, "_made", beaten)

    with pytest.raises(UnknownRef, match="no branch “fix” any more"):
        forge.merge(source, wish)


def test_several_workers_at_once_merge_once(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    with ThreadPoolExecutor(4) as workers:
        made = set(workers.map(lambda _: forge.merge(source, wish), range(4)))

    assert {one.sha for one in made} == {tip(repository)}
    assert repository.git("rev-list", "--count", "--merges", "fix") == "1"


def test_a_working_copy_is_not_merged_in(
    forge: LocalForge, repository: Repository, wish: Merge, root: Path
) -> None:
    copy = root / "copy"
    subprocess.run(["git", "clone", "-q", str(repository.path), str(copy)], check=True)
    source = Source(str(copy), "copy")

    assert "somebody's working copy" in forge.no_merge(source)
    with pytest.raises(ForgeError, match="A bare repository can have it"):
        forge.merge(source, wish)


def test_git_alone_asks_no_server_to_merge(forge: LocalForge) -> None:
    said = forge.no_merge(Source("ssh://git@git.example/web.git", "web"))

    assert "A repository at GitHub can have it" in said


def test_a_bare_repository_on_this_machine_can_have_it(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    assert forge.no_merge(source) == ""
    assert forge.no_merge(Source(f"{source.location}-away", "web")) == ""


def test_a_name_cannot_make_another_line(
    forge: LocalForge, repository: Repository, source: Source, wish: Merge
) -> None:
    odd = Author("Ana\nparent x <y>", "a>b@example.org\n")

    made = forge.merge(source, Merge("fix", "main", wish.base_sha, "x", odd, wish.at))

    assert repository.git("log", "-1", "--format=%an|%ae", made.sha) == (
        "Anaparent x y|ab@example.org"
    )
