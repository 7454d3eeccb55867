"""The description of the API is whole, and the API does what it says and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from deployments.api.throttling import PersonRate, TokenWriteRate
from deployments.models import Environment, Person
from tests.deployments import build
from tests.deployments.api.conftest import Script

# Signed by their sender in a protocol of their own (docs/chat.md), or for people to read.
UNDESCRIBED = {"chat-messages", "api-docs", "api-try", "api-client", "api-schema", None}


@pytest.fixture
def described(db: None) -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/schema/").json()
    return found


def test_it_is_valid_without_a_warning(db: None) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def routes(found: URLResolver, prefix: str = "") -> Iterator[tuple[str, str | None]]:
    for each in found.url_patterns:
        if isinstance(each, URLResolver):
            yield from routes(each, prefix + str(each.pattern))
        elif isinstance(each, URLPattern):
            yield prefix + str(each.pattern), each.name


def test_every_address_is_described(described: dict[str, Any]) -> None:
    names = {name for route, name in routes(get_resolver()) if route.startswith("api/")}

    assert len(described["paths"]) == len(names - UNDESCRIBED)


def test_every_operation_says_how_it_is_refused(described: dict[str, Any]) -> None:
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            wanted = {"400", "401", "403", "404", "429"} | (
                {"409", "413", "415"} if method == "post" else set()
            )
            assert wanted <= set(operation["responses"]), (method, path)
            assert operation["security"] == [{"token": []}], (method, path)


def test_every_operation_says_what_it_does(described: dict[str, Any]) -> None:
    for operations in described["paths"].values():
        for operation in operations.values():
            assert operation["description"]


# ---- Called in every way that it allows, and in some that it does not ----


@pytest.fixture
def url(live_server: Any, qa: Environment, alice: Person, monkeypatch: pytest.MonkeyPatch) -> str:
    for rate in (PersonRate, TokenWriteRate):
        monkeypatch.setattr(rate, "THROTTLE_RATES", {"user": "9999/s", "write": "9999/s"})
    build.log(build.live(qa, alice, "a" * 40, pk=1), "one\n")
    build.deployment(qa, alice, "b" * 40, status="failure", pk=2)
    return f"{live_server.url}/api/schema/"


@pytest.mark.slow
def test_nothing_fails_and_every_answer_is_as_described(
    url: str, ci: Script, tmp_path: Path
) -> None:
    command = [
        f"{sys.prefix}/bin/schemathesis", "run", url, "-H", f"Authorization: Bearer {ci.text}",
        "--seed", "812", "--max-examples", "10", "--generation-database", "none",
        "--request-timeout", "10", "--no-color",
    ]  # fmt: skip

    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=250)  # noqa: PLW1510

    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
