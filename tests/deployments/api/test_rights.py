"""Right × role × scope: each address, asked by each role and by each kind of token."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from deployments import rights
from deployments.models import ApiToken, Application, Change, Deployment, Environment, Person, Role
from deployments.rights import RANK, Right
from deployments.services import approvals
from tests.deployments import build
from tests.deployments.acts import COVERING, SCOPES, scopes
from tests.deployments.api.conftest import Script
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow

SHA = "a" * 40
READING = frozenset({"read", "deploy", "chat", "admin"})
DEPLOY = {"app": "hello", "environment": "qa"}


@dataclass(frozen=True)
class Call:
    """A request, the right that it takes in qa, and the scopes any one of which lets it in."""

    method: str
    url: str
    right: Right = "see"
    scopes: frozenset[str] = READING
    body: Any = None
    needs: frozenset[str] = frozenset()  # what the token needs beside one of `scopes`
    refused: int = 403

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.right}"


ACTING = frozenset({"deploy"})
FORCE = frozenset({"force"})
CALLS = [
    Call("get", "me/", scopes=frozenset(ApiToken.Scope.values)),
    Call("get", "apps/"),
    Call("get", "apps/hello/"),
    Call("get", "apps/hello/environments/"),
    Call("get", "apps/hello/environments/qa/"),
    Call("get", "hosts/"),
    Call("get", "hosts/hello-qa-1/"),
    Call("get", "deployments/"),
    Call("get", "deployments/{failed}/"),
    Call("get", "deployments/{failed}/log/"),
    Call("get", "deployments/{failed}/hosts/"),
    Call("get", "changes/"),
    Call("get", f"repositories/acme/hello/commits/{SHA}/status/", scopes=READING | {"statuses"}),
    Call("post", "deployments/", "deploy", ACTING, DEPLOY),
    Call("post", "deployments/", "force", ACTING, {**DEPLOY, "force": True}, FORCE, 409),
    Call("post", "deployments/{failed}/retry/", "deploy", ACTING),
    Call("post", "deployments/{paused}/go-on/", "deploy", ACTING),
    Call("post", "deployments/{old}/rollback/", "deploy", ACTING),
    Call("post", "apps/hello/environments/qa/rollback/", "deploy", ACTING),
    Call("post", "deployments/{own}/cancel/", "deploy", ACTING),
    Call("post", "deployments/{others}/cancel/", "force", ACTING, None, FORCE),
    Call("post", "deployments/{asked}/approve/", "approve", ACTING, None, FORCE),
    Call("post", "deployments/{asked}/reject/", "approve", ACTING, {"because": "no"}, FORCE),
    Call("post", "repositories/acme/hello/statuses/", "report", frozenset({"statuses"}),
         {"sha": SHA, "state": "success"}),
    Call("post", f"repositories/acme/hello/statuses/{SHA}/", "report", frozenset({"statuses"}),
         {"state": "success"}),
]  # fmt: skip
READS = [call for call in CALLS if call.right == "see"]
WRITES = [call for call in CALLS if call.right != "see"]


@pytest.fixture
def erin(qa: Environment) -> Person:
    return build.person("erin")


@pytest.fixture
def numbers(erin: Person, qa: Environment, repository: Repository) -> dict[str, int]:
    """What the addresses name: a failure, something to return to, what waits of hers and others."""
    sha, maker = repository.git("rev-parse", "main").strip(), build.maker()
    old, _ = build.live(qa, maker, sha), build.live(qa, maker, "b" * 40)
    asked = build.deployment(qa, maker, sha, status="pending")
    with transaction.atomic():
        approvals.ask(asked, "It is old.")
    return {
        "asked": asked.pk,
        "old": old.pk,
        "failed": build.deployment(qa, maker, sha, status="failure").pk,
        "paused": build.deployment(
            qa, maker, sha, status="in_progress", lease_until=None, paused_at=timezone.now()
        ).pk,
        "own": build.deployment(qa, erin, sha, status="queued").pk,
        "others": build.deployment(qa, maker, sha, status="queued").pk,
    }


def give(person: Person, role: str, scope: Application | Environment | None = None) -> None:
    where = {"application" if isinstance(scope, Application) else "environment": scope}
    Role.objects.create(person=person, name=role, **where)


def ask(script: Script, call: Call, numbers: dict[str, int]) -> int:
    url = call.url.format(**numbers)
    answer = script.get(url) if call.method == "get" else script.post(url, call.body)
    return int(answer.status_code)


def facts() -> tuple[int, int, list[str]]:
    states = Deployment.objects.order_by("pk").values_list("status", flat=True)
    return Deployment.objects.count(), Change.objects.exclude(verb="token.made").count(), [*states]


@pytest.mark.parametrize(("call", "role"), list(product(WRITES, RANK)), ids=str)
def test_each_write_takes_its_role(
    erin: Person, numbers: dict[str, int], call: Call, role: str
) -> None:
    give(erin, role)
    before, allowed = facts(), RANK[role] >= RANK[rights.LEAST[call.right]]

    status = ask(Script(erin), call, numbers)

    low = 403 if RANK[role] < RANK["deployer"] else call.refused
    assert status in ((200, 201) if allowed else (low,))
    assert (facts() != before) is allowed


@pytest.mark.parametrize(("call", "role"), list(product(READS, ["", *RANK])), ids=str)
def test_everybody_reads(erin: Person, numbers: dict[str, int], call: Call, role: str) -> None:
    if role:
        give(erin, role)

    assert ask(Script(erin), call, numbers) == 200


@pytest.mark.parametrize(("call", "scope"), list(product(CALLS, ApiToken.Scope.values)), ids=str)
def test_each_call_takes_its_scope(
    erin: Person, numbers: dict[str, int], call: Call, scope: str
) -> None:
    give(erin, "admin")
    before = facts()

    status = ask(Script(erin, scopes=[scope]), call, numbers)

    allowed = scope in call.scopes and not call.needs
    assert (status in (200, 201)) is allowed
    assert allowed or (status in (403, call.refused) and facts() == before)


@pytest.mark.parametrize("call", WRITES, ids=str)
def test_the_scopes_it_takes_are_enough(erin: Person, numbers: dict[str, int], call: Call) -> None:
    give(erin, "maintainer")

    status = ask(Script(erin, scopes=call.scopes | call.needs), call, numbers)

    assert status in (200, 201)


@pytest.mark.parametrize("where", SCOPES)
@pytest.mark.parametrize("role", RANK)
@pytest.mark.parametrize("call", [c for c in WRITES if c.right != "report"], ids=str)
def test_a_role_counts_where_it_was_given(
    erin: Person, numbers: dict[str, int], qa: Environment, call: Call, role: str, where: str
) -> None:
    give(erin, role, scopes(qa)[where])
    before, enough = facts(), RANK[role] >= RANK[rights.LEAST[call.right]]
    allowed = where in COVERING and enough

    status = ask(Script(erin), call, numbers)

    assert (status in (200, 201)) is allowed
    assert (facts() != before) is allowed


@pytest.mark.parametrize("call", WRITES, ids=str)
def test_a_role_in_another_environment_is_none_here(
    erin: Person, numbers: dict[str, int], production: Environment, call: Call
) -> None:
    give(erin, "admin", production)
    before = facts()

    assert ask(Script(erin), call, numbers) in (403, call.refused)
    assert facts() == before


@pytest.mark.parametrize("call", [c for c in WRITES if c.right != "report"], ids=str)
def test_a_role_in_the_environment_is_enough(
    erin: Person, numbers: dict[str, int], qa: Environment, call: Call
) -> None:
    give(erin, "maintainer", qa)

    assert ask(Script(erin), call, numbers) in (200, 201)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_a_token_of_another_app_finds_nothing(
    erin: Person, numbers: dict[str, int], call: Call
) -> None:
    give(erin, "admin")
    other = Application.objects.create(
        name="other", repository=build.application("third", "/nowhere/x.git").repository  # type: ignore[arg-type]
    )  # fmt: skip
    before = facts()

    status = ask(Script(erin, applications=[other]), call, numbers)

    named = call.url.count("/") > 1 or call.method == "post"
    assert status == (404 if named else 200)
    assert facts() == before


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_without_a_token_nobody_is_let_in(
    erin: Person, numbers: dict[str, int], call: Call
) -> None:
    script = Script(erin)
    script.client.defaults.pop("HTTP_AUTHORIZATION")

    assert ask(script, call, numbers) == 401


def test_the_refusal_of_a_scope_says_what_to_do(erin: Person, qa: Environment) -> None:
    said = Script(erin, scopes=["read"]).post("deployments/", DEPLOY).json()["error"]

    assert said["text"] == (
        "This takes the scope “deploy”, and the token “ci” has: read. "
        "Make one that may under Settings → Tokens."
    )


def test_an_environment_may_ask_more(erin: Person, qa: Environment) -> None:
    Environment.objects.filter(pk=qa.pk).update(deploys="maintainer")
    give(erin, "deployer")

    said = Script(erin).post("deployments/", DEPLOY).json()["error"]

    assert said["blockers"][0]["code"] == "not_allowed"
    assert "it takes a maintainer" in said["text"]
