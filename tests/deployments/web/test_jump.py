"""Search or jump to: what a few words may mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deployments.models import Application, Environment, Person
from tests.deployments import build

SHA = "a" * 40


def found(client: Client, words: str) -> str:
    answer = client.get("/jump/", {"q": words, "part": "found"})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("words", ["hello prod", "PROD hello", "hello/production", "lo duc"])
def test_words_in_any_order_find_an_environment(
    as_bob: Client, hello: Application, words: str
) -> None:
    page = found(as_bob, words)

    assert 'href="/apps/hello/production/"' in page and 'href="/apps/hello/qa/"' not in page


def test_an_app_is_found_by_its_repository(as_bob: Client, hello: Application) -> None:
    assert 'href="/apps/hello/"' in found(as_bob, "acme")


@pytest.mark.parametrize("mark", ["", "#"])
def test_a_number_is_a_deployment(
    as_bob: Client, alice: Person, qa: Environment, mark: str
) -> None:
    made = build.deployment(qa, alice, SHA)

    assert f'href="/deployments/{made.pk}/"' in found(as_bob, f"{mark}{made.pk}")


def test_an_environment_brings_its_newest_deployments(
    as_bob: Client, alice: Person, qa: Environment
) -> None:
    made = build.deployment(qa, alice, SHA)

    assert f'href="/deployments/{made.pk}/"' in found(as_bob, "hello qa")


def test_without_words_ones_own_newest_and_the_pages_are_there(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    made = build.deployment(qa, alice, SHA)

    page = found(as_alice, "")

    assert f'href="/deployments/{made.pk}/"' in page and 'href="/queue/"' in page


def test_a_verb_brings_its_line_to_copy(as_alice: Client, hello: Application) -> None:
    page = found(as_alice, "deploy hello to qa")

    assert 'data-copy="deploy hello to qa"' in page and 'data-copy="status' not in page


def test_who_may_not_say_it_is_told_who_can(
    as_bob: Client, alice: Person, hello: Application
) -> None:
    page = found(as_bob, "deploy hello to qa")

    assert 'data-copy="deploy' not in page and "Deployers of hello/qa: Alice" in page
    assert 'data-copy="status hello in qa"' in found(as_bob, "hello qa")


def test_every_page_without_a_name_of_a_thing_is_found(client: Client, root: Person) -> None:
    client.force_login(root)

    page = found(client, "")

    for address in ("/", "/history/", "/queue/", "/weeks/", "/flow/", "/flow/-/rooms/",
                    "/flow/-/mentions/", "/flow/-/kept/", "/settings/", "/settings/hosts/",
                    "/settings/people/", "/settings/audit/", "/settings/connections/",
                    "/settings/outgoing/", "/settings/tokens/", "/settings/me/",
                    "/settings/apps/new/", "/api/", "/api/try/", "/accounts/2fa/",
                    "/accounts/password/change/", "/accounts/logout/"):  # fmt: skip
        assert f'href="{address}"' in page, address


def test_a_deed_alone_leads_to_where_one_deployed_last(
    as_alice: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    for place in (production, qa):
        build.deployment(place, alice, SHA)
    build.deployment(production, build.person("carol"), SHA)

    page = found(as_alice, "deploy")

    at = [page.index(f'<a href="/apps/hello/{name}/"') for name in ("qa", "production")]
    assert at == sorted(at) and 'data-copy="deploy hello to qa"' in page


def test_settings_of_what_fits_are_a_step_away(as_dora: Client, hello: Application) -> None:
    page = found(as_dora, "hello qa")

    assert 'href="/settings/apps/hello/qa/"' in page
    assert 'href="/settings/apps/hello/"' in found(as_dora, "hello")


def test_what_fits_nothing_says_what_to_write(as_bob: Client, hello: Application) -> None:
    page = found(as_bob, "<moon>")

    assert "Nothing fits “&lt;moon&gt;”." in page


@pytest.mark.parametrize("words", ["9" * 30, "%", "_", "#", "deploy", "/" * 300])
def test_odd_words_find_nothing_and_break_nothing(
    as_bob: Client, hello: Application, words: str
) -> None:
    assert "/apps/hello/qa/" not in found(as_bob, words)


def test_without_scripts_it_is_a_page(as_bob: Client, hello: Application) -> None:
    page = as_bob.get("/jump/?q=hello").content.decode()

    assert 'value="hello"' in page and 'href="/apps/hello/"' in page


def test_the_number_of_queries_does_not_grow(
    as_bob: Client,
    alice: Person,
    tmp_path: Path,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 20):
        for number in range(count):
            app = build.application(f"app{count}-{number}", tmp_path / f"{count}-{number}")
            build.deployment(Environment.objects.create(application=app, name="qa"), alice, SHA)

        with django_assert_num_queries(9):
            found(as_bob, "app qa")


def test_who_may_deploy_something_is_led_to_it(
    client: Client, as_alice: Client, bob: Person, qa: Environment
) -> None:
    assert 'href="/jump/?q=deploy"' in as_alice.get("/").content.decode()

    client.force_login(bob)
    assert "Deploy…" not in client.get("/").content.decode()
