"""The repository, whose token it is, errors and headers: what every client meets."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from deployments.api.throttling import PersonRate, TokenWriteRate
from deployments.models import Application, Person
from deployments.models import Repository as RepositoryRow
from deployments.services import tokens
from tests.deployments import build
from tests.deployments.api.github.conftest import WEB, Caller, MakeCaller
from tests.servers.github import description


def test_the_repository_is_told(bot: Caller, hello: Application) -> None:
    told = bot.get(WEB, "/repos/{owner}/{repo}").json()

    assert (told["full_name"], told["default_branch"]) == ("acme/hello", "main")
    assert told["permissions"]["push"] and not told["permissions"]["admin"]
    assert told["html_url"].endswith(hello.get_absolute_url())


def test_an_app_without_environments_has_a_repository_too(bot: Caller, tmp_path: Path) -> None:
    build.application("bare", tmp_path / "bare")

    assert bot.get("repos/acme/bare", "/repos/{owner}/{repo}").status_code == 200
    assert bot.get("repos/acme/bare/deployments").json() == []


def test_a_password_in_its_location_is_told_nobody(bot: Caller, hello: Application) -> None:
    RepositoryRow.objects.update(location="https://ana:hunter2@git.example/acme/hello.git")

    assert "hunter2" not in bot.get(WEB).content.decode()


def test_whose_token_it_is(bot: Caller) -> None:
    answer = bot.get("user", "/user")

    assert answer.json()["login"] == "alice"
    assert answer["X-OAuth-Scopes"] == "public_repo, repo, repo_deployment, repo:status"


def test_what_this_is_takes_no_token(db: None) -> None:
    answer = Client().get("/api/v3/meta")

    Caller.check(answer, "GET /meta")
    assert answer.status_code == 200


def test_the_root_says_what_a_token_may(bot: Caller) -> None:
    assert "repo" in bot.get("", "/")["X-OAuth-Scopes"]


def test_the_root_is_there_as_a_base_url_is_written(bot: Caller) -> None:
    answer = Client(headers={"Authorization": f"token {bot.text}"}).get("/api/v3")

    assert answer.json() == bot.get("").json()


def test_letters_are_told_to_be_utf_8(bot: Caller) -> None:
    """Agithub takes them for Latin-1 otherwise."""
    for url in ("user", "zen"):
        assert bot.get(url)["Content-Type"] == "application/json; charset=utf-8"


def test_no_cache_on_the_way_keeps_what_one_person_was_told(bot: Caller) -> None:
    answer = bot.get("user")

    assert answer["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer["Vary"]


@pytest.mark.parametrize(
    ("method", "url"),
    [("get", "zen"), ("delete", WEB), ("get", "repos/acme/moon"), ("put", f"{WEB}/deployments")],
)
def test_what_is_not_there_is_told_as_at_github(bot: Caller, method: str, url: str) -> None:
    answer = bot.ask(method, url)

    assert answer.status_code == 404
    assert answer.json()["message"] == "Not Found"
    assert answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_looks_for_graphql_is_told_what_there_is(bot: Caller, method: str) -> None:
    """Octokit and gh look for it beside the base URL."""
    sent = {"query": "{viewer{login}}"}

    answer = getattr(Client(), method)("/api/graphql", sent, content_type="application/json")

    Caller.check(answer, "")
    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")
    assert "speaks no GraphQL" in answer.json()["errors"][0]["message"]


ACCEPTED = [
    "application/vnd.github.ant-man-preview+json",
    "application/vnd.github.flash-preview+json, application/vnd.github.v3+json",
    "application/vnd.github.cannonball-preview+json",
    "application/vnd.github.raw",
    "text/html;q=0.1",
    "*/*",
    "nonsense",
]


@pytest.mark.parametrize("accepted", ACCEPTED)
@pytest.mark.parametrize("version", ["2022-11-28", "2026-03-10", "", "tomorrow"])
def test_whatever_a_client_accepts_it_gets_json_of_one_version(
    bot: Caller, accepted: str, version: str
) -> None:
    said = {"Accept": accepted, "X-GitHub-Api-Version": version}
    client = Client(headers={"Authorization": f"token {bot.text}", **said})

    answer = client.get(f"/api/v3/{WEB}/deployments")

    assert (answer.status_code, answer.json()) == (200, [])
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["X-GitHub-Api-Version-Selected"] == "2022-11-28"


def test_a_head_has_what_a_get_has_but_its_body(bot: Caller) -> None:
    whole, head = (bot.ask(method, f"{WEB}/deployments") for method in ("get", "head"))

    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "X-OAuth-Scopes", "X-RateLimit-Limit"):
        assert head[name] == whole[name]
    assert Client().head("/api/v3/user").status_code == 401


def test_what_an_address_takes_is_told(bot: Caller) -> None:
    answer = bot.ask("options", f"{WEB}/deployments")

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert Client().options(f"/api/v3/{WEB}/deployments").status_code == 401


def test_what_is_no_json_is_told_as_at_github(bot: Caller) -> None:
    client = Client(headers={"Authorization": f"token {bot.text}"})

    answer = client.post(f"/api/v3/{WEB}/deployments", "{", content_type="application/json")

    assert (answer.status_code, answer.json()["message"]) == (400, "Problems parsing JSON")


def test_json_is_json_whatever_curl_calls_it(bot: Caller) -> None:
    client = Client(headers={"Authorization": f"token {bot.text}"})
    kind = "application/x-www-form-urlencoded"

    answer = client.post(f"/api/v3/{WEB}/deployments", '{"ref": "main"}', content_type=kind)

    assert answer.status_code == 201


def test_a_closed_installation_hides_a_repository(
    caller: MakeCaller, hello: Application, settings: object
) -> None:
    settings.SHIPMATE_CLOSED = True  # type: ignore[attr-defined]
    erin = build.person("erin")

    assert caller(erin).get(WEB).status_code == 404


# ---- tokens ----


def asking(authorization: str) -> int:
    return Client(headers={"Authorization": authorization}).get("/api/v3/user").status_code


def basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def test_a_token_comes_by_every_way_that_clients_have(bot: Caller) -> None:
    ways = [f"token {bot.text}", f"Bearer {bot.text}", basic("alice", bot.text),
            basic(bot.text, ""), basic(bot.text, "x-oauth-basic")]  # fmt: skip

    assert [asking(way) for way in ways] == [200] * 5


@pytest.mark.parametrize(
    "way", ["token ship_wrong", "Basic ?", basic("alice", build.PASSWORD), "Basic /w==", "token "]
)
def test_what_is_no_token_is_bad_credentials(bot: Caller, way: str) -> None:
    answer = Client(headers={"Authorization": way}).get("/api/v3/user")

    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    assert answer.json()["errors"][0]["message"]


def test_without_a_token_one_is_asked_for(db: None) -> None:
    answer = Client().get("/api/v3/user")

    assert (answer.status_code, answer.json()["message"]) == (401, "Requires authentication")


def test_basic_is_no_way_into_the_rest_of_the_api(bot: Caller) -> None:
    client = Client(headers={"Authorization": basic("alice", bot.text)})

    assert client.get("/api/me/").status_code == 401


# ---- how often ----


def test_what_is_left_is_said_in_each_answer(bot: Caller) -> None:
    first, second = bot.get("user"), bot.get("user")

    assert first["X-RateLimit-Limit"] == "600"
    assert int(first["X-RateLimit-Remaining"]) == int(second["X-RateLimit-Remaining"]) + 1


def test_too_often_is_told_with_when_to_come_again(
    bot: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.clear()
    monkeypatch.setattr(PersonRate, "THROTTLE_RATES", {"user": "1/min"})

    answer = [bot.get("user") for _ in range(2)][-1]

    assert answer.status_code == 403
    assert answer["X-RateLimit-Remaining"] == "0"
    assert 0 < int(answer["Retry-After"]) <= 60
    assert answer.json()["message"].startswith("API rate limit exceeded")


def test_what_is_left_can_be_asked_without_counting(bot: Caller) -> None:
    left = [bot.get("rate_limit", "/rate_limit").json()["rate"]["used"] for _ in range(2)]
    bot.get("user")
    after = bot.get("rate_limit", "/rate_limit").json()["resources"]["core"]

    assert left == [0, 0]
    assert (after["limit"], after["used"], after["remaining"]) == (600, 1, 599)


def test_too_much_of_what_one_token_does_is_told_apart(
    bot: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenWriteRate, "THROTTLE_RATES", {"write": "1/min"})

    answer = [bot.post(f"{WEB}/statuses/{'a' * 40}", {"state": "success"}) for _ in range(2)][-1]

    told = answer.json()
    assert (answer.status_code, int(answer["Retry-After"]) > 0) == (403, True)
    assert told["message"].startswith("You have exceeded a secondary rate limit")
    assert told["documentation_url"].endswith("secondary-rate-limits")
    assert int(answer["X-RateLimit-Remaining"]) > 0
    assert bot.get("user").status_code == 200


# ---- conditional requests ----


def again(bot: Caller, url: str, tag: str) -> int:
    held = {"Authorization": f"token {bot.text}", "If-None-Match": tag}
    return Client(headers=held).get(f"/api/v3/{url}").status_code


def test_what_did_not_change_is_not_sent_again(bot: Caller) -> None:
    tag = bot.get(f"{WEB}/deployments")["ETag"]

    assert again(bot, f"{WEB}/deployments", tag) == 304
    bot.post(f"{WEB}/deployments", {"ref": "main"})
    assert again(bot, f"{WEB}/deployments", tag) == 200


def test_a_tag_lets_nobody_see_more(bot: Caller) -> None:
    tag = bot.get(WEB)["ETag"]

    assert Client(headers={"If-None-Match": tag}).get(f"/api/v3/{WEB}").status_code == 401


def test_the_answers_here_are_held_against_githubs_description(bot: Caller, alice: Person) -> None:
    wrong = bot.get("user").json() | {"id": "one"}
    shape = {"$ref": "#/components/schemas/simple-user"}

    with pytest.raises(description.Violation, match=r"^\$\.id: 'one' is not of type 'integer'$"):
        description.check(wrong, shape)
    assert tokens.find(bot.text)
