"""What Shipmate remembers."""

from __future__ import annotations

from .application import Application, Repository
from .approval import Approval
from .change import Change
from .check import CommitHeard, CommitStatus
from .comment import Comment
from .credential import ForgeAccess, Secret, SshKey
from .deployment import Deployment, PhaseRun
from .drift import Drift
from .environment import Environment
from .forge_account import ForgeAccount
from .forge_deployment import ForgeDeployment, ForgeStranger
from .host import Host, Placement
from .invitation import Invitation
from .lock import Lock
from .lock_task import LockTask
from .log import LogChunk
from .person import ApiToken, Person, Role
from .plan import Plan
from .pull_request import PullRequest, PullRequestsHeard
from .report import ForgeReport
from .saved_search import SavedSearch
from .search import Indexing
from .shared_key import SharedKey
from .star import Star
from .tally import Tally
from .verified_address import VerifiedAddress
from .webhook import Delivery, Webhook
from .worker import Worker

__all__ = [
    "ApiToken",
    "Application",
    "Approval",
    "Change",
    "Comment",
    "CommitHeard",
    "CommitStatus",
    "Delivery",
    "Deployment",
    "Drift",
    "Environment",
    "ForgeAccess",
    "ForgeAccount",
    "ForgeDeployment",
    "ForgeReport",
    "ForgeStranger",
    "Host",
    "Indexing",
    "Invitation",
    "Lock",
    "LockTask",
    "LogChunk",
    "Person",
    "PhaseRun",
    "Placement",
    "Plan",
    "PullRequest",
    "PullRequestsHeard",
    "Repository",
    "Role",
    "SavedSearch",
    "Secret",
    "SharedKey",
    "SshKey",
    "Star",
    "Tally",
    "VerifiedAddress",
    "Webhook",
    "Worker",
]
