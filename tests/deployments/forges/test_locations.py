from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from deployments.exceptions import ForgeError, Invalid, RepositoryAway
from deployments.forges.contract import Source
from deployments.forges.local import LocalForge
from deployments.forges.locations import git_folder, validate_location
from tests.servers.repositories import Repository


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://GitHub.com/acme/web.git", "https://github.com/acme/web.git"),
        ("HTTPS://host:8443/a/b/", "https://host:8443/a/b"),
        (" https://host/a ", "https://host/a"),
        ("ssh://git@Host:2222/acme/web", "ssh://git@host:2222/acme/web"),
        ("ssh://host/~alice/web", "ssh://host/~alice/web"),
        ("ssh://H@H/Path", "ssh://H@h/Path"),
        ("git@GitHub.com:acme/Web.git", "git@github.com:acme/Web.git"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]/a"),
    ],
)
def test_an_address_has_one_spelling(given: str, kept: str) -> None:
    assert validate_location(given) == kept


@pytest.mark.parametrize(
    "text",
    [
        "ext::sh -c touch% /tmp/x",
        "ext::git@host:path",
        "fd::17/foo",
        "git@host::path",
        "http://host/a",
        "git://host/a",
        "ftp://host/a",
        "rsync://host/a",
        "--upload-pack=touch /tmp/x",
        "-oProxyCommand=id",
        "-",
        "ssh://-oProxyCommand=id/a",
        "ssh://-oProxyCommand=id@host/a",
        "ssh://git@-oProxyCommand=id/a",
        "ssh://host:22x/a",
        "-oProxyCommand=id@host:a",
        "git@-oProxyCommand=id:a",
        "git@host:-a",
        "git@host:--upload-pack=id",
        "git@ho$(id)st:a",
        "git@host:a b",
        "git@host:a\nb",
        "host:a",
        "C:\\web",
        "web",
        "./web",
        "../web",
        "~/web",
        "",
        " ",
        "https://host/a\x00b",
        "https://host/a%0ab",
        "https://host/a\n",
        "https://host/a?token=b",
        "https://host/a#b",
        "https://host",
        "https://hösт/a",
        "https://169.254.169.254/a",
        "git@169.254.169.254:a",
        "https://[fe80::1]/a",
        "https://host/" + "a" * 1000,
        "https://host/\udcff",
        "file://host/a",
        "file://a",
        "file:///a%00b",
        "file:///a%ff",
    ],
)
def test_every_other_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        validate_location(text)


@pytest.mark.parametrize("text", ["--upload-pack=id", "-oProxyCommand=id@host:a"])
def test_an_option_is_called_by_its_name(text: str) -> None:
    with pytest.raises(Invalid, match="never begins with “-”"):
        validate_location(text)


@pytest.mark.parametrize("name", ["a\nb", "a\x00b", "a\x1bb", "a\n"])
def test_a_path_has_no_control_characters(root: Path, name: str) -> None:
    with pytest.raises(Invalid, match="no address of a repository"):
        validate_location(f"{root}/{name}")


@pytest.mark.parametrize(
    "text",
    ["https://alice:s3cret99@host/a", "https://s3cret99@host/a", "ssh://git:s3cret99@host/a"],
)
def test_a_password_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(Invalid, match="Take it out; use an ssh:// address") as refusal:
        validate_location(text)

    assert "s3cret99" not in str(refusal.value)


def test_a_path_under_a_root_is_kept_without_links(root: Path, repository: Repository) -> None:
    (root / "link").symlink_to(repository.path)

    assert validate_location(str(root / "link")) == str(repository.path)
    assert validate_location(f"file://{root}/x/../web%2Egit/") == str(repository.path)


@pytest.mark.parametrize(
    "path", ["/", "/etc", "{root}/../outside", "{root}-of-bob/web", "/etc/../etc"]
)
def test_a_path_outside_the_roots_is_refused(root: Path, path: str) -> None:
    with pytest.raises(Invalid):
        validate_location(path.format(root=root))


def test_a_link_out_of_the_root_is_refused(root: Path, tmp_path: Path) -> None:
    Repository(tmp_path / "private.git").commit()
    root.mkdir()
    (root / "web").symlink_to(tmp_path / "private.git")

    with pytest.raises(Invalid, match="leads outside"):
        validate_location(str(root / "web"))


def test_a_link_to_nothing_outside_is_refused(root: Path, tmp_path: Path) -> None:
    root.mkdir()
    (root / "web").symlink_to(tmp_path / "not-there-yet")

    with pytest.raises(Invalid):
        validate_location(str(root / "web"))


def test_a_loop_of_links_is_refused(root: Path) -> None:
    root.mkdir()
    (root / "a").symlink_to(root / "b")
    (root / "b").symlink_to(root / "a")

    with pytest.raises(Invalid, match="no usable path"):
        validate_location(str(root / "a"))


def test_without_roots_no_path_is_allowed(root: Path, settings: Settings) -> None:
    settings.SHIPMATE_REPOSITORY_ROOTS = []

    with pytest.raises(Invalid, match="none"):
        validate_location(str(root))


def test_a_repository_that_became_a_link_out_is_refused(
    forge: LocalForge, repository: Repository, source: Source, tmp_path: Path
) -> None:
    forge.resolve(source, repository.commit())
    repository.path.rename(tmp_path / "private.git")
    repository.path.symlink_to(tmp_path / "private.git")

    with pytest.raises(Invalid, match="leads outside"):
        forge.resolve(source, "main")


def test_a_checkout_is_read_by_its_git_folder(root: Path, repository: Repository) -> None:
    repository.commit()
    repository.git("clone", "--quiet", "--", str(repository.path), str(root / "checkout"))

    assert git_folder(str(root / "checkout")) == root / "checkout" / ".git"


def test_a_worktree_is_a_repository(forge: LocalForge, root: Path, repository: Repository) -> None:
    sha = repository.commit()
    repository.git("worktree", "add", "--quiet", "--", str(root / "tree"), "main")

    assert forge.resolve(Source(str(root / "tree"), "tree")).sha == sha


def test_a_git_file_that_points_out_is_refused(root: Path, tmp_path: Path) -> None:
    private = Repository(tmp_path / "private.git")
    (root / "web").mkdir(parents=True)
    (root / "web" / ".git").write_text(f"gitdir: {private.path}\n")

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(root / "web"))


def test_a_git_file_does_not_tell_what_is_outside(root: Path, tmp_path: Path) -> None:
    (root / "web").mkdir(parents=True)
    (root / "web" / ".git").write_text(f"gitdir: {tmp_path}/nothing-here\n")

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(root / "web"))


def test_a_git_folder_that_is_a_link_out_is_refused(root: Path, tmp_path: Path) -> None:
    (root / "web").mkdir(parents=True)
    (root / "web" / ".git").symlink_to(Repository(tmp_path / "private.git").path)

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(root / "web"))


def test_a_git_file_in_a_git_folder_leads_nowhere(
    forge: LocalForge, root: Path, repository: Repository, tmp_path: Path
) -> None:
    sha = repository.commit()
    repository.git("clone", "--quiet", "--", str(repository.path), str(root / "checkout"))
    private = Repository(tmp_path / "private.git")
    private.commit(message="Secret")
    (root / "checkout/.git/.git").write_text(f"gitdir: {private.path}\n")

    assert forge.resolve(Source(str(root / "checkout"), "web")).sha == sha


def test_a_common_folder_that_is_outside_is_refused(repository: Repository, tmp_path: Path) -> None:
    private = Repository(tmp_path / "private.git")
    (repository.path / "commondir").write_text(f"{private.path}\n")

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(repository.path))


@pytest.mark.parametrize("relative", [False, True])
def test_objects_borrowed_from_outside_are_refused(
    repository: Repository, tmp_path: Path, relative: bool
) -> None:
    objects = Repository(tmp_path / "private.git").path / "objects"
    written = os.path.relpath(objects, repository.path / "objects") if relative else objects
    (repository.path / "objects/info/alternates").write_text(f"# note\n\n{written}\n")

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(repository.path))


def test_objects_borrowed_by_a_neighbour_from_outside_are_refused(
    root: Path, repository: Repository, tmp_path: Path
) -> None:
    neighbour, private = Repository(root / "api.git"), Repository(tmp_path / "private.git")
    (neighbour.path / "objects/info/alternates").write_text(f"{private.path}/objects\n")
    (repository.path / "objects/info/alternates").write_text(f"{neighbour.path}/objects\n")

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(repository.path))


def test_borrowed_objects_that_are_links_out_are_refused(
    root: Path, repository: Repository, tmp_path: Path
) -> None:
    borrowed = root / "borrowed"
    borrowed.mkdir()
    (borrowed / "pack").symlink_to(Repository(tmp_path / "private.git").path / "objects/pack")
    (repository.path / "objects/info/alternates").write_text(f"{borrowed}\n")

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(repository.path))


def test_objects_borrowed_in_a_circle_are_refused(repository: Repository) -> None:
    objects = repository.path / "objects"
    (objects / "info/alternates").write_text(f"{objects}\n")

    with pytest.raises(Invalid, match="cannot be checked"):
        git_folder(str(repository.path))


def test_objects_borrowed_from_a_neighbour_are_used(
    forge: LocalForge, root: Path, repository: Repository
) -> None:
    sha = repository.commit()
    repository.git(
        "clone", "--quiet", "--bare", "--shared", "--", str(repository.path), str(root / "b.git")
    )

    assert forge.resolve(Source(str(root / "b.git"), "b")).sha == sha


@pytest.mark.parametrize("part", ["objects", "refs", "objects/pack", "objects/ab", "packed-refs"])
def test_a_part_that_is_a_link_out_is_refused(
    repository: Repository, tmp_path: Path, part: str
) -> None:
    place = repository.path / part
    private = tmp_path / "private"
    place.rename(private) if place.exists() else private.mkdir()
    place.symlink_to(private)

    with pytest.raises(Invalid, match="leads outside"):
        git_folder(str(repository.path))


def test_a_folder_that_is_not_there_is_away(root: Path) -> None:
    with pytest.raises(RepositoryAway, match="There is no folder"):
        git_folder(str(root / "gone"))


def test_a_name_that_no_disk_can_have_is_away(root: Path) -> None:
    with pytest.raises(RepositoryAway):
        git_folder(str(root / ("x" * 300)))


def test_a_folder_without_a_repository_says_so(root: Path) -> None:
    (root / "web").mkdir(parents=True)

    with pytest.raises(ForgeError, match="is not a git repository"):
        git_folder(str(root / "web"))


def test_a_file_is_no_repository(root: Path) -> None:
    root.mkdir()
    (root / "web.bundle").write_bytes(b"# v2 git bundle\n")

    with pytest.raises(ForgeError, match="is not a git repository"):
        git_folder(str(root / "web.bundle"))


def test_a_shallow_clone_is_refused_with_the_way_out(root: Path, repository: Repository) -> None:
    repository.commit()
    repository.commit()
    url = f"file://{repository.path}"
    repository.git("clone", "--quiet", "--depth=1", "--", url, str(root / "shallow"))

    with pytest.raises(ForgeError, match="unshallow"):
        git_folder(str(root / "shallow"))
