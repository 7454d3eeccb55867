"""More real clients of GitHub's API, against the real web server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import gidgethub
import github3
import httpx2
import pytest
from gidgethub.httpx import GitHubAPI
from github3.repos import Repository

from deployments.models import CommitStatus, Deployment, Lock, Person
from tests.deployments.api.github.conftest import WEB, Caller, MakeCaller

pytestmark = pytest.mark.slow

ALL = f"/{WEB}/deployments"
Does = Callable[[GitHubAPI], Awaitable[Any]]


# ---- github3.py ----


@pytest.fixture
def hello_by_github3(site: str, bot: Caller, caller: MakeCaller, dora: Person) -> Repository:
    """Dora's: this client sends `[]` for contexts by itself, which takes force."""
    return github3.GitHubEnterprise(site, token=caller(dora).text).repository("acme", "hello")


def test_github3_asks_for_a_deployment_and_reads_how_it_went(hello_by_github3: Repository) -> None:
    made = hello_by_github3.create_deployment("main", environment="qa", payload="{}")

    assert Deployment.objects.get().pk == made.id
    assert [one.id for one in hello_by_github3.deployments()] == [made.id]
    assert [one.state for one in made.statuses()] == ["queued", "pending"]
    assert hello_by_github3.deployment(made.id).creator.login == "dora"


def test_github3_reports_and_reads_what_a_check_says(hello_by_github3: Repository) -> None:
    commit = hello_by_github3.commit("main")

    hello_by_github3.create_status(commit.sha, "success", context="ci")

    assert CommitStatus.objects.get().sha == commit.sha
    assert (commit.status().state, [one.context for one in commit.statuses()]) == (
        "success",
        ["ci"],
    )


def test_github3_is_told_why_not(hello_by_github3: Repository) -> None:
    with pytest.raises(github3.exceptions.UnprocessableEntity) as told:
        hello_by_github3.create_deployment("moon", environment="qa")

    assert "acme/hello has no branch, tag or commit “moon”" in told.value.message


# ---- gidgethub ----


@pytest.fixture
def by_gidgethub(site: str, bot: Caller) -> Callable[[Does], Any]:
    """Run what asks by this client, which keeps answers by their tags."""

    async def asked(does: Does) -> Any:
        async with httpx2.AsyncClient() as client:
            address = f"{site}/api/v3"
            return await does(
                GitHubAPI(client, "me", oauth_token=bot.text, base_url=address, cache={})
            )

    return lambda does: asyncio.run(asked(does))


def test_gidgethub_asks_and_goes_through_all_pages(by_gidgethub: Callable[[Does], Any]) -> None:
    async def does(github: GitHubAPI) -> Any:
        made = [
            (await github.post(ALL, data={"ref": "main", "environment": place}))["id"]
            for place in ("qa", "production")
        ]
        statuses = f"{ALL}{{/id}}/statuses"
        of_it = [one["state"] async for one in github.getiter(statuses, {"id": str(made[0])})]
        every = [one["id"] async for one in github.getiter(f"{ALL}?per_page=1")]
        return made, of_it, every

    made, states, every = by_gidgethub(does)

    assert states == ["queued", "pending"]
    assert every == made[::-1]


def test_gidgethub_locks(by_gidgethub: Callable[[Does], Any]) -> None:
    async def does(github: GitHubAPI) -> Any:
        asked = {"ref": "main", "task": "deploy:lock", "environment": "qa"}
        made = await github.post(ALL, data=asked)
        statuses = f"{ALL}/{made['id']}/statuses"
        return made["message"], [one["state"] async for one in github.getiter(statuses)]

    assert by_gidgethub(does) == ("hello/qa was locked by Alice.", ["success"])
    assert Lock.objects.get().person.username == "alice"


def test_gidgethub_keeps_what_did_not_change(by_gidgethub: Callable[[Does], Any]) -> None:
    async def does(github: GitHubAPI) -> Any:
        return [await github.getitem(f"/{WEB}") for _ in range(2)]

    first, second = by_gidgethub(does)

    assert first == second
    assert first["full_name"] == "acme/hello"


@pytest.mark.parametrize(
    ("path", "sent", "kind"),
    [
        (f"/{WEB}/deployments", {"ref": "moon"}, gidgethub.ValidationError),
        ("/repos/acme/moon/deployments", {"ref": "main"}, gidgethub.BadRequest),
        (f"/{WEB}/deployments", {}, gidgethub.InvalidField),
    ],
)
def test_gidgethub_knows_what_went_wrong(
    by_gidgethub: Callable[[Does], Any], path: str, sent: Any, kind: type[Exception]
) -> None:
    async def does(github: GitHubAPI) -> Any:
        return await github.post(path, data=sent)

    with pytest.raises(kind):
        by_gidgethub(does)
