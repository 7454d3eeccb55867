"""`auto_merge` of GitHub's clients: it counts where the app allows it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from django.test import Client
from github import Auth, Github

from deployments.models import Application, CommitStatus, Deployment, Environment, Person
from deployments.services import clearing
from tests.deployments.api.github.conftest import WEB, Caller
from tests.deployments.api.github.test_clients import HERE, NODE
from tests.deployments.api.github.test_deployments import HUBOT
from tests.deployments.merging import conflicting, lagging
from tests.servers.repositories import Repository

ALL = f"{WEB}/deployments"
LIST = "/repos/{owner}/{repo}/deployments"
TOPIC = {"ref": "fix-login", "environment": "qa"}


@pytest.fixture
def branch(hello: Application, repository: Repository) -> str:
    return lagging(hello, repository)


def test_a_merge_is_answered_as_github_does_with_the_deployment_that_goes_on(
    bot: Caller, branch: str
) -> None:
    answer = bot.post(ALL, TOPIC, LIST)

    made = Deployment.objects.get()
    assert (answer.status_code, answer["Location"]) == (202, answer.json()["url"])
    assert answer.json()["message"] == (
        f"Auto-merged main into fix-login on deployment: #{made.pk} waits for that and its checks,"
        " then goes on by itself."
    )
    assert (answer.json()["id"], made.status, made.waits_for) == (made.pk, "pending", "merge")


def test_it_is_in_the_list_and_goes_on(bot: Caller, branch: str) -> None:
    bot.post(ALL, TOPIC, LIST)
    assert [one["ref"] for one in bot.get(ALL, f"GET {LIST}"[4:]).json()] == ["fix-login"]

    clearing.clear(Deployment.objects.get())

    made = Deployment.objects.get()
    shown = bot.get(f"{ALL}/{made.pk}").json()
    states = [one["state"] for one in bot.get(f"{ALL}/{made.pk}/statuses").json()]
    assert (shown["sha"], states) == (made.sha, ["queued", "pending"])


def test_the_same_key_gives_the_same(bot: Caller, branch: str) -> None:
    first = bot.ask("post", ALL, TOPIC, LIST, key="one")
    again = bot.ask("post", ALL, TOPIC, LIST, key="one")
    clearing.clear(Deployment.objects.get())
    later = bot.ask("post", ALL, TOPIC, LIST, key="one")

    assert [one.status_code for one in (first, again, later)] == [202, 202, 201]
    assert len({one.json()["id"] for one in (first, again, later)}) == 1


def test_what_hubot_deploy_sends_is_merged(bot: Caller, branch: str) -> None:
    answer = bot.post(ALL, {**HUBOT, "ref": "fix-login"}, LIST)

    assert answer.json()["message"].startswith("Auto-merged main into fix-login on deployment")


@pytest.mark.parametrize("more", [{"auto_merge": False}, {"ref": "main"}, {"ref": "v2"}])
def test_what_is_not_to_be_merged_is_deployed_as_it_is(
    bot: Caller, branch: str, more: dict[str, Any]
) -> None:
    assert bot.post(ALL, {**TOPIC, **more}, LIST).status_code == 201


def test_where_the_app_does_not_allow_it_nothing_is_merged(bot: Caller, branch: str) -> None:
    Application.objects.update(auto_merge=False)

    answer = bot.post(ALL, TOPIC, LIST)

    assert (answer.status_code, answer.json()["sha"]) == (201, branch)


def test_a_conflict_is_409_in_words_that_clients_know(
    bot: Caller, branch: str, repository: Repository
) -> None:
    conflicting(repository)

    answer = bot.post(ALL, TOPIC, LIST)

    assert answer.status_code == 409
    assert answer.json()["message"].startswith("Conflict merging main into fix-login in app.py.")
    assert not Deployment.objects.exists()


def test_contexts_that_are_named_are_those_of_the_merge_commit(
    bot: Caller, branch: str, alice: Person, qa: Environment
) -> None:
    answer = bot.post(ALL, {**TOPIC, "required_contexts": ["ci/test"]}, LIST)
    assert answer.status_code == 202
    clearing.clear(Deployment.objects.get())
    made = Deployment.objects.get()
    assert "waits for its checks: ci/test was not reported" in made.note
    where = qa.application.repository
    CommitStatus.objects.create(repository=where, sha=made.sha, context="ci/test", state="success")

    clearing.clear(made)

    assert Deployment.objects.get().status == "queued"


def test_the_api_of_our_own_tells_it(bot: Caller, branch: str, qa: Environment) -> None:
    bot.post(ALL, TOPIC, LIST)
    clearing.clear(Deployment.objects.get())

    own = Client(headers={"Authorization": f"Bearer {bot.text}"})
    shown = own.get(f"/api/deployments/{Deployment.objects.get().pk}/").json()

    assert shown["merged"] == "main was merged into fix-login first (1 commit)"


@pytest.mark.slow
def test_pygithub_has_a_deployment_in_its_hand(
    site: str, bot: Caller, hello: Application, repository: Repository
) -> None:
    lagging(hello, repository)
    web = Github(base_url=f"{site}/api/v3", auth=Auth.Token(bot.text), retry=None).get_repo(
        "acme/hello"
    )

    made = web.create_deployment("fix-login", environment="qa")

    assert made.id == Deployment.objects.get().pk
    assert [one.state for one in made.get_statuses()] == ["pending"]


@pytest.mark.slow
def test_octokit_is_told_and_has_the_deployment(
    site: str, bot: Caller, hello: Application, repository: Repository
) -> None:
    lagging(hello, repository)
    script = (HERE / "octokit_merging.mjs").read_text()
    node = [str(NODE / "bin" / "node"), "--input-type=module", "-e", script, "--", site, bot.text]

    ran = subprocess.run(
        node, cwd=NODE / "octokit", capture_output=True, text=True, timeout=60, check=False
    )

    assert ran.returncode == 0, ran.stderr
    told, number = json.loads(ran.stdout), Deployment.objects.get().pk
    assert told.pop("message").startswith("Auto-merged main into fix-login on deployment")
    assert told == {"status": 202, "id": number, "states": ["pending"]}
