"""GitHub merges one branch into another. An answer that is lost does no harm: asked again, there is
nothing left to merge, and what was merged is found."""

from __future__ import annotations

from deployments.exceptions import ForgeError, MergeConflict, RepositoryAway
from deployments.forges import merging, mirrors
from deployments.forges.contract import Merge, Merged, Source
from deployments.forges.github import client
from deployments.forges.github.client import Caller
from deployments.outbound import Reply

NEEDS = (
    "It needs to write Contents of the repository: a classic token the scope “repo”, a fine-grained"
    " one or an App “Contents: read and write”."
)


def merge(source: Source, caller: Caller, wish: Merge) -> Merged:
    """Merge, unless the branch holds the base already."""
    _, done = merging.begun(source, mirrors.refresh(source), wish)
    if done is not None:
        return done
    values = {"base": wish.branch, "head": wish.base_sha, "commit_message": wish.message}
    reply = client.send(caller, f"{caller.place.url}/merges", values)
    if reply.status not in {201, 204}:  # 204: somebody else was faster
        raise _refusal(source, caller, wish, reply)
    _, done = merging.begun(source, mirrors.refresh(source), wish)
    if done is None:
        raise RepositoryAway(f"GitHub has merged {wish.base}, but does not show it yet.")
    return done


def _refusal(source: Source, caller: Caller, wish: Merge, reply: Reply) -> ForgeError:
    """Return what GitHub's answer means, with what to do next."""
    said = client.message(reply)
    into = f"{wish.base} into {wish.branch} of {source.name}"
    if reply.status == 409:
        return _conflict(source, wish, into, said)
    if "X-GitHub-SSO" in reply.headers or reply.status not in {403, 404, 422}:
        return client.refusal(caller.place, reply)
    if reply.status == 404:  # GitHub says so of what may be read and not be written, too
        return ForgeError(f"GitHub does not let this credential merge {into} ({said}). {NEEDS}")
    if "protect" in said.lower() or "rule" in said.lower() or reply.status == 422:
        return ForgeError(
            f"GitHub refuses to merge {into} ({said}). If the branch is protected, let the"
            " credential's account push to it, or merge by hand."
        )
    return ForgeError(f"GitHub does not let this credential merge {into} ({said}). {NEEDS}")


def _conflict(source: Source, wish: Merge, into: str, said: str) -> ForgeError:
    """Tell two branches that changed the same from other things that GitHub calls a conflict."""
    tip, _ = merging.begun(source, mirrors.refresh(source), wish)
    files = merging.conflicts(source, tip, wish.base_sha)
    if files or "conflict" in said.lower():
        return MergeConflict(wish.base, wish.branch, files)
    return ForgeError(f"GitHub refuses to merge {into} ({said}). Merge by hand and push.")
