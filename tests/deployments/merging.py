"""A branch that lacks some of main, in an app that has that merged first."""

from __future__ import annotations

from deployments.models import Application
from tests.servers.repositories import Repository

FIRST = "main was merged into fix-login first (1 commit)"


def lagging(app: Application, repository: Repository) -> str:
    """Put auto-merge on, and return the commit of a branch that lacks one of main's."""
    app.auto_merge = True
    app.save(update_fields=["auto_merge"])
    start = repository.git("rev-parse", "main^")
    return repository.commit({"login.py": "x\n"}, "Mend it", branch="fix-login", parent=start)


def conflicting(repository: Repository) -> str:
    """Change the same on both sides, and return the branch's commit."""
    repository.commit({"app.py": "main\n"}, "Change app on main")
    return repository.commit({"app.py": "fix\n"}, "Change app aside", branch="fix-login")
