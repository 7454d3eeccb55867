"""An application and its environments."""

from __future__ import annotations

from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Application, Environment, Person
from tests.deployments import build

SHA, OLD = "a" * 40, "b" * 40


def text(client: Client, address: str = "/apps/hello/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_environments_stand_in_the_order_of_promotion(as_bob: Client, hello: Application) -> None:
    page = text(as_bob)

    assert page.index('href="/apps/hello/qa/"') < page.index('href="/apps/hello/production/"')


def test_where_versions_differ_a_link_compares_them(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, OLD)

    assert f"/compare/hello/{OLD}...{SHA}/" in text(as_bob)


def test_it_compares_what_the_hosts_run(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, OLD)
    build.switched(production, alice, "c" * 40)

    page = text(as_bob)

    assert f"/compare/hello/{'c' * 40}...{SHA}/" in page
    assert "Live, but its deployment failed" in page


def test_where_hosts_differ_each_version_is_named(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, OLD)
    build.switched(production, alice, "c" * 40, "hello-production-2")

    page = text(as_bob, "/apps/hello/?part=now")

    assert "Mixed" in page and "/apps/hello/production/#hosts" in page
    assert f"{OLD[:7]}</code>" in page and "ccccccc</code>" in page
    assert "/compare/hello/" not in page
    assert "mixed</span>" in text(as_bob, "/apps/hello/qa/")


def test_the_same_version_is_said_to_be_the_same(
    as_bob: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.live(production, alice, SHA)

    assert "The same version as qa" in text(as_bob)


def test_an_application_without_environments_tells_the_next_step(
    as_bob: Client, dora: Person
) -> None:
    build.application("bare", Path("/nowhere"))

    assert "A maintainer adds one: ask dora" in text(as_bob, "/apps/bare/")


def test_an_unknown_application_is_a_404(as_bob: Client) -> None:
    assert as_bob.get("/apps/moon/").status_code == 404


def test_the_number_of_queries_does_not_grow(
    as_bob: Client, alice: Person, hello: Application
) -> None:
    build.live(hello.environments.get(name="qa"), alice, SHA)
    with CaptureQueriesContext(connection) as few:
        text(as_bob)
    for number in range(8):
        build.live(Environment.objects.create(application=hello, name=f"e{number}"), alice, SHA)

    with CaptureQueriesContext(connection) as many:
        text(as_bob)

    assert len(few) == len(many)
