"""A first look at a repository, before an application is made of it. Never inside a transaction."""

from __future__ import annotations

from dataclasses import dataclass

from deployments import forges
from deployments.forges.contract import Commit, Source
from deployments.forges.locations import validate_location


@dataclass(frozen=True)
class Look:
    """What a repository shows at first sight."""

    location: str
    name: str
    branch: str
    commit: Commit

    def __str__(self) -> str:
        return f"{self.branch} is at {self.commit.sha[:7]} “{self.commit.subject}”."


def look(location: str, forge: str = "local") -> Look:
    """Return its default branch and newest commit, or say in a DeploymentError what is wrong."""
    source = Source(location=validate_location(location), name=name_of(location))
    asked = forges.forge(forge)
    default = asked.resolve(source)
    commit = asked.commits(source, default.sha, 1)[0]
    return Look(source.location, source.name, default.ref, commit)


def name_of(location: str) -> str:
    """Return what people call the repository: the end of its address."""
    end = location.strip().rstrip("/").replace(":", "/").rpartition("/")[2]
    return end.removesuffix(".git")[:200] or location[:200]
