"""Branches of every name in addresses, plainly and encoded, over the real web server."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
import requests

from deployments.models import CommitStatus, Deployment
from tests.deployments.api.github.conftest import WEB, Caller
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow

NAMES = [
    "feature/x",
    "a/b/c",
    "fix#12",
    "50%",
    "50%25",
    "a%2Fb",
    "c++",
    "a+b",
    "q&a=1",
    "it's;(so),@x!",
    "dé/ünï",
    "日本",
]
PLAINLY = "/+&=;,@!()'"  # what an address may have in its path as it is


@pytest.fixture
def ask(site: str, bot: Caller) -> Any:
    """Ask for what stands below the repository; the address goes out as it is written."""

    def ask(path: str, **more: Any) -> Any:
        method = "POST" if more else "GET"
        headers = {"Authorization": f"token {bot.text}"}
        url = f"{site}/api/v3/{WEB}/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **more)

    return ask


@pytest.mark.parametrize("plainly", ["", PLAINLY])
@pytest.mark.parametrize("name", NAMES)
def test_a_branch_is_read_by_its_name(
    ask: Any, repository: Repository, name: str, plainly: str
) -> None:
    sha = repository.git("rev-parse", "main").strip()
    repository.git("branch", name, "main")
    repository.commit({"a": "newer"}, "Go on")
    ref = quote(name, safe=plainly)
    assert ask(f"statuses/{sha}", json={"state": "failure", "context": "ci"}).status_code == 201

    assert ask(f"commits/{ref}").json()["sha"] == sha
    combined = ask(f"commits/{ref}/status").json()
    assert (combined["sha"], combined["state"]) == (sha, "failure")
    for path in (f"commits/{ref}/statuses", f"statuses/{ref}"):
        assert [one["context"] for one in ask(path).json()] == ["ci"]


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_is_deployed_and_listed_by_its_name(
    ask: Any, repository: Repository, name: str
) -> None:
    repository.git("branch", name, "main")

    made = ask("deployments", json={"ref": name, "environment": "qa"}).json()

    assert made["ref"] == Deployment.objects.get().ref == name
    for plainly in ("", "/;,@!()'"):
        (listed,) = ask(f"deployments?ref={quote(name, safe=plainly)}&per_page=1").json()
        assert listed == made
    assert ask(f"deployments?ref={quote(name + '-', safe='')}").json() == []


def test_pages_name_a_ref_as_it_was_asked_for(ask: Any, repository: Repository) -> None:
    name = "dé/f#1+2&3%"
    repository.git("branch", name, "main")
    for place in ("qa", "production"):
        ask("deployments", json={"ref": name, "environment": place})

    first = ask(f"deployments?ref={quote(name, safe='')}&per_page=1")

    following = first.links["next"]["url"].partition(f"{WEB}/")[2]
    assert [one["environment"] for one in (*first.json(), *ask(following).json())] == [
        "production",
        "qa",
    ]


@pytest.mark.parametrize("slash", ["/", "%2F", "%2f"])
def test_the_end_of_a_name_may_be_that_of_an_address(
    ask: Any, repository: Repository, slash: str
) -> None:
    for name in ("fix/status", "web/statuses"):
        repository.git("branch", name, "main")
    sha = repository.git("rev-parse", "main").strip()

    for ref in (f"fix{slash}status", f"web{slash}statuses"):
        assert ask(f"commits/{ref}").json()["commit"]["message"]
        assert ask(f"commits/{ref}/status").json()["sha"] == sha
    assert ask(f"commits/moon{slash}status").status_code == 422


@pytest.mark.parametrize("ref", ["a%20b", "%00", "%FF%FE", "..%2F..", "-x", "a%0Ab", "%E2%80%AE"])
def test_what_no_ref_is_called_is_told(ask: Any, hello: object, ref: str) -> None:
    for path in (f"commits/{ref}", f"commits/{ref}/status", f"statuses/{ref}"):
        assert ask(path).status_code in (404, 422)
    assert ask(f"statuses/{ref}", json={"state": "success"}).status_code in (404, 422)
    assert ask(f"deployments?ref={ref}").status_code in (200, 422)
    assert not CommitStatus.objects.exists()
