"""A GitHub that is not of our making: npm's `emulate`, as an Enterprise on this machine.

It remembers repositories, pull requests, check runs and webhooks, delivers these signed, signs
people in and opens repositories to an App. It has no statuses, deployments and merges, and no git.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import requests

from tests.servers.certificates import write_certificate

INSTALLED = Path(__file__).resolve().parents[3] / ".venv"
SCRIPT = Path(__file__).with_name("serve.mjs")
NAME, LOGIN, TOKEN = "octocat/web", "octocat", "gho_of_octocat"
CLIENT, SECRET, APP = "Iv1.shipmate", "5h1p" * 10, 12345
BACK = "http://testserver/accounts/github/login/callback/"
RIGHTS = {"metadata": "read", "contents": "read", "checks": "read"}
SEED: dict[str, Any] = {
    "tokens": {TOKEN: {"login": LOGIN, "scopes": ["repo", "user", "admin:repo_hook"]}},
    "github": {
        "users": [{"login": LOGIN, "name": "The Octocat"}, {"login": "hubot"}],
        "orgs": [{"login": "acme", "members": [{"login": LOGIN}]}],
        "repos": [
            {"owner": LOGIN, "name": "web", "auto_init": True},
            {"owner": LOGIN, "name": "secret", "auto_init": True, "private": True},
        ],
        "oauth_apps": [
            {
                "client_id": CLIENT,
                "client_secret": SECRET,
                "name": "Shipmate",
                "redirect_uris": [BACK],
            }
        ],
        "apps": [
            {
                "app_id": APP,
                "slug": "shipmate",
                "name": "Shipmate",
                "permissions": RIGHTS,
                "installations": [{"installation_id": 7, "account": LOGIN}],
            }
        ],
    },
}


@dataclass(frozen=True)
class Emulated:
    """Where it is, the file that vouches for it, and the private key of its App."""

    address: str
    certificate: Path
    key: str

    def tell(self, method: str, path: str, body: object = None) -> Any:
        """Do something there as octocat, below the repository."""
        answer = requests.request(
            method,
            f"{self.address}/api/v3/repos/{NAME}/{path}".rstrip("/"),
            json=body,
            headers={"Authorization": f"Bearer {TOKEN}"},
            verify=str(self.certificate),
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json()

    def write(self, path: str, branch: str = "main") -> str:
        """Commit a file; return the commit."""
        body = {"message": f"Add {path}", "content": "aGk=", "branch": branch}
        return str(self.tell("put", f"contents/{path}", body)["commit"]["sha"])

    def branch(self, name: str) -> str:
        """Make a branch with a commit of its own; return that."""
        sha = self.tell("get", "commits/main")["sha"]
        self.tell("post", "git/refs", {"ref": f"refs/heads/{name}", "sha": sha})
        return self.write("topic.txt", name)

    def run(self, sha: str, name: str, **fields: str) -> None:
        """Tell of a check run."""
        self.tell("post", "check-runs", {"name": name, "head_sha": sha, **fields})

    def approve(self, address: str, login: str) -> str:
        """Press the button of somebody on its page; return where the browser is sent back to."""
        verify = str(self.certificate)
        page = requests.get(address, verify=verify, timeout=30)
        form = next(one for one in _Forms.of(page.text) if one["login"] == login)
        url = f"{self.address}/login/oauth/callback"
        answer = requests.post(url, form, allow_redirects=False, verify=verify, timeout=30)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


class _Forms(HTMLParser):
    """The hidden fields of each form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []

    @classmethod
    def of(cls, page: str) -> list[dict[str, str]]:
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append({})
        elif tag == "input" and told.get("type") == "hidden":
            self.found[-1][told["name"]] = told["value"]


@contextmanager
def served(folder: Path) -> Iterator[Emulated]:
    """Serve until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, seed = folder / "server.pem", folder / "seed.json"
    write_certificate(certificate)
    seed.write_text(json.dumps(SEED))
    node = [str(INSTALLED / "bin/node"), "--input-type=module", "-e", SCRIPT.read_text(), "--"]
    with subprocess.Popen(
        [*node, str(certificate), str(seed)],
        cwd=INSTALLED / "emulate",
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # `node` is a program that starts the real one
    ) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            yield Emulated(told["address"], certificate, told["key"])
        finally:
            os.killpg(process.pid, signal.SIGTERM)
