"""What Shipmate remembers."""

from __future__ import annotations

from .application import Application, Repository
from .change import Change
from .comment import Comment
from .credential import Secret, SshKey
from .deployment import Deployment, PhaseRun
from .environment import Environment
from .host import Host, Placement
from .log import LogChunk
from .person import ApiToken, Person, Role
from .worker import Worker

__all__ = [
    "ApiToken",
    "Application",
    "Change",
    "Comment",
    "Deployment",
    "Environment",
    "Host",
    "LogChunk",
    "Person",
    "PhaseRun",
    "Placement",
    "Repository",
    "Role",
    "Secret",
    "SshKey",
    "Worker",
]
