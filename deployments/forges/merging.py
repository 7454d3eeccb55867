"""A merge is tried and made in the mirror, whose settings are ours: no driver, hook or filter of
anybody else runs. A repository on this machine then takes the finished commit."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from deployments.exceptions import ForgeError, MergeConflict, RepositoryAway, UnknownRef
from deployments.forges import git, mirrors
from deployments.forges.contract import Author, Merge, Merged, Source
from deployments.forges.locations import git_folder, is_local, validate_location
from deployments.forges.locks import locked
from deployments.forges.text import path

TRIES = 5  # pushes in between, after each of which it is begun anew
COMMITTER = Author("Shipmate", "shipmate@localhost")
# Hooks of the repository are somebody else's programs.
NO_HOOKS = ("-c", "core.hooksPath=/dev/null")
# What git says of a branch that has moved or gone since: it is looked at anew.
MOVED = re.compile("but expected|unable to resolve reference")
NO_NAME = re.compile(r"[<>\n\r\x00]")


@dataclass(frozen=True, slots=True)
class Trial:
    """What a merge would make: a tree, or files in which both sides changed the same."""

    tree: str
    files: tuple[str, ...]
    is_clean: bool


def conflicts(source: Source, branch_sha: str, base_sha: str) -> tuple[str, ...]:
    """Return the files in which a merge would conflict."""
    trial = _try(mirrors.holding(source, branch_sha, base_sha), branch_sha, base_sha)
    return () if trial.is_clean else trial.files or ("files that git does not name",)


def begun(source: Source, mirror: Path, wish: Merge) -> tuple[str, Merged | None]:
    """Return where the branch is, and what came of it where it holds the base already."""
    tip = _tip(source, mirror, wish.branch)
    if not _holds(mirror, tip, wish.base_sha):
        if wish.expects not in ("", tip):
            raise _moved(wish, tip)
        return tip, None
    command = ["rev-list", "--first-parent", "--merges", "--parents", "--end-of-options"]
    lines = git.read(mirror, [*command, tip, f"^{git.full_sha(wish.base_sha)}", "--"])
    for line in lines.decode().splitlines():
        sha, first, *others = line.split()
        if wish.base_sha in others:
            if wish.expects not in ("", first):
                raise _moved(wish, first)
            return tip, Merged(sha, is_new=True)
    if wish.expects not in ("", tip):
        raise _moved(wish, tip)
    return tip, Merged(tip, is_new=False)


def _tip(source: Source, mirror: Path, branch: str) -> str:
    commit = git.lookup(mirror, [f"refs/heads/{branch}^{{commit}}"])[0]
    if commit is None:
        raise UnknownRef(f"{source.name} has no branch “{branch}” any more.", [])
    return commit[0]


def _moved(wish: Merge, sha: str) -> ForgeError:
    return ForgeError(
        f"{wish.branch} was pushed to meanwhile: {wish.base} was to be merged into"
        f" {wish.expects[:7]}, not into {sha[:7]}. Look at it again, then deploy."
    )


def no_merge(source: Source) -> str:
    """Say why git alone cannot merge there."""
    location = validate_location(source.location)
    if not is_local(location):
        return (
            f"Nothing can be merged in {source.name}: git alone asks no server to merge. A"
            " repository at GitHub can have it, and a bare one on this machine."
        )
    return _unfit(source, Path(location))


def merge(source: Source, wish: Merge) -> Merged:
    """Merge in a bare repository on this machine; a push in between has it begun anew."""
    unfit = no_merge(source)
    if unfit:
        raise ForgeError(unfit)
    lock = mirrors.place(source).with_suffix(".merging")
    with locked(lock, settings.GIT_TIMEOUT * git.LONG, f"merging in {source.name}"):
        for _ in range(TRIES):
            mirror = mirrors.refresh(source)
            tip, done = begun(source, mirror, wish)
            if done is not None:
                return done
            made = _made(mirror, wish, tip)
            if _given(source, mirror, wish.branch, made, tip):
                mirrors.refresh(source)
                return Merged(made, is_new=True)
    raise RepositoryAway(f"{wish.branch} of {source.name} is being pushed to again and again.")


def _made(mirror: Path, wish: Merge, tip: str) -> str:
    """Make the merge commit in the mirror."""
    trial = _try(mirror, tip, wish.base_sha)
    if not trial.is_clean:
        raise MergeConflict(wish.base, wish.branch, trial.files)
    when = f"{int(wish.at.timestamp())} +0000"
    head = [
        f"tree {trial.tree}", f"parent {tip}", f"parent {wish.base_sha}",
        f"author {_signed(wish.author)} {when}", f"committer {_signed(COMMITTER)} {when}",
    ]  # fmt: skip
    text = "\n".join([*head, "", wish.message.strip(), ""])
    made = git.read(mirror, ["hash-object", "-t", "commit", "-w", "--stdin"], feed=text.encode())
    return git.full_sha(made.decode().strip())


def _signed(author: Author) -> str:
    name = NO_NAME.sub("", author.name).strip() or "Somebody"
    return f"{name} <{NO_NAME.sub('', author.email).strip()}>"


@lru_cache(maxsize=200)
def _try(mirror: Path, ours: str, theirs: str) -> Trial:
    """Merge two commits, whose outcome never changes. Objects are left in the mirror at most."""
    command = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z"]
    pair = [git.full_sha(ours), git.full_sha(theirs)]
    output = git.run(mirror, [*command, *pair])
    if output.ended or output.code not in (0, 1):
        raise ForgeError(f"git merge-tree: {output.error or f'ended with {output.code}'}")
    tree, *files = output.out.rstrip(b"\0").split(b"\0")
    named = tuple(dict.fromkeys(path(name) for name in files if name))
    return Trial(git.full_sha(tree.decode()), named, is_clean=output.code == 0)


def _holds(mirror: Path, tip: str, sha: str) -> bool:
    return git.run(mirror, ["merge-base", "--is-ancestor", sha, tip]).code == 0


def _given(source: Source, mirror: Path, branch: str, made: str, tip: str) -> bool:
    """Give the commit to the repository, unless its branch has moved since."""
    folder = git_folder(validate_location(source.location))
    pack = git.read(mirror, ["pack-objects", "--revs", "--stdout", "--quiet"],
                    feed=f"{made}\n^{made}^1\n^{made}^2\n".encode())  # fmt: skip
    _written(source, folder, ["unpack-objects", "-q"], pack)
    names = [f"refs/heads/{branch}", made, tip]
    output = git.run(folder, [*NO_HOOKS, "update-ref", "--end-of-options", *names])
    if output.code and not MOVED.search(output.error):
        raise _refusal(source, output.error)
    return output.code == 0


def _written(source: Source, folder: Path, command: list[str], feed: bytes) -> None:
    output = git.run(folder, [*NO_HOOKS, *command], feed=feed)
    if output.code:
        raise _refusal(source, output.error)


def _refusal(source: Source, error: str) -> ForgeError:
    return ForgeError(
        f"Nothing can be merged in {source.name}: {error} The user that runs Shipmate has to be"
        " able to write there."
    )


def _unfit(source: Source, location: Path) -> str:
    """Say why a repository on this machine takes no merge."""
    if not location.exists():
        return ""  # it is away, which whoever asks it is told
    folder = git_folder(str(location))
    bare = git.read(folder, ["rev-parse", "--is-bare-repository"]).strip()
    if bare != b"true":
        return (
            f"Nothing can be merged in {source.name}: it is somebody's working copy, whose files"
            " would not follow. A bare repository can have it."
        )
    if not all(os.access(folder / part, os.W_OK) for part in ("objects", "refs/heads")):
        return (
            f"Nothing can be merged in {source.name}: the user that runs Shipmate cannot write"
            f" in {folder}."
        )
    return ""
