from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest
from pytest_django import Settings

from deployments.exceptions import ForgeError
from deployments.forges import git
from deployments.forges.contract import Source
from deployments.forges.local import LocalForge
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A program whose start leaves a trace; it is `marker` with the ending .sh."""
    program = tmp_path / "marker.sh"
    program.write_text(f'#!/bin/sh\ntouch {tmp_path}/marker\nexec "$@"\n')
    program.chmod(0o755)
    return tmp_path / "marker"


@pytest.mark.parametrize(
    "key",
    [
        "uploadpack.packObjectsHook",
        "core.fsmonitor",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "core.pager",
        "core.editor",
        "core.askPass",
        "core.gitProxy",
        "credential.helper",
        "diff.external",
        "gpg.program",
    ],
)
def test_settings_of_a_hostile_repository_start_nothing(
    forge: LocalForge, repository: Repository, source: Source, marker: Path, key: str
) -> None:
    sha = repository.commit({"a": "a"})
    repository.git("config", key, f"{marker}.sh")

    forge.mirror(source, forge.resolve(source).sha)
    forge.diff(source, None, sha)

    assert not marker.exists()


def test_hooks_of_a_hostile_repository_do_not_run(
    forge: LocalForge, repository: Repository, source: Source, marker: Path
) -> None:
    repository.commit()
    (repository.path / "hooks").mkdir()
    for hook in ("post-upload-pack", "pre-upload-pack", "reference-transaction", "post-checkout"):
        (repository.path / "hooks" / hook).symlink_to(f"{marker}.sh")

    forge.resolve(source)

    assert not marker.exists()


def test_a_missing_object_is_not_fetched_from_where_the_repository_says(
    forge: LocalForge, repository: Repository, source: Source, marker: Path
) -> None:
    repository.commit({"a": "a"})
    blob = repository.git("rev-parse", "main:a")
    repository.git("config", "extensions.partialClone", "evil")
    repository.git("config", "remote.evil.promisor", "true")
    repository.git("config", "remote.evil.url", f"ext::{marker}.sh")
    repository.git("config", "protocol.ext.allow", "always")
    _remove_object(repository, blob)

    with pytest.raises(ForgeError):
        forge.resolve(source)

    assert not marker.exists()


def test_settings_of_the_person_who_runs_shipmate_are_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".gitconfig").write_text("[alias]\n\tname = value\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'alias.name=value'")

    assert git.run(None, ["config", "--get", "alias.name"]).code == 1


def test_variables_that_steer_git_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND", "GIT_SSH", "LD_PRELOAD"):
        monkeypatch.setenv(name, "/tmp/x")

    assert not {"GIT_DIR", "GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND", "GIT_SSH", "LD_PRELOAD"} & set(
        git.environment()
    )


@pytest.mark.parametrize("url", ["ext::sh -c true", "git://127.0.0.1/a", "http://127.0.0.1/a"])
def test_git_itself_refuses_other_protocols(repository: Repository, url: str) -> None:
    output = git.run(repository.path, ["ls-remote", "--", url])

    assert output.code
    assert "not allowed" in output.error


def test_a_repository_of_somebody_else_can_be_read(
    forge: LocalForge, repository: Repository, source: Source
) -> None:
    sha = repository.commit()
    if os.getuid() == 0:
        for path in (repository.path, *repository.path.rglob("*")):
            os.chown(path, 65_534, 65_534)

    assert forge.resolve(source).sha == sha


def test_what_takes_too_long_is_ended_with_all_it_started(repository: Repository) -> None:
    repository.git("config", "alias.wait", "!sleep 31.4159 & sleep 31.4159")
    start = time.monotonic()

    output = git.run(repository.path, ["wait"], timeout=0.5)

    assert output.ended == "time"
    assert time.monotonic() - start < 10
    assert not [
        p for p in psutil.process_iter(["cmdline"]) if "31.4159" in (p.info["cmdline"] or [])
    ]


def test_a_slow_local_command_is_a_refusal(repository: Repository, settings: Settings) -> None:
    repository.git("config", "alias.wait", "!sleep 30")
    settings.GIT_TIMEOUT = 0.3

    with pytest.raises(ForgeError, match=r"git wait took longer than 0\.3 s"):
        git.read(repository.path, ["wait"])


def test_too_much_output_ends_git(repository: Repository) -> None:
    repository.git("config", "alias.flood", "!yes")

    output = git.run(repository.path, ["flood"], limit=10_000)

    assert (output.ended, len(output.out)) == ("limit", 10_000)


def test_a_flood_of_complaints_is_cut(repository: Repository) -> None:
    flood = "!yes | head -c 3000000 >&2; echo fatal: the reason >&2; exit 1"
    repository.git("config", "alias.flood", flood)

    error = git.run(repository.path, ["flood"]).error

    assert error.endswith("y y fatal: the reason")
    assert len(error) <= git.SHOWN


def test_complaints_carry_neither_credentials_nor_control_characters(
    repository: Repository,
) -> None:
    words = "fatal: \\033[31mhttps://alice:s3cret99@host/a is away"
    repository.git("config", "alias.complain", f"!printf '{words}' >&2; exit 1")

    with pytest.raises(ForgeError, match=r"\[31mhttps://host/a is away") as refusal:
        git.read(repository.path, ["complain"])

    assert "s3cret99" not in str(refusal.value)
    assert "\033" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "main", "-x", "a" * 39, "A" * 40, "a" * 40 + "\n", "g" * 40])
def test_nothing_but_a_full_sha_passes_for_one(text: str) -> None:
    with pytest.raises(ForgeError, match="is not a full commit id"):
        git.full_sha(text)


def test_objects_are_looked_up_by_name(repository: Repository) -> None:
    sha = repository.commit()

    assert git.lookup(repository.path, ["main", "none", sha]) == [
        (sha, "commit"),
        None,
        (sha, "commit"),
    ]


def test_a_missing_object_is_said_by_its_id(repository: Repository) -> None:
    with git.objects(repository.path) as reader, pytest.raises(ForgeError, match="no object 1111"):
        list(reader.blocks("1" * 40))


def test_a_reader_that_outlives_its_time_ends(repository: Repository) -> None:
    repository.commit({"a": "a" * 10})
    blob = repository.git("rev-parse", "main:a")

    with git.ObjectReader(repository.path, 0.2) as reader:
        time.sleep(0.6)
        with pytest.raises(ForgeError):
            list(reader.blocks(blob))


def _remove_object(repository: Repository, oid: str) -> None:
    """Unpack everything, then drop one object."""
    packs = list((repository.path / "objects/pack").glob("*.pack"))
    moved = [pack.rename(repository.path / pack.name) for pack in packs]
    for pack in moved:
        repository.git("unpack-objects", "-q", feed=pack.read_bytes())
    for index in (repository.path / "objects/pack").iterdir():
        index.unlink()
    (repository.path / "objects" / oid[:2] / oid[2:]).unlink()
