"""Bare repositories on this machine: one per address, brought up to date under a lock."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from deployments.exceptions import ForgeError, Invalid, RepositoryAway
from deployments.forges import git
from deployments.forges.contract import Away, Source
from deployments.forges.locations import git_folder, is_local, missing, validate_location
from deployments.forges.locks import locked

REFS = ("refs/heads/*", "refs/tags/*")
SPECS = tuple(f"+{name}:{name}" for name in REFS)
SEEN = "shipmate-seen"
REMEMBERED = timedelta(minutes=10)  # what was heard longer ago tells nothing of now
USER = "x-access-token"  # any name does where the password is a token
MEGABYTE = 1024 * 1024
USUAL_DEFAULTS = ("refs/heads/main", "refs/heads/master")
STRICT = "--upload-pack=git-upload-pack --strict --timeout=60"

AWAY = re.compile(
    r"could not resolve|connection (refused|reset|closed|timed out)|timed out|timeout was reached"
    r"|no route to host|network is unreachable|failed to connect|couldn't connect|early eof"
    r"|hung up unexpectedly|returned error: (429|5\d\d)|too slow|unexpected disconnect",
    re.I,
)
HINTS = {
    "host key verification failed": (
        "The host key is not known: add it to ~/.ssh/known_hosts of the user that runs Shipmate."
    ),
    "permission denied": "Give the deploy key of the user that runs Shipmate access to it.",
    "terminal prompts disabled": "It is private, or does not exist; use an ssh:// address.",
    "could not read username": "It is private, or does not exist; use an ssh:// address.",
    "returned error: 30": "Its address leads to another one; set the address that it has now.",
    "shallow": "It is a shallow clone. Run “git fetch --unshallow” in it.",
    "mismatched algorithms": "Shipmate reads repositories whose commits are named by SHA-1.",
    "unable to unpack": "Its object store is damaged; “git fsck” in it tells more.",
    "fsck": "Git found a broken or dangerous object in it and took nothing.",
}


def place(source: Source) -> Path:
    """Return where the mirror of this source is, or will be."""
    name = sha256(validate_location(source.location).encode()).hexdigest()
    return Path(settings.SHIPMATE_STATE) / "mirrors" / f"{name}.git"


def refresh(source: Source) -> Path:
    """Return the mirror as the repository is now; RepositoryAway when nobody can tell."""
    note = _note(source)
    try:
        mirror = _refresh(source)
    except RepositoryAway as error:
        with suppress(OSError):  # only who asks without network would miss it
            note.write_text(str(error))
        raise
    except ForgeError:
        note.unlink(missing_ok=True)  # it has answered, if only to refuse
        raise
    note.unlink(missing_ok=True)
    return mirror


def away(source: Source) -> Away | None:
    """Return why the repository cannot be reached, as far as that is known without asking it.

    A folder on this machine is looked at; of others it is remembered how the last asking ended.
    """
    with suppress(Invalid, OSError):  # an address that may not be used is another trouble
        location = validate_location(source.location)
        if is_local(location):
            text = missing(location)
            return Away(text, datetime.now(UTC)) if text else None
        note = _note(source)
        at = datetime.fromtimestamp(note.stat().st_mtime, UTC)
        if datetime.now(UTC) - at < REMEMBERED:
            return Away(note.read_text(), at)
    return None


def _note(source: Source) -> Path:
    """Return where it stands why the repository could not be reached when it was last asked."""
    return place(source).with_suffix(".away")


def _refresh(source: Source) -> Path:
    mirror = _ensure(source)
    told = _advertised(source, mirror)
    refs = {name: sha for name, sha in told.items() if name != "HEAD"}
    if refs != _held(mirror):
        with _lock(source, mirror):
            if refs != _held(mirror):
                _fetch(source, mirror)
    if _too_large(mirror):
        raise _too_much(source)
    _set_default(mirror, refs, told.get("HEAD", ""))
    (mirror / SEEN).touch()
    return mirror


def last(source: Source) -> Path:
    """Return the mirror as it was last seen; RepositoryAway when it never was."""
    mirror = place(source)
    if not (mirror / SEEN).exists():
        raise RepositoryAway(f"Shipmate has never seen {source.name}.")
    return mirror


def seen_at(mirror: Path) -> datetime:
    """Tell when the repository was last asked with success."""
    return datetime.fromtimestamp((mirror / SEEN).stat().st_mtime, UTC)


def holding(source: Source, *shas: str) -> Path:
    """Return a mirror that has these commits; the network is asked only where it has not."""
    mirror = place(source)
    if _missing(mirror, shas):
        mirror = refresh(source)
    if missing := _missing(mirror, shas):
        raise ForgeError(f"{source.name} has no commit {', '.join(missing)} on any branch or tag.")
    return mirror


def holds(source: Source, sha: str) -> bool:
    """Tell without network whether the mirror has this commit."""
    return not _missing(place(source), (sha,))


def keep(mirror: Path, sha: str) -> None:
    """Hold a commit for ever, also when its branch is deleted or pushed over."""
    name = f"refs/shipmate/keep/{git.full_sha(sha)}"
    _remove_abandoned_locks(mirror)
    git.read(mirror, ["update-ref", "--end-of-options", name, sha])


def _missing(mirror: Path, shas: tuple[str, ...]) -> list[str]:
    names = [git.full_sha(sha) for sha in shas]
    if not (mirror / "HEAD").exists():
        return names
    found = git.lookup(mirror, names)
    return [
        name for name, each in zip(names, found, strict=True) if not each or each[1] != "commit"
    ]


def _lock(source: Source, mirror: Path) -> AbstractContextManager[None]:
    return locked(
        mirror.with_suffix(".lock"), settings.GIT_TIMEOUT * git.LONG, f"fetching {source.name}"
    )


def _ensure(source: Source) -> Path:
    mirror = place(source)
    if not (mirror / "HEAD").exists():
        with _lock(source, mirror):
            if not (mirror / "HEAD").exists():
                _create(mirror)
    return mirror


def _create(mirror: Path) -> None:
    """Make the bare repository beside its place, then put it there in one step."""
    shutil.rmtree(mirror, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=mirror.parent, prefix="new-") as folder:
        made = Path(folder) / "mirror.git"
        command = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]
        output = git.run(None, [*command, "--", str(made)])
        if output.code:
            raise ForgeError(f"No mirror could be made: {output.error}")
        made.rename(mirror)


def _address(source: Source) -> tuple[list[str], str]:
    """Return the options and the address that git is given."""
    location = validate_location(source.location)
    if is_local(location):
        return [STRICT], str(git_folder(location))
    return [], location


def _advertised(source: Source, mirror: Path) -> dict[str, str]:
    """Ask for all branches and tags; HEAD stands for the name of the default branch."""
    options, address = _address(source)
    command = ["ls-remote", "--symref", "--quiet", *options, "--", address, "HEAD", *REFS]
    told: dict[str, str] = {}
    for line in _remote(source, mirror, command, settings.GIT_TIMEOUT).split(b"\n"):
        value, _, name = line.decode(errors="replace").partition("\t")
        if name == "HEAD" and value.startswith("ref: "):
            told["HEAD"] = value.removeprefix("ref: ")
        elif name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}"):
            told[name] = value
    return told


def _held(mirror: Path) -> dict[str, str]:
    command = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"]
    lines = git.read(mirror, command).decode(errors="replace").splitlines()
    return {name: sha for sha, _, name in (line.partition(" ") for line in lines)}


def take(source: Source, ref: str, name: str) -> Path:
    """Return the mirror with this ref of the repository's under a name of ours."""
    mirror = _ensure(source)
    with _lock(source, mirror):
        _fetch(source, mirror, [f"+{ref}:{name}"], prune=False)
    return mirror


def _fetch(
    source: Source, mirror: Path, specs: Sequence[str] = SPECS, *, prune: bool = True
) -> None:
    options, address = _address(source)
    flags = ["--quiet", *(["--prune"] if prune else []), "--no-write-fetch-head", *options]
    factor = 1 if (mirror / SEEN).exists() else git.LONG
    _remove_abandoned_locks(mirror)
    try:
        _remote(
            source,
            mirror,
            ["fetch", *flags, "--", address, *specs],
            settings.GIT_TIMEOUT * factor,
            watch=lambda: _too_large(mirror),
        )
    finally:
        _remove_leftovers(mirror)


def _remote(
    source: Source,
    mirror: Path,
    command: list[str],
    timeout: float,
    watch: Callable[[], bool] | None = None,
) -> bytes:
    """Run a command that talks to the repository, and say in words what went wrong."""
    output = git.run(mirror, command, timeout=timeout, watch=watch, sign_in=_sign_in(source))
    if output.ended == "time":
        raise RepositoryAway(f"{source.name} did not answer within {timeout:.0f} s.")
    if output.ended:
        raise _too_much(source)
    if output.code:
        raise _failure(source, output.error)
    return output.out


def _sign_in(source: Source) -> str:
    """Return the address with what opens it, for the file that git reads it from."""
    if source.access is None:
        return ""
    scheme, _, rest = validate_location(source.location).partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{USER}:{quote(source.access.password(), safe='')}@{host}"


def _failure(source: Source, error: str) -> ForgeError:
    if AWAY.search(error) and not is_local(validate_location(source.location)):
        return RepositoryAway(f"{source.name} cannot be reached: {error}")
    if source.access and (trouble := source.access.trouble()):
        return ForgeError(f"{source.name} cannot be read: {trouble}")
    hint = next((words for sign, words in HINTS.items() if sign in error.lower()), "")
    return ForgeError(f"{source.name} cannot be read: {error} {hint}".strip())


def _too_large(mirror: Path) -> bool:
    size = sum(_size_of(path) for path in (mirror / "objects").rglob("*"))
    return size > settings.SHIPMATE_MIRROR_MAX_MB * MEGABYTE


def _too_much(source: Source) -> ForgeError:
    return ForgeError(
        f"{source.name} has more than {settings.SHIPMATE_MIRROR_MAX_MB} MB"
        " (SHIPMATE_MIRROR_MAX_MB), or too many branches and tags."
    )


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # git renames and removes while this looks
        return 0


def _remove_leftovers(mirror: Path) -> None:
    """Remove what a killed fetch left; nobody else writes packs, because the lock is held."""
    for path in (mirror / "objects").glob("**/tmp_*"):
        if path.is_file():
            path.unlink(missing_ok=True)


def _remove_abandoned_locks(mirror: Path) -> None:
    """Remove git's own locks of a worker that was killed; git holds one for a moment only."""
    long_ago = time.time() - settings.GIT_TIMEOUT
    graphs = mirror / "objects/info/commit-graphs"
    folders = (mirror.glob("*.lock"), (mirror / "refs").rglob("*.lock"), graphs.glob("*.lock"))
    for path in chain(*folders):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < long_ago:
                path.unlink()


def _set_default(mirror: Path, refs: dict[str, str], head: str) -> None:
    names = [name for name in refs if name.startswith("refs/heads/")]
    usual = [name for name in (head, *USUAL_DEFAULTS) if name in names]
    default = next(iter(usual or (names if len(names) == 1 else [])), "refs/heads/main")
    if (mirror / "HEAD").read_text().strip() != f"ref: {default}":
        git.read(mirror, ["symbolic-ref", "--", "HEAD", default])
