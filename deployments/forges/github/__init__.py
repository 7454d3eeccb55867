"""The forge of GitHub, and of GitHub Enterprise: git for code, its API for what git has not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deployments.exceptions import ForgeError, Invalid, RepositoryAway, UnknownRef
from deployments.forges import git, mirrors
from deployments.forges.contract import Check, Merge, Merged, Pull, Resolved, Source
from deployments.forges.github import checks, merges, pulls
from deployments.forges.github.access import App, Token
from deployments.forges.local import LocalForge

PULL = re.compile(r"(?:#|pull/|refs/pull/)(?P<number>[1-9][0-9]{0,8})(?:/head)?")


class GitHubForge(LocalForge):
    """Names and commits come by git, signed in; so GitHub counts no requests for them."""

    def resolve(self, source: Source, ref: str | None = None) -> Resolved:
        """Return what the name means now; `#12` is the head of pull request 12."""
        found = PULL.fullmatch(ref or "")
        if ref is None or found is None:
            return super().resolve(source, ref)
        return _pull(source, ref, found["number"])

    def checks(self, source: Source, sha: str) -> tuple[Check, ...]:
        """Return what statuses and check runs say of the commit."""
        if not isinstance(source.access, Token | App):
            raise Invalid(
                f"{source.name} has no credential for GitHub, so its checks cannot be read. Set a"
                " token or an App in the app's settings."
            )
        return checks.checks(source.access.caller(), sha)

    def pulls(self, source: Source) -> Sequence[Pull] | None:
        """Return the open pull requests that changed last; None without a credential."""
        if not isinstance(source.access, Token | App):
            return None
        return pulls.pulls(source.access.caller())

    def no_merge(self, source: Source) -> str:
        """Say so where nothing opens GitHub; whether it may write is only known by trying."""
        if isinstance(source.access, Token | App):
            return ""
        return (
            f"Nothing can be merged in {source.name} without a credential for GitHub. Set a token"
            " or an App in the app's settings."
        )

    def merge(self, source: Source, wish: Merge) -> Merged:
        """Have GitHub merge, by https://docs.github.com/en/rest/branches/branches#merge-a-branch"""
        if not isinstance(source.access, Token | App):
            raise Invalid(self.no_merge(source))
        return merges.merge(source, source.access.caller(), wish)


def _pull(source: Source, ref: str, number: str) -> Resolved:
    """Return the head of a pull request, also where it comes from a fork."""
    name = f"refs/shipmate/pull/{number}"
    try:
        mirror = mirrors.take(source, f"refs/pull/{number}/head", name)
    except RepositoryAway:
        raise
    except ForgeError as error:
        if "find remote ref" not in str(error):
            raise
        raise UnknownRef(f"{source.name} has no pull request #{number}.", []) from error
    if not ref.startswith("refs/"):
        _refuse_branch(source, ref, number)
    commit = git.lookup(mirror, [f"{name}^{{commit}}"])[0]
    if commit is None:
        raise ForgeError(f"Pull request #{number} of {source.name} is no commit.")
    return Resolved(commit[0], f"#{number}", "pull request")


def _refuse_branch(source: Source, ref: str, number: str) -> None:
    """Refuse a name that a branch or tag has, too."""
    mirror = mirrors.refresh(source)
    also = [f"refs/{kind}/{ref}" for kind in ("heads", "tags")]
    found = [name for name, each in zip(also, git.lookup(mirror, also), strict=True) if each]
    if found:
        exact = [f"refs/pull/{number}/head", *found]
        raise UnknownRef(
            f"“{ref}” means several things in {source.name}. Say which: {', '.join(exact)}.", exact
        )
