"""The description of the API is whole, and the API does what it says and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from deployments.api.throttling import PersonRate, TokenWriteRate
from deployments.models import Application, Environment, Host, Person, Role
from deployments.models import Repository as RepositoryRow
from deployments.services import approvals
from tests.deployments import build
from tests.deployments.api.conftest import Script
from tests.servers.repositories import Repository

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
    own = (name for route, name in routes(get_resolver()) if route.startswith("api/"))
    names = {name for name in own if not (name or "").startswith("github-")}  # GitHub describes it

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

SCHEMATHESIS = f"{sys.prefix}/bin/schemathesis"
OPTIONS = ["--seed", "812", "--max-examples", "10", "--generation-database", "none",
           "--request-timeout", "10", "--no-color"]  # fmt: skip
CONFIGURED = """
[[operations]]
include-operation-id = "deployments_{name}"
parameters = {{ "path.number" = {number} }}
"""


@pytest.fixture
def url(live_server: Any, hello: Application, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server that has the names of the description's examples."""
    for rate in (PersonRate, TokenWriteRate):
        monkeypatch.setattr(rate, "THROTTLE_RATES", {"user": "9999/s", "write": "9999/s"})
    RepositoryRow.objects.update(name="demo/hello")
    Host.objects.filter(name="hello-qa-1").update(name="qa-1")
    return f"{live_server.url}/api/schema/"


@pytest.fixture
def numbers(
    qa: Environment, production: Environment, alice: Person, repository: Repository
) -> dict[str, int]:
    """For each thing that is asked of a deployment, one of which it can be asked."""
    tip = repository.git("rev-parse", "main").strip()
    old, _ = (build.live(production, alice, letter * 40) for letter in "ab")
    first, _ = (build.live(qa, alice, letter * 40) for letter in "ab")
    build.log(first, "one\n")
    failed = build.deployment(qa, alice, tip, status="failure")
    waits = build.deployment(qa, alice, tip, status="queued")
    paused = build.deployment(
        production, alice, tip, status="in_progress", lease_until=None, paused_at=timezone.now()
    )
    Role.objects.create(person=alice, name="maintainer", environment=qa)
    return {"get": first.pk, "log": first.pk, "hosts": first.pk, "retry": failed.pk,
            "rollback": old.pk, "cancel": waits.pk, "go_on": paused.pk,
            **{name: _for_approval(qa, tip) for name in ("approve", "reject")}}  # fmt: skip


def _for_approval(qa: Environment, sha: str) -> int:
    """Write one that waits for the word of whoever may give it."""
    made = build.deployment(qa, build.maker(), sha, status="pending")
    with transaction.atomic():
        approvals.ask(made, "It is old.")
    return made.pk


def called(report: Path) -> dict[str, set[int]]:
    """Return which statuses each operation was answered with."""
    found: dict[str, set[int]] = {}
    for line in report.read_text().splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for number, spoken in recorder.get("interactions", {}).items():
            case = recorder["cases"][number]["value"]
            answers = found.setdefault(f"{case['method']} {case['path']}", set())
            answers.add((spoken["response"] or {}).get("status_code", 0))
    return found


@pytest.mark.slow
def test_each_operation_is_reached_nothing_fails_and_every_answer_is_as_described(
    url: str, numbers: dict[str, int], ci: Script, tmp_path: Path, described: dict[str, Any]
) -> None:
    configured = (CONFIGURED.format(name=name, number=n) for name, n in numbers.items())
    (tmp_path / "schemathesis.toml").write_text("".join(configured))
    told = ["--report", "ndjson", "--report-ndjson-path", str(tmp_path / "report")]
    command = [SCHEMATHESIS, "run", url, "-H", f"Authorization: Bearer {ci.text}", *OPTIONS, *told]

    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=290)  # noqa: PLW1510

    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
    answers = called(tmp_path / "report")
    for path, operations in described["paths"].items():
        for method in operations:
            assert answers[f"{method.upper()} {path}"] & {200, 201, 202}, (method, path)
    assert not [name for name, found in answers.items() if max(found) >= 500]
