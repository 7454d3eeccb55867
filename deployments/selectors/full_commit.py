"""A commit with all that git keeps of it, for those who want more than its first line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from deployments.forges import git
from deployments.forges.contract import Commit
from deployments.forges.names import moment
from deployments.forges.text import plain
from deployments.models import Application
from deployments.selectors import code

# The message comes last and the others cannot hold a newline, so nothing can shift a field.
FORMAT = "--format=%T%n%cn%n%ce%n%ct%n%B"


@dataclass(frozen=True)
class FullCommit:
    commit: Commit
    tree: str
    committer_name: str
    committer_email: str
    committed_at: datetime
    message: str


def read(application: Application, sha: str) -> FullCommit:
    """Return a commit of the application's repository. Never called inside a transaction."""
    found = code.commits(application, sha, 1)[0]
    command = ["show", "--no-patch", FORMAT, "--end-of-options", git.full_sha(found.sha), "--"]
    text = git.read(code.mirror(application, found.sha), command)
    tree, name, email, when, message = text.split(b"\n", 4)
    return FullCommit(
        found,
        tree.decode(),
        plain(name),
        plain(email),
        moment(when.decode(errors="replace")),
        message.decode(errors="replace").strip(),
    )
