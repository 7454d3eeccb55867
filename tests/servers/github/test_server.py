"""The stand-in itself: what it remembers, and what it refuses as GitHub's description does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers.github import description
from tests.servers.github.description import Violation, completed, operation
from tests.servers.github.hub import TOKEN, Fault, GitHub
from tests.servers.github.server import API, served
from tests.servers.repositories import Repository

HEADERS = {"Accept": "application/vnd.github+json", "Authorization": f"Bearer {TOKEN}"}
SENT = {"accept": HEADERS["Accept"], "user-agent": "Shipmate"}
WEB = "/repos/acme/web"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHub]:
    with served(tmp_path) as hub:
        yield hub


@pytest.fixture
def web(hub: GitHub) -> Repository:
    made = hub.make("acme/web")
    made.commit({"a": "1"})
    return made


def ask(hub: GitHub, method: str, path: str, **values: Any) -> tuple[int, Any]:
    certificate = str(hub.folder.parent / "server.pem")
    address = f"{hub.address}{API}{path}"
    answer = requests.request(
        method, address, headers=HEADERS, json=values or None, verify=certificate, timeout=30
    )
    return answer.status_code, answer.json() if answer.content else None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{WEB}/tarball"),
        ("GET", f"{WEB}/branches?sort=name"),
        ("GET", f"{WEB}/branches?per_page=many"),
        ("GET", f"{WEB}/commits/feature/x/status"),
    ],
)
def test_what_the_description_has_not_is_a_violation(method: str, path: str) -> None:
    with pytest.raises(Violation):
        operation(method, path).check_request(path, SENT, b"")


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"ref": 1}', b'{"ref": "main", "force": true}',
     b'{"ref": "main", "required_contexts": "ci"}'],
)  # fmt: skip
def test_a_body_that_the_description_has_not_is_a_violation(body: bytes) -> None:
    with pytest.raises(Violation):
        operation("POST", f"{WEB}/deployments").check_request(f"{WEB}/deployments", SENT, body)


def test_another_media_type_is_a_violation() -> None:
    with pytest.raises(Violation, match="Accept"):
        operation("GET", WEB).check_request(WEB, {**SENT, "accept": "*/*"}, b"")


@pytest.mark.parametrize(
    ("status", "answer"), [(200, {}), (204, None), (200, completed("short-branch", {}))]
)
def test_an_answer_that_github_never_gives_is_a_violation(status: int, answer: Any) -> None:
    with pytest.raises(Violation):
        operation("GET", WEB).check_answer(status, answer)


def test_violations_are_kept_and_answered(hub: GitHub, web: Repository) -> None:
    status, _ = ask(hub, "POST", f"{WEB}/deployments", ref="main", force=True)

    assert (status, len(hub.violations)) == (400, 1)


def test_the_description_says_what_it_was_made_of() -> None:
    assert description.WHOLE["info"]["x-made-of"].startswith("@octokit/openapi 23.0.2")


def test_a_deployment_and_its_statuses_are_remembered(hub: GitHub, web: Repository) -> None:
    status, made = ask(hub, "POST", f"{WEB}/deployments", ref="main", environment="qa")
    at = f"{WEB}/deployments/{made['id']}"
    ask(hub, "POST", f"{at}/statuses", state="success", log_url="https://log.example/1")

    assert (status, ask(hub, "GET", at)[1]["environment"]) == (201, "qa")
    assert ask(hub, "GET", f"{WEB}/deployments?environment=other")[1] == []
    assert ask(hub, "GET", f"{at}/statuses")[1][0]["target_url"] == "https://log.example/1"
    assert hub.violations == []


def test_a_branch_that_lags_is_merged_instead(hub: GitHub, web: Repository) -> None:
    start = web.git("rev-parse", "main")
    topic = web.commit({"b": "2"}, branch="topic", parent=start)
    web.commit({"c": "3"})

    status, said = ask(hub, "POST", f"{WEB}/deployments", ref="topic")

    assert (status, said) == (202, {"message": "Auto-merged main into topic on deployment."})
    assert web.git("rev-parse", "topic^1") == topic
    assert hub.violations == []


def test_a_conflict_is_told(hub: GitHub, web: Repository) -> None:
    start = web.git("rev-parse", "main")
    web.commit({"a": "2"}, branch="topic", parent=start)
    web.commit({"a": "3"})

    status, said = ask(hub, "POST", f"{WEB}/deployments", ref="topic")

    assert (status, said["message"]) == (409, "Conflict merging main into topic")


def test_red_checks_are_named(hub: GitHub, web: Repository) -> None:
    hub.say("acme/web", web.git("rev-parse", "main"), "ci/test", "failure")

    status, said = ask(hub, "POST", f"{WEB}/deployments", ref="main")

    assert (status, said["errors"][0]["contexts"]) == (
        409, [{"context": "ci/test", "state": "failure"}],
    )  # fmt: skip
    assert ask(hub, "POST", f"{WEB}/deployments", ref="main", required_contexts=[])[0] == 201


def test_an_unknown_ref_is_refused(hub: GitHub, web: Repository) -> None:
    assert ask(hub, "POST", f"{WEB}/deployments", ref="none")[0] == 422


def test_commits_are_compared_and_merged(hub: GitHub, web: Repository) -> None:
    web.commit({"b": "2"}, branch="topic", parent=web.git("rev-parse", "main"))

    found = ask(hub, "GET", f"{WEB}/compare/main...topic")[1]
    merged = ask(hub, "POST", f"{WEB}/merges", base="main", head="topic")[0]
    again = ask(hub, "POST", f"{WEB}/merges", base="main", head="topic")[0]

    assert (found["status"], found["ahead_by"], merged, again) == ("ahead", 1, 201, 204)
    assert hub.violations == []


def test_the_rest_is_answered_as_described(hub: GitHub, web: Repository) -> None:
    sha = web.git("rev-parse", "main")
    hub.pull("acme/web", 7, sha)
    ask(hub, "POST", f"{WEB}/statuses/{sha}", state="success", context="ci")

    paths = [
        "/rate_limit", WEB, f"{WEB}/branches", f"{WEB}/commits/main", f"{WEB}/commits/main/status",
        f"{WEB}/commits/main/check-runs", f"{WEB}/pulls", f"{WEB}/pulls/7",
        f"{WEB}/deployments",
    ]  # fmt: skip
    assert [ask(hub, "GET", path)[0] for path in paths] == [200] * len(paths)
    assert ask(hub, "GET", f"{WEB}/pulls/7")[1]["head"]["sha"] == sha
    assert hub.violations == []


def test_it_misbehaves_when_it_is_told_to(hub: GitHub, web: Repository) -> None:
    hub.faults.extend([Fault(502), Fault(404, message="Not Found"), Fault(429)])

    assert [ask(hub, "GET", WEB)[0] for _ in range(4)] == [502, 404, 429, 200]
