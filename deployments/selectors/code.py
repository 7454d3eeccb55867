"""What the forge says of an application's repository. Never called inside a transaction, save for
what asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deployments import forges, vault
from deployments.exceptions import DeploymentError, UnknownRef
from deployments.forges.contract import (
    Away,
    Check,
    Commit,
    Comparison,
    Diff,
    Forge,
    Pull,
    Refs,
    Resolved,
    Source,
    TreeNotes,
)
from deployments.forges.github.access import opened
from deployments.forges.github.places import pull_url
from deployments.models import Application, ForgeAccess, Repository
from deployments.selectors import pulls


def resolve(application: Application, ref: str) -> Resolved:
    """Return the commit that the ref means now; an empty one is the default branch."""
    try:
        return forge_of(application).resolve(source(application), ref or None)
    except UnknownRef as error:
        raise _with_near_pulls(application, ref, error) from error


def _with_near_pulls(application: Application, ref: str, error: UnknownRef) -> UnknownRef:
    """Return the error with the pull requests that may have been meant, as far as any are known."""
    near = pulls.near(application.repository, ref[1:]) if ref[:1] == "#" else []
    if error.near or not near:
        return error
    return UnknownRef(f"{error} Near it: {', '.join(near)}.", near)


def refs(application: Application, *, fresh: bool = True) -> Refs:
    """Return branches and tags, as they are now or as last seen."""
    return forge_of(application).refs(source(application), fresh=fresh)


def head(application: Application) -> str:
    """Return the default branch's commit as last seen; empty where nobody knows it."""
    try:
        return refs(application, fresh=False).head
    except DeploymentError:
        return ""


def commits(application: Application, ref: str, limit: int = 20) -> list[Commit]:
    """Return the newest commits that lead to the ref."""
    return forge_of(application).commits(source(application), ref, limit)


def between(application: Application, base: str, head: str) -> Comparison:
    """Return what `head` has that `base` has not, and the other way round."""
    return forge_of(application).between(source(application), base, head)


def diff(application: Application, base: str | None, head: str) -> Diff:
    """Return the changed files; without a base all files are new."""
    return forge_of(application).diff(source(application), base, head)


def mirror(application: Application, sha: str) -> Path:
    """Return a bare repository on this machine that holds the commit."""
    return forge_of(application).mirror(source(application), sha).path


def notes(application: Application, sha: str) -> TreeNotes:
    """Return what a deployment of this tree does not do, as people may expect it to."""
    return forge_of(application).notes(source(application), sha)


def checks(application: Application, sha: str) -> tuple[Check, ...]:
    """Return what the forge's own checks say of the commit; git alone has none."""
    return forge_of(application).checks(source(application), sha)


def open_pulls(application: Application) -> Sequence[Pull] | None:
    """Return the open pull requests that changed last; None where the forge knows of none."""
    return forge_of(application).pulls(source(application))


def conflicts(application: Application, branch_sha: str, base_sha: str) -> tuple[str, ...]:
    """Return the files in which a merge would conflict. Changes nothing."""
    return forge_of(application).conflicts(source(application), branch_sha, base_sha)


def no_merge(application: Application) -> str:
    """Say why nothing can be merged in its repository, or nothing. Asks nobody."""
    return forge_of(application).no_merge(source(application))


def has(application: Application, sha: str) -> bool:
    """Return whether the commit is on this machine. Asks nobody."""
    return forge_of(application).has(source(application), sha)


def away(application: Application) -> Away | None:
    """Return why the repository cannot be reached, as far as it is known. Asks nobody."""
    return forge_of(application).away(source(application))


def forge_of(application: Application) -> Forge:
    return forges.forge(application.repository.forge)


def source(application: Application) -> Source:
    return source_of(application.repository)


def ref_url(repository: Repository, ref: str) -> str:
    """Return the forge's page about a ref, where it is a pull request."""
    return pull_url(repository.location, ref) if repository.forge == "github" else ""


def source_of(repository: Repository) -> Source:
    """Return where the code is, with what opens it. Of git alone the database is not asked."""
    source = Source(location=repository.location, name=repository.name)
    if repository.forge != "github":
        return source
    kept = ForgeAccess.objects.filter(repository=repository).first()
    return opened(source, vault.decrypt(kept.secret_encrypted), kept.app) if kept else source
