"""A commit laid out as files, for a program that works with them: a repository of its own."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from deployments.exceptions import ForgeError
from deployments.forges import git
from deployments.forges.contract import Source
from deployments.forges.locations import git_folder, is_local, validate_location


def lay_out(mirror: Path, sha: str, folder: Path, source: Source) -> None:
    """Make a repository there whose HEAD is the commit, with all its branches and tags.

    Objects stay in the mirror, so that it costs the files alone. No hook, filter or submodule of
    the repository does anything. `origin` is where the code comes from.
    """
    seconds = settings.GIT_TIMEOUT * git.LONG
    clone = ["clone", "--quiet", "--shared", "--no-checkout", "--template="]
    output = git.run(None, [*clone, "--", str(mirror), str(folder)], timeout=seconds)
    if output.code or output.ended:
        raise ForgeError(f"The code could not be laid out: {output.error or output.ended}")
    inside = folder / ".git"
    origin = ["config", "--end-of-options", "remote.origin.url", _origin(source)]
    git.read(inside, origin)
    checkout = [f"--work-tree={folder}", "checkout", "--quiet", "--detach", "--force"]
    git.read(inside, [*checkout, git.full_sha(sha), "--"], timeout=seconds)


def _origin(source: Source) -> str:
    location = validate_location(source.location)
    return str(git_folder(location)) if is_local(location) else location
