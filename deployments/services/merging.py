"""A deployment of a branch begins with a merge of the default branch, where its app wants that.

It is written first and merged then, by a worker: whatever dies in between is done again, and
whatever was merged is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from deployments import changes
from deployments.exceptions import ForgeError, MergeConflict
from deployments.forges.contract import Author, Merge, Merged
from deployments.models import Deployment
from deployments.selectors import checks, code, merges
from deployments.selectors.merges import Coming

Status = Deployment.Status
MERGED = "deployment.merged"
LOOKED_AT = 50  # commits in which the address of who asked may stand already


def written(found: Coming, *, expects: bool, named: Sequence[str] = ()) -> dict[str, Any]:
    """Return the merge as a deployment keeps it; which commit is merged is decided with that."""
    kept = {"base": found.base, "base_sha": found.base_sha, "commits": found.commits}
    kept |= {"into": found.branch_sha, "expects": expects}
    return {**kept, **only_named(named)}


def only_named(named: Sequence[str], looked_at: str = "") -> dict[str, Any]:
    """Return what is kept where nothing is merged, or that is still to be decided on.

    `looked_at`: the commit that somebody saw who asked for it.
    """
    kept: dict[str, Any] = {"named": list(named)} if named else {}
    return {**kept, "looked_at": looked_at} if looked_at else kept


def note(found: Coming) -> str:
    return f"{found.base} is merged into {found.branch} first ({merges.count(found.commits)})."


def is_due(deployment: Deployment) -> bool:
    """Return whether a merge comes first, or has to be decided on."""
    return deployment.merging is not None and not deployment.sha


def perform(deployment: Deployment) -> None:
    """Merge, and keep the commit. Raises what is in the way."""
    if not _is_decided(deployment):
        _decide(deployment)
    merging = deployment.merging
    if merging is None or not _is_decided(deployment):
        return
    application = deployment.environment.application
    if not application.auto_merge:
        raise ForgeError(f"Nothing is merged for {application} any more. Deploy it again.")
    try:
        made = code.forge_of(application).merge(code.source(application), _wish(deployment))
    except MergeConflict as conflict:
        line = merges.without(deployment.environment, merging["into"])
        raise ForgeError(
            f"{conflict} {merges.by_hand(conflict.base, conflict.branch, line)}"
        ) from None
    _keep(deployment, made)


def _is_decided(deployment: Deployment) -> bool:
    """Return whether something is to be merged, and what."""
    return "base" in (deployment.merging or {})


def _decide(deployment: Deployment) -> None:
    """Decide on what was asked for while its repository was away."""
    application = deployment.environment.application
    looked_at = (deployment.merging or {}).get("looked_at", "")
    resolved = code.resolve(application, deployment.ref)
    found = merges.coming(application, resolved)
    against = list(merges.against(deployment.environment, found))
    if against:
        raise ForgeError(" ".join(map(str, against)))
    named = checks.named(deployment)
    values: dict[str, Any] = {"merging": only_named(named) or None}
    if found is None:
        values["ref"] = looked_at or deployment.ref
    elif looked_at in ("", found.branch_sha):
        kept = written(found, expects=bool(looked_at), named=named)
        values = {"merging": kept, "ref": found.branch}
    else:
        moved = f"{found.branch} is at {found.branch_sha[:7]} now, not at {looked_at[:7]}."
        raise ForgeError(f"{moved} Look at it again, then deploy.")
    undecided = Deployment.objects.filter(pk=deployment.pk, status=Status.PENDING, sha="")
    undecided.filter(merging=deployment.merging).update(**values)
    deployment.refresh_from_db(fields=["merging", "ref"])


def _wish(deployment: Deployment) -> Merge:
    merging, branch = deployment.merging, deployment.ref
    assert merging  # noqa: S101  decided before
    said = f"Auto-merged {merging['base']} into {branch} on deployment."
    return Merge(
        branch=branch,
        base=merging["base"],
        base_sha=merging["base_sha"],
        message=f"{said}\n\nShipmate merged it for {deployment.person}, {deployment}.",
        author=_author(deployment, merging["into"]),
        at=deployment.created_at,
        expects=merging["into"] if merging["expects"] else "",
    )


def _author(deployment: Deployment, sha: str) -> Author:
    """Name who asked: with their address only where it stands in the commits already."""
    person = deployment.person
    recent = code.commits(deployment.environment.application, sha, LOOKED_AT)
    known = {commit.author_email.lower() for commit in recent}
    if person.email and person.email.lower() in known:
        return Author(str(person), person.email)
    return Author(str(person), f"{person.username.partition('@')[0]}@localhost")


def _keep(deployment: Deployment, made: Merged) -> None:
    """Keep the commit for ever, and that it is a merge; once, whoever else merged.

    What was cancelled meanwhile has no commit any more; that something was merged is on record.
    """
    merging = deployment.merging
    assert merging  # noqa: S101  it was merged by that
    kept = {**merging, "sha": made.sha} if made.is_new else only_named(checks.named(deployment))
    values = {"sha": made.sha, "merging": kept or None}
    with transaction.atomic():
        # One at a time: another worker finds what the first has kept.
        Deployment.objects.select_for_update().get(pk=deployment.pk)
        waiting = Deployment.objects.filter(pk=deployment.pk, status=Status.PENDING, sha="")
        waiting.update(**values)
        if made.is_new and not deployment.changes.filter(verb=MERGED).exists():
            changes.record(
                MERGED,
                deployment=deployment,
                subject=f"{merging['base']} into {deployment.ref}",
                new=made.sha[:7],
                note=merges.count(merging["commits"]),
            )
    deployment.refresh_from_db(fields=["sha", "merging"])
