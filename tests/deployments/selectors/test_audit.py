"""The one list of changes: who sees what of it, what is found, and the history of each thing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.exceptions import NotAllowed
from deployments.models import Application, Change, Environment, Host, Person
from deployments.selectors import audit
from deployments.selectors.audit import Asked
from deployments.services import applications, credentials, environments, hosts, people
from tests.deployments import build

SECRET = "sesame-sesame"


@pytest.fixture
def happened(hello: Application, qa: Environment, root: Person, bob: Person) -> None:
    """A setting, a secret, a host and a role are changed, and something is deployed."""
    applications.change_settings(hello, {"build": ["make all"]}, root)
    credentials.set_secret("API_KEY", SECRET, root, environment=qa)
    hosts.add("web-9", "web-9.invalid", root)
    people.give_role(bob, "maintainer", qa, root)
    build.live(qa, root, "a" * 40)


def verbs(person: Person, **asked: object) -> list[str]:
    return [change.verb for change in audit.search(person, Asked(**asked))]  # type: ignore[arg-type]


def test_an_administrator_sees_all(happened: None, root: Person) -> None:
    found = verbs(root)

    assert {"application.changed", "secret.set", "host.added", "role.given"} <= set(found)
    assert "deployment.status" in found


def test_a_maintainer_sees_what_they_keep_and_did(
    happened: None, bob: Person, production: Environment, root: Person
) -> None:
    environments.change(production, root, url="https://shop.example.com")

    found = audit.search(bob, Asked())

    assert {str(change.environment) for change in found} == {"hello/qa"}


def test_a_maintainer_of_everything_sees_settings_and_hosts_but_no_sign_in(
    happened: None, dora: Person, root: Person
) -> None:
    people.new_password(root, None)

    found = set(verbs(dora))

    assert {"application.changed", "host.added"} <= found
    assert "person.new_password" not in found


def test_who_keeps_nothing_is_told_who_can(happened: None, alice: Person) -> None:
    with pytest.raises(NotAllowed, match="Ask "):
        audit.search(alice, Asked())


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "secrets", "environment": "qa"}, ["secret.set", "key.made"]),
        ({"kind": "people"}, ["role.given"]),
        ({"text": "make all"}, ["application.changed"]),
        ({"who": "bob"}, ["role.given"]),
        ({"kind": "hosts", "text": "web-9"}, ["host.added"]),
        ({"application": "nothing"}, []),
        ({"until": (timezone.now() - timedelta(days=2)).date()}, []),
        ({"kind": "people", "since": timezone.now().date()}, ["role.given"]),
    ],
)
def test_what_is_asked_for_is_found(
    happened: None, root: Person, asked: dict[str, object], found: list[str]
) -> None:
    assert verbs(root, **asked) == found


def test_pages_follow_each_other_without_a_gap(
    root: Person, hello: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE", 3)
    Change.objects.bulk_create(Change(verb="host.added", subject=f"h-{n}") for n in range(7))
    found = audit.search(root, Asked(kind="hosts"))

    first = audit.page(found)
    second = audit.page(found, first.older)
    third = audit.page(found, second.older)

    read = [c.subject for part in (first, second, third) for c in part.changes]
    assert read == [f"h-{n}" for n in reversed(range(7))]
    assert third.older is None


def test_each_thing_has_its_history(
    happened: None, hello: Application, qa: Environment, bob: Person, dora: Person
) -> None:
    host = Host.objects.get(name="web-9")

    assert audit.history(hello, "", dora)[-1].verb == "key.made"
    assert [c.verb for c in audit.history(qa, "", dora)] == ["role.given", "secret.set", "key.made"]
    assert [c.verb for c in audit.history(host, "", dora)] == ["host.added"]
    assert [c.verb for c in audit.history(bob, "", dora)] == ["role.given"]


def test_a_secrets_value_is_in_no_row(happened: None) -> None:
    assert SECRET not in str(list(Change.objects.values()))


def test_a_page_costs_the_same_whatever_stands_on_it(
    happened: None, root: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    found = audit.search(root, Asked())

    with django_assert_num_queries(1):
        for change in audit.page(found).changes:
            str((change.person, change.environment, change.application))
            assert change.deployment is None or change.deployment.get_absolute_url()
