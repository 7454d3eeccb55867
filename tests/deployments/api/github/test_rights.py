"""Right × role × scope: each of GitHub's addresses, asked by each role and each kind of token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from deployments import rights
from deployments.models import (
    ApiToken,
    Application,
    Change,
    CommitStatus,
    Deployment,
    Environment,
    Person,
    Role,
)
from deployments.rights import RANK, Right
from tests.deployments import build
from tests.deployments.acts import COVERING, SCOPES, scopes
from tests.deployments.api.github.conftest import WEB, MakeCaller

pytestmark = pytest.mark.slow

SHA = "a" * 40
ANY = frozenset(ApiToken.Scope.values)
READING = frozenset({"read", "deploy", "chat", "admin", "statuses"})
QA = {"ref": "main", "environment": "qa"}
Ask = Callable[..., int]


@dataclass(frozen=True)
class Call:
    """A request, the right that it takes in qa, and the scopes any one of which lets it in."""

    url: str
    right: Right = "see"
    scopes: frozenset[str] = READING
    body: Any = None
    needs: frozenset[str] = frozenset()  # what the token needs beside one of `scopes`

    def __str__(self) -> str:
        return f"{'post' if self.body else 'get'} {self.url} {self.right}"


ALL = f"{WEB}/deployments"
ACTING, FORCE = frozenset({"deploy"}), frozenset({"force"})
READS = [
    Call("", scopes=ANY),
    Call("user", scopes=ANY),
    Call(WEB),
    Call(ALL),
    Call(f"{ALL}/{{number}}"),
    Call(f"{ALL}/{{number}}/statuses"),
    Call(f"{ALL}/{{number}}/statuses/{{status}}"),
    Call(f"{WEB}/commits/main"),
    Call(f"{WEB}/commits/{SHA}/status"),
    Call(f"{WEB}/commits/main/statuses"),
    Call(f"{WEB}/statuses/{SHA}"),
]
WRITES = [
    Call(ALL, "deploy", ACTING, QA),
    Call(ALL, "force", ACTING, {**QA, "force": True}, FORCE),
    Call(ALL, "force", ACTING, {**QA, "required_contexts": []}, FORCE),
    Call(f"{WEB}/statuses/{SHA}", "report", frozenset({"statuses"}), {"state": "success"}),
]
CALLS = [*READS, *WRITES]
IDS: dict[str, Any] = {"ids": str}


@pytest.fixture
def erin(qa: Environment) -> Person:
    return build.person("erin")


@pytest.fixture
def ask(erin: Person, qa: Environment, caller: MakeCaller) -> Ask:
    """Make the call with a token of erin's; return the status."""
    made = build.deployment(qa, build.maker(), SHA, status="failure")
    names = {"number": made.pk, "status": made.changes.latest("pk").pk}

    def ask(call: Call, **limits: Any) -> int:
        url = call.url.format(**names)
        method = "get" if call.body is None else "post"
        return int(caller(erin, **limits).ask(method, url, call.body).status_code)

    return ask


def give(person: Person, role: str, scope: Application | Environment | None = None) -> None:
    where = {"application" if isinstance(scope, Application) else "environment": scope}
    Role.objects.create(person=person, name=role, **where)


def facts() -> tuple[int, int, int]:
    changes = Change.objects.exclude(verb="token.made").count()
    return Deployment.objects.count(), CommitStatus.objects.count(), changes


@pytest.mark.parametrize(("call", "role"), list(product(WRITES, RANK)), **IDS)
def test_each_write_takes_its_role(erin: Person, ask: Ask, call: Call, role: str) -> None:
    give(erin, role)
    before, allowed = facts(), RANK[role] >= RANK[rights.LEAST[call.right]]

    assert ask(call) == (201 if allowed else 403)

    assert (facts() != before) is allowed


@pytest.mark.parametrize(("call", "role"), list(product(READS, ["", *RANK])), **IDS)
def test_everybody_reads(erin: Person, ask: Ask, call: Call, role: str) -> None:
    if role:
        give(erin, role)

    assert ask(call) == 200


@pytest.mark.parametrize(("call", "scope"), list(product(CALLS, ApiToken.Scope.values)), **IDS)
def test_each_call_takes_its_scope(erin: Person, ask: Ask, call: Call, scope: str) -> None:
    give(erin, "admin")
    before, allowed = facts(), scope in call.scopes and not call.needs

    status = ask(call, scopes=[scope])

    assert status in (200, 201) if allowed else (status, facts()) == (403, before)


@pytest.mark.parametrize("call", WRITES, **IDS)
def test_the_scopes_it_takes_are_enough(erin: Person, ask: Ask, call: Call) -> None:
    give(erin, "maintainer")

    assert ask(call, scopes=call.scopes | call.needs) == 201


@pytest.mark.parametrize("where", SCOPES)
@pytest.mark.parametrize("call", [c for c in WRITES if c.right != "report"], **IDS)
def test_a_role_counts_where_it_was_given(
    erin: Person, ask: Ask, qa: Environment, call: Call, where: str
) -> None:
    give(erin, "maintainer", scopes(qa)[where])

    assert ask(call) == (201 if where in COVERING else 403)


@pytest.mark.parametrize("call", CALLS, **IDS)
def test_a_token_of_another_app_finds_nothing(erin: Person, ask: Ask, call: Call) -> None:
    give(erin, "admin")
    other = build.application("third", "/nowhere/x.git")  # type: ignore[arg-type]
    before = facts()

    assert ask(call, applications=[other]) == (404 if call.url.startswith(WEB) else 200)

    assert facts() == before


def test_an_environment_may_ask_more(erin: Person, ask: Ask, qa: Environment) -> None:
    Environment.objects.filter(pk=qa.pk).update(deploys="maintainer")
    give(erin, "deployer")

    assert ask(WRITES[0]) == 403
