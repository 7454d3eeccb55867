"""A GitHub that remembers: repositories are real ones, and what is said of them is kept."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.servers.repositories import Repository

TOKEN = "ghp_" + "a1B2" * 9
APP = "4711"
HOUR = 3600
RIGHTS = {
    "actions": "read",
    "checks": "read",
    "contents": "write",
    "deployments": "write",
    "metadata": "read",
    "pull_requests": "read",
    "statuses": "read",
}
Json = dict[str, Any]


@dataclass
class Fault:
    """How one answer is spoilt. `path`: only where this is in the address, `method`: only so asked.

    `done`: what was asked for is done all the same. `page`: what a proxy answers in its place.
    """

    status: int = 0  # 0: as it would be
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "Server Error"
    seconds: float = 0.0
    path: str = ""
    errors: list[Json] | None = None
    method: str = ""
    done: bool = False
    page: bytes | None = None


@dataclass
class Kept:
    """One repository, and what is said of its commits."""

    git: Repository
    statuses: list[Json] = field(default_factory=list)
    runs: list[Json] = field(default_factory=list)
    deployments: list[Json] = field(default_factory=list)
    deployment_statuses: list[Json] = field(default_factory=list)
    pulls: dict[int, Json] = field(default_factory=dict)
    hooks: list[Json] = field(default_factory=list)
    hook_secrets: dict[int, str] = field(default_factory=dict)
    deliveries: list[Json] = field(default_factory=list)


@dataclass
class OfApp:
    """The App: what it may see, what it is installed with, and its one webhook."""

    permissions: dict[str, str] = field(default_factory=lambda: dict(RIGHTS))
    accepted: dict[str, str] = field(default_factory=lambda: dict(RIGHTS))  # where it is installed
    events: list[str] = field(default_factory=list)
    is_suspended: bool = False
    hook: Json | None = None
    hook_secrets: dict[int, str] = field(default_factory=dict)
    deliveries: list[Json] = field(default_factory=list)


@dataclass
class Member:
    """Somebody with an account: `uid` stays, `login` may change hands."""

    uid: int
    login: str
    name: str | None = None
    belongs: dict[str, str] = field(default_factory=dict)  # acme or acme/ops: active or pending
    addresses: dict[str, bool] = field(default_factory=dict)  # whether each is verified


class GitHub:
    """What the server knows, whom it lets in, and how it is to behave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self.repositories: dict[str, Kept] = {}
        self.tokens: dict[str, set[str] | None] = {TOKEN: None}  # None: all repositories
        self.readers: set[str] = set()  # tokens that may not write
        self.ends: dict[str, float] = {}
        self.installed: set[str] = set()
        self.app = OfApp()
        self.without_hooks: set[str] = set()  # tokens that may not see webhooks
        self.without_deployments: set[str] = set()  # tokens that may not see deployments
        self.faults: deque[Fault] = deque()
        self.asked: list[str] = []
        self.charged = 0
        self.limit = 5000
        self.connections = 0
        self.violations: list[str] = []
        self.members: dict[str, Member] = {}
        self.visits: dict[str, tuple[Member, set[str]]] = {}  # by token: whose it is, its scopes
        self.codes: dict[str, dict[str, str]] = {}
        self.org_readers: set[str] = set()  # tokens that may see who is a member
        self.closed: set[str] = set()  # organisations that have not approved the OAuth App
        self.lives = HOUR
        self._ids = 0
        self._moments = 0
        self._began = datetime.now(UTC)

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        """What the App signs with; made when one is asked for."""
        return rsa.generate_private_key(65537, 2048)

    @property
    def pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    def make(self, name: str) -> Repository:
        """Make a private repository."""
        made = Repository(self.folder / f"{name}.git")
        self.repositories[name] = Kept(made)
        return made

    def rename(self, old: str, new: str) -> None:
        kept = self.repositories.pop(old)
        target = self.folder / f"{new}.git"
        target.parent.mkdir(parents=True, exist_ok=True)
        kept.git.path = kept.git.path.rename(target)
        self.repositories[new] = kept

    def number(self) -> int:
        self._ids += 1
        return self._ids

    def say(self, name: str, sha: str, context: str, state: str, text: str = "") -> Json:
        """Keep a commit status; return what the event says of it."""
        url, at = f"https://ci.example/{context}", self.moment()
        said: Json = {"context": context, "state": state, "description": text, "target_url": url}
        said |= {"sha": sha, "id": self.number(), "created_at": at, "updated_at": at}
        self.repositories[name].statuses.append(said)
        return said

    def run(
        self, name: str, sha: str, check: str, conclusion: str | None, *, suite: int = 1
    ) -> Json:
        """Keep a check run; without a conclusion it goes on. Return what the event says of it."""
        about: Json = {
            "name": check,
            "head_sha": sha,
            "conclusion": conclusion,
            "id": self.number(),
        }
        about |= {"status": "completed" if conclusion else "in_progress"}
        about |= {"details_url": f"https://ci.example/{check}", "check_suite": {"id": suite}}
        about |= {"started_at": self.moment()}
        about["completed_at"] = self.moment() if conclusion else None
        self.repositories[name].runs.append(about)
        return about

    def moment(self) -> str:
        """Return a moment that is later than each before it."""
        self._moments += 1
        return f"{self._began + timedelta(seconds=self._moments):%Y-%m-%dT%H:%M:%SZ}"

    def pull(
        self, name: str, number: int, sha: str, title: str = "Change", author: str = "octocat"
    ) -> Json:
        """Open a pull request, or push to it. Return what the event says of it."""
        kept = self.repositories[name]
        kept.git.git("update-ref", f"refs/pull/{number}/head", sha)
        about = {"number": number, "state": "open", "title": title, "user": {"login": author}}
        kept.pulls[number] = {**about, "updated_at": self.moment()}
        return {**kept.pulls[number], "head": {"sha": sha}}

    def close(self, name: str, number: int) -> Json:
        """Close a pull request. Return what the event says of it."""
        kept = self.repositories[name].pulls[number]
        kept.update(state="closed", updated_at=self.moment())
        return dict(kept)

    def join(self, login: str, uid: int, *places: str, name: str | None = None) -> Member:
        """Let there be somebody, in these organisations and teams."""
        self.members[login] = Member(uid, login, name, dict.fromkeys(places, "active"))
        return self.members[login]

    def visit(self, member: Member, scopes: set[str]) -> str:
        """Return a token that speaks for somebody and opens no repository."""
        token = f"gho_{self.number():036d}"
        self.tokens[token] = set()
        self.visits[token] = (member, scopes)
        return token

    def may(self, token: str, name: str) -> bool:
        """Tell whether the token opens the repository."""
        if self.ends.get(token, time.time() + 1) < time.time() or token not in self.tokens:
            return False
        named = self.tokens[token]
        return name in self.repositories and (named is None or name in named)

    def is_token(self, token: str) -> bool:
        return token in self.tokens and self.ends.get(token, time.time() + 1) > time.time()

    def is_app(self, token: str) -> bool:
        """Tell whether this is signed by the App, for ten minutes at most."""
        try:
            said = jwt.decode(token, self.key.public_key(), algorithms=["RS256"], issuer=APP)
        except jwt.PyJWTError:
            return False
        return bool(said["exp"] - time.time() <= 600)

    def install_token(self, names: list[str]) -> tuple[str, float]:
        token = f"ghs_{self.number():036d}"
        self.tokens[token] = set(names)
        self.ends[token] = time.time() + self.lives
        return token, self.ends[token]

    def take_fault(self, method: str, path: str) -> Fault | None:
        first = self.faults[0] if self.faults else None
        if first and first.path in path and first.method in {"", method}:
            return self.faults.popleft()
        return None
