"""Real clients of GitHub's API, against the real web server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from github import (
    Auth,
    Github,
    GithubException,
    RateLimitExceededException,
    UnknownObjectException,
)
from github.Repository import Repository

from deployments.api.throttling import PersonRate
from deployments.models import Application, CommitStatus, Deployment, Person
from tests.deployments.api.github.conftest import WEB, Caller, MakeCaller, serving
from tests.deployments.api.github.test_deployments import HUBOT
from tests.deployments.api.github.tunnel import certificate, leading_to

pytestmark = pytest.mark.slow

NODE = Path(__file__).resolve().parents[4] / ".venv"
HERE = Path(__file__).parent
NAME = "deploy.example.com"


# ---- PyGithub ----


@pytest.fixture
def github(site: str, bot: Caller) -> Github:
    return Github(base_url=f"{site}/api/v3", auth=Auth.Token(bot.text), retry=None)


@pytest.fixture
def web(github: Github) -> Repository:
    return github.get_repo("acme/hello")


def test_pygithub_asks_for_a_deployment_and_reads_how_it_went(web: Repository) -> None:
    made = web.create_deployment("main", environment="qa", description="by a script")

    assert made.id == Deployment.objects.get().pk
    assert made.creator.login == "alice"
    assert web.get_deployment(made.id).environment == "qa"
    assert [one.state for one in made.get_statuses()] == ["queued", "pending"]
    assert made.get_status(made.get_statuses()[0].id).state == "queued"


def test_pygithub_goes_through_all_pages(github: Github, web: Repository, hello: object) -> None:
    github.per_page = 1
    for environment in ("qa", "production"):
        web.create_deployment("main", environment=environment)

    found = web.get_deployments(ref="main")

    assert found.totalCount == 2
    assert [one.environment for one in found] == ["production", "qa"]


def test_pygithub_reports_what_a_check_says(web: Repository) -> None:
    commit = web.get_commit("main")

    commit.create_status("success", context="ci/test", description="80 passed")

    assert CommitStatus.objects.get().sha == commit.sha
    assert commit.get_combined_status().state == "success"
    assert [one.context for one in commit.get_statuses()] == ["ci/test"]


def test_pygithub_is_told_why_not(web: Repository) -> None:
    with pytest.raises(GithubException) as told:
        web.create_deployment("moon", environment="qa")

    assert told.value.status == 422
    assert "acme/hello has no branch, tag or commit “moon”" in told.value.data["message"]


def test_pygithub_knows_what_is_not_there(github: Github) -> None:
    with pytest.raises(UnknownObjectException):
        github.get_repo("acme/moon")


def test_pygithub_knows_who_it_is_and_what_is_left(github: Github) -> None:
    assert github.get_user().login == "alice"
    assert "repo" in (github.oauth_scopes or [])
    assert github.rate_limiting[1] == 600


def test_pygithub_knows_when_it_asks_too_often(
    github: Github, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PersonRate, "THROTTLE_RATES", {"user": "1/min"})
    github.get_user().update()

    with pytest.raises(RateLimitExceededException):
        github.get_user().update()


# ---- Octokit ----


def test_octokit_asks_lists_reads_and_reports(site: str, bot: Caller) -> None:
    script = (HERE / "octokit.mjs").read_text()
    node = [str(NODE / "bin" / "node"), "--input-type=module", "-e", script, "--", site, bot.text]

    ran = subprocess.run(
        node, cwd=NODE / "octokit", capture_output=True, text=True, timeout=60, check=False
    )

    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    refused = told.pop("refused")
    assert told == {
        "me": "alice",
        "made": Deployment.objects.get(environment__name="qa").pk,
        "states": ["queued", "pending"],
        "combined": "success",
        "all": ["production", "qa"],
    }
    assert refused["status"] == 422
    assert "It has: qa, production." in refused["message"]
    assert CommitStatus.objects.get().context == "ci"


# ---- gh ----


@pytest.fixture
def behind_tls(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[dict[str, str]]:
    """Return the environment of a client that speaks TLS to port 443 of a name, nothing else."""
    settings.ALLOWED_HOSTS = [NAME]
    public, secret = certificate(tmp_path, NAME)
    served = serving(ssl_certfile=str(public), ssl_keyfile=str(secret))
    with served as port, leading_to(port) as proxy:
        yield {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "SSL_CERT_FILE": str(public),
            "NODE_EXTRA_CA_CERTS": str(public),
            "HTTPS_PROXY": proxy,
        }


@pytest.fixture
def gh(bot: Caller, behind_tls: dict[str, str]) -> Any:
    environment = {**behind_tls, "GH_HOST": NAME, "GH_ENTERPRISE_TOKEN": bot.text}

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["gh", "api", *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return call


@pytest.mark.tools
def test_gh_asks_for_a_deployment_and_lists_it(gh: Any) -> None:
    made = gh(f"{WEB}/deployments", "-f", "ref=main", "-f", "environment=qa")
    assert made.returncode == 0, made.stderr

    listed = gh("--paginate", f"{WEB}/deployments?per_page=1", "--jq", ".[].id")

    assert listed.stdout.split() == [str(Deployment.objects.get().pk)]
    assert gh("user", "--jq", ".login").stdout == "alice\n"


@pytest.mark.tools
def test_gh_is_told_why_not(gh: Any) -> None:
    refused = gh(f"{WEB}/deployments", "-f", "ref=main", "-f", "environment=moon")

    assert refused.returncode == 1
    assert "It has: qa, production." in refused.stderr


# ---- hubot-deploy ----


def test_what_hubot_deploy_sends_arrives(
    site: str, caller: MakeCaller, alice: Person, hello: Application
) -> None:
    old = caller(alice, applications=[hello], in_addresses=True)
    url = f"{site}/api/v3/{WEB}/deployments"

    made = requests.post(f"{url}?access_token={old.text}", json=HUBOT, timeout=30)
    listed = requests.get(f"{url}?environment=qa&access_token={old.text}", timeout=30)

    assert made.status_code == 201, made.text
    (shown,) = listed.json()
    assert shown["payload"]["notify"]["user_name"] == "alice"
    again = requests.post(
        f"{url}?access_token={old.text}", json={**HUBOT, "environment": "moon"}, timeout=30
    )
    assert again.json()["message"].endswith("It has: qa, production.")


def by_octonode(environment: dict[str, str], token: str, body: object, *places: str) -> Any:
    """Return what hubot-deploy's client is told: to each request, to a list, and at the root."""
    script = (HERE / "octonode.cjs").read_text()
    words = [f"{NAME}/api/v3", token, json.dumps(body), *places]
    node = [str(NODE / "bin" / "node"), "-e", script, "--", *words]
    ran = subprocess.run(
        node, cwd=NODE / "octokit", env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_client_of_hubot_deploy_locks_and_unlocks(
    behind_tls: dict[str, str], caller: MakeCaller, alice: Person, hello: Application
) -> None:
    old = caller(alice, applications=[hello], in_addresses=True)

    lock, *_ = by_octonode(behind_tls, old.text, {**HUBOT, "task": "deploy:lock"}, "qa")
    unlock, again, *_ = by_octonode(
        behind_tls, old.text, {**HUBOT, "task": "deploy:unlock"}, "qa", "qa"
    )

    assert (lock["status"], lock["answer"]["message"]) == (201, "hello/qa was locked by Alice.")
    assert unlock["answer"]["message"] == "hello/qa was unlocked by Alice."
    assert again["message"] == "hello/qa is not locked."


def test_the_client_of_hubot_deploy_asks_and_is_told(
    behind_tls: dict[str, str], caller: MakeCaller, alice: Person, hello: Application
) -> None:
    old = caller(alice, applications=[hello], in_addresses=True)

    made, refused, listed, root = by_octonode(behind_tls, old.text, HUBOT, "qa", "moon")

    assert (made["status"], made["answer"]["environment"]) == (201, "qa")
    assert refused["message"].endswith("It has: qa, production.")
    assert [one["id"] for one in listed["answer"]] == [made["answer"]["id"]]
    assert root["status"] == 200
