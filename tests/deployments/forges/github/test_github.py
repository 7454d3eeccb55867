"""Code at GitHub: names and commits by git, signed in."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deployments.exceptions import ForgeError, Invalid, RepositoryAway, UnknownRef
from deployments.forges import git, mirrors
from deployments.forges.contract import Source
from deployments.forges.github import GitHubForge
from deployments.forges.github.access import opened
from tests.servers.github.hub import TOKEN, GitHub
from tests.servers.repositories import Repository


def test_a_branch_of_a_private_repository_is_found(
    forge: GitHubForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit({"a": "a"}, branch="feature/ä&b")

    found = forge.resolve(source, "feature/ä&b")

    assert (found.sha, found.ref, found.kind) == (sha, "feature/ä&b", "branch")
    assert forge.diff(source, None, sha).changed == 1


def test_branches_and_tags_are_listed(
    forge: GitHubForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    repository.tag("v1", sha, "First")

    refs = forge.refs(source)

    assert (refs.default, [one.name for one in refs.branches], refs.tags[0].sha) == (
        "main", ["main"], sha,
    )  # fmt: skip


def test_a_name_costs_no_request_of_the_api(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source
) -> None:
    repository.commit()

    forge.resolve(source)

    assert hub.asked == []


@pytest.mark.parametrize("ref", ["#12", "pull/12", "refs/pull/12/head"])
def test_a_pull_request_is_its_head(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source, ref: str
) -> None:
    repository.commit()
    sha = repository.commit({"fork": "x"}, branch="aside")
    hub.pull("acme/web", 12, sha)
    repository.delete("refs/heads/aside")  # as if it came from a fork

    found = forge.resolve(source, ref)

    assert (found.sha, found.ref, found.kind) == (sha, "#12", "pull request")
    assert forge.mirror(source, sha).path.exists()


def test_a_pull_request_that_was_pushed_over_is_what_it_is_now(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source
) -> None:
    hub.pull("acme/web", 12, repository.commit(branch="aside"))
    forge.resolve(source, "#12")
    sha = repository.commit({"b": "b"}, branch="other")
    hub.pull("acme/web", 12, sha)

    assert forge.resolve(source, "#12").sha == sha


def test_a_pull_request_that_is_none_is_refused(
    forge: GitHubForge, repository: Repository, source: Source
) -> None:
    repository.commit()

    with pytest.raises(UnknownRef, match="acme/web has no pull request #13"):
        forge.resolve(source, "#13")


def test_a_branch_named_like_a_pull_request_is_refused_with_both(
    forge: GitHubForge, hub: GitHub, repository: Repository, source: Source
) -> None:
    hub.pull("acme/web", 12, repository.commit(branch="#12"))

    with pytest.raises(UnknownRef, match="refs/pull/12/head, refs/heads/#12"):
        forge.resolve(source, "#12")


@pytest.mark.parametrize("token", ["ghp_revoked", "ghs a/b@c:d"])
def test_a_token_that_is_past_its_end_is_told(
    forge: GitHubForge, repository: Repository, closed: Source, token: str
) -> None:
    repository.commit()

    with pytest.raises(ForgeError, match="does not take the credential of acme/web") as refusal:
        forge.resolve(opened(closed, token))

    assert token not in str(refusal.value)


def test_a_token_without_the_right_is_told_which_it_takes(
    forge: GitHubForge, hub: GitHub, repository: Repository, closed: Source
) -> None:
    repository.commit()
    hub.tokens["ghp_other"] = {"acme/other"}

    with pytest.raises(ForgeError, match="a fine-grained token must name the repository"):
        forge.resolve(opened(closed, "ghp_other"))


def test_without_a_credential_it_says_so(
    forge: GitHubForge, repository: Repository, closed: Source
) -> None:
    with pytest.raises(ForgeError, match="It is private, or does not exist"):
        forge.resolve(closed)
    with pytest.raises(Invalid, match="Set a token or an App"):
        forge.checks(closed, "a" * 40)


def test_a_server_that_is_gone_is_away(forge: GitHubForge, source: Source) -> None:
    gone = opened(Source("https://127.0.0.1:1/acme/web", "acme/web"), TOKEN)

    with pytest.raises(RepositoryAway):
        forge.resolve(gone)


def test_the_token_is_in_no_argument_no_environment_and_no_file_afterwards(
    forge: GitHubForge,
    repository: Repository,
    source: Source,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository.commit()
    seen: list[str] = []
    files: list[str] = []
    start = subprocess.Popen

    def spying(arguments: list[str], **more: object) -> subprocess.Popen[bytes]:
        environment = more.get("env") or {}
        seen.extend([*arguments, *dict(environment).values()])  # type: ignore[call-overload]
        files.extend(str(path) for path in Path(os.environ["TMPDIR"]).rglob("credentials"))
        started: subprocess.Popen[bytes] = start(arguments, **more)  # type: ignore[call-overload]
        return started

    (tmp_path / "handed").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "handed"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(subprocess, "Popen", spying)
    forge.resolve(source)

    assert files
    assert TOKEN not in " ".join(seen)
    assert list((tmp_path / "handed").iterdir()) == []
    kept = [path for path in mirrors.place(source).rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]


def test_only_its_owner_can_read_the_file_of_the_token() -> None:
    with git._handed("https://x:secret@host") as more:
        path = Path(more["GIT_CONFIG_VALUE_0"].removeprefix("store --file="))
        assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    assert not path.parent.exists()


def test_a_source_never_shows_its_token(source: Source) -> None:
    assert TOKEN not in f"{source!r} {source.access!r}"
