"""Tokens in addresses: only where they may stand, and nowhere in what is written."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.test import Client

from deployments.api.github.addresses import Discreet, DiscreetWsgi, without_token
from deployments.models import Application, Change, Environment, Person
from deployments.services import tokens
from tests.deployments import build
from tests.deployments.api.github.conftest import WEB
from tests.deployments.services import elsewhere
from tests.servers.checkout import ROOT, Running, free_port

USER = "/api/v3/user"
LONG = f"ship_{'x' * 43}"  # as long as they are


@pytest.mark.parametrize(
    ("query", "kept", "token"),
    [
        ("", "", ""),
        ("ref=main&access_token=ship_x&page=2", "ref=main&page=2", "ship_x"),
        ("access%5Ftoken=ship_x", "", "ship_x"),
        ("ACCESS_TOKEN=ship%5Fx&a=b%20c", "a=b%20c", "ship_x"),
        ("access_token=one&access_token=two", "", "two"),
        ("access_token=one&access_token=", "", "one"),
        ("access_token", "", ""),
        ("a=b;access_token=ship_x", "a=b", "ship_x"),
        ("access_token=ship_x;a=b&c", "a=b&c", "ship_x"),
        ("ref=a;b&access_token=ship_x&&c=d", "ref=a;b&&c=d", "ship_x"),
        ("&ref=a;b&&c=d&", "&ref=a;b&&c=d&", ""),
        (f"a=b%3Faccess_token={LONG}&c=d", "a=b%3Faccess_token=ship_taken-out&c=d", ""),
        (f"a=ship%5F{'x' * 43}", "a=ship_taken-out", ""),
        ("ref=ship_" + "x" * 44, "ref=ship_" + "x" * 44, ""),
        ("my_access_token=x&a=access_token", "my_access_token=x&a=access_token", ""),
    ],
)
def test_a_token_is_taken_out_of_a_query(query: str, kept: str, token: str) -> None:
    assert without_token(query) == (kept, token)


# ---- who gets in ----


@pytest.fixture
def old(alice: Person, hello: Application) -> str:
    """A token that may stand in addresses."""
    made = tokens.make(alice, "old bot", by=alice, applications=[hello], in_addresses=True)
    return made[1]


@pytest.fixture
def plain(alice: Person) -> str:
    return tokens.make(alice, "ci", by=alice)[1]


def at(site: str, path: str, token: str, **more: Any) -> requests.Response:
    return requests.get(f"{site}{path}?access_token={token}", timeout=30, **more)


def test_one_that_was_made_for_it_gets_in(site: str, old: str) -> None:
    assert at(site, USER, old).json()["login"] == "alice"


def test_another_does_not_and_is_told_why(site: str, plain: str) -> None:
    answer = at(site, USER, plain)

    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    assert "not made to stand in an address" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("path", ["/api/me/", "/api/deployments/", "/metrics", "/api/v3", "/"])
def test_nowhere_else_does_it_let_in(site: str, old: str, path: str) -> None:
    answer = at(site, path, old, allow_redirects=False)

    assert answer.status_code in (302, 401, 404)
    assert old not in answer.text + str(answer.headers)


def test_a_header_comes_before_it(site: str, old: str) -> None:
    said = {"Authorization": "token ship_wrong"}

    assert at(site, USER, old, headers=said).status_code == 401


def test_pages_do_not_name_it(site: str, old: str, qa: Environment, alice: Person) -> None:
    for letter in "ab":
        build.deployment(qa, alice, letter * 40)

    answer = at(site, f"/api/v3/{WEB}/deployments", f"{old}&per_page=1")

    assert 'rel="next"' in answer.headers["Link"]
    assert old not in answer.text + str(answer.headers)


def test_it_ends_as_any_other(site: str, old: str, alice: Person) -> None:
    tokens.revoke(alice.tokens.get(), by=alice)

    assert at(site, USER, old).status_code == 401


def test_what_it_does_is_its_persons(site: str, old: str) -> None:
    sent = {"ref": "main", "environment": "qa"}
    url = f"{site}/api/v3/{WEB}/deployments?access_token={old}"

    assert requests.post(url, json=sent, timeout=30).status_code == 201

    made = Change.objects.filter(verb="deployment.status").first()
    assert made and made.person and made.person.username == "alice"


def test_by_wsgi_it_is_the_same(old: str, client: Client) -> None:
    seen: dict[str, Any] = {}
    environ = {
        "QUERY_STRING": f"access_token={old}&a=b",
        "PATH_INFO": USER,
        "REQUEST_URI": f"{USER}?access_token={old}",
    }

    DiscreetWsgi(lambda environ, _: seen.update(environ))(environ, None)

    assert seen["QUERY_STRING"] == "a=b"
    assert seen.pop("HTTP_AUTHORIZATION") == f"Address {old}"
    assert old not in str(seen)
    assert client.get(USER, headers={"Authorization": f"Address {old}"}).status_code == 200


# ---- nothing writes it down ----


def test_one_that_came_to_stand_in_the_path_is_taken_out_and_lets_nobody_in(old: str) -> None:
    seen: dict[str, Any] = {}
    path = f"{USER}?Access_Token={old}"  # where `?` was encoded as well

    async def application(scope: Any, *_: Any) -> None:
        seen["ASGI"] = scope

    asyncio.run(Discreet(application)({"path": path, "headers": []}, None, None))
    environ = {"PATH_INFO": path}
    DiscreetWsgi(lambda environ, _: seen.update(WSGI=environ))(environ, None)

    assert old not in str(seen)
    assert (seen["ASGI"]["path"], seen["WSGI"]["PATH_INFO"]) == (
        f"{USER}?Access_Token=ship_taken-out",
    ) * 2
    assert not seen["ASGI"]["headers"]
    assert "HTTP_AUTHORIZATION" not in seen["WSGI"]


def test_the_page_before_is_named_without_it() -> None:
    came = {"HTTP_REFERER": f"https://here.example{USER}?a=b&access_token=ship_x"}
    seen: dict[str, Any] = {}

    async def application(scope: Any, *_: Any) -> None:
        seen["ASGI"] = dict(scope["headers"])[b"referer"].decode()

    header = (b"referer", came["HTTP_REFERER"].encode())
    scope = {"path": "/", "headers": [(b"host", b"here.example"), header]}
    asyncio.run(Discreet(application)(scope, None, None))
    DiscreetWsgi(lambda environ, _: seen.update(WSGI=environ["HTTP_REFERER"]))(came, None)

    assert seen == dict.fromkeys(("ASGI", "WSGI"), f"https://here.example{USER}?a=b")


@pytest.fixture
def served(throttled: None, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The web server that an installation runs, which writes all that it can write."""
    port, log = free_port(), tmp_path / "said.txt"
    command = [sys.executable, "-m", "uvicorn", "chatops.asgi:application", "--port", str(port)]
    environment = elsewhere.environment() | {"SHIPMATE_LOG_LEVEL": "DEBUG"}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--access-log", "--log-level", "debug"],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
        )
    try:
        Running.wait(lambda: process.poll() is not None or "startup complete" in log.read_text())
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.slow
def test_no_log_has_it_in_it(
    served: tuple[str, Path], old: str, plain: str, qa: Environment
) -> None:
    site, log = served
    for stray in (f"?n=1;access_token={old}", f"?n=1%3Ftoken={old}", f"%3Ftoken={old}"):
        requests.get(f"{site}{USER}{stray}", timeout=30)
    for path in (USER, f"/api/v3/{WEB}/deployments", "/api/v3/zen", "/api/me/", "/moon", "/"):
        for token in (old, plain, "ship_" + "x" * 40):
            at(site, path, f"{token}&n=1", allow_redirects=False)
    large = {"data": b"x" * 9_000_000, "headers": {"Content-Type": "application/json"}}
    address = f"{site}/api/v3/{WEB}/deployments?access_token={old}"
    assert requests.post(address, timeout=30, **large).status_code == 413  # type: ignore[arg-type]
    assert requests.post(address, data="{", timeout=30).status_code == 400

    Running.wait(lambda: "POST /api/v3/repos/acme/hello/deployments" in log.read_text())
    written = log.read_text()
    assert f"GET {USER}?n=1 HTTP" in written
    for secret in (old, plain, "ship_x", "access_token"):
        assert secret not in written
