"""The pages of people, and one's own."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deployments.models import Application, Environment, Person, Role

pytestmark = pytest.mark.slow

PEOPLE, ME = "/settings/people/", "/settings/me/"


@pytest.fixture
def as_root(client: Client, root: Person) -> Client:
    client.force_login(root)
    return client


def page(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_everybody_sees_who_may_what(as_bob: Client, alice: Person, root: Person) -> None:
    shown = page(as_bob, PEOPLE)

    assert "Alice" in shown
    assert "Admins: Root" in shown
    assert "Add the person" not in shown


def test_a_generated_password_is_shown_once(as_root: Client) -> None:
    shown = as_root.post(PEOPLE, {"username": "emil", "role": "deployer"}).content.decode()

    told = re.search(r"\b\w{4}(-\w{4}){3}\b", shown)
    assert told
    assert Person.objects.get(username="emil").check_password(told[0])
    assert told[0] not in page(as_root, f"{PEOPLE}emil/")


def test_a_password_that_was_given_is_not_shown(as_root: Client) -> None:
    sent = {"username": "emil", "password": "tall ships in the bay"}

    answer = as_root.post(PEOPLE, sent, follow=True)

    assert "tall ships" not in answer.content.decode()
    assert Person.objects.get(username="emil").check_password("tall ships in the bay")


def test_a_refused_password_is_said_and_not_sent_back(as_root: Client) -> None:
    shown = as_root.post(PEOPLE, {"username": "emil", "password": "qwerty"}).content.decode()

    assert "too common" in shown
    assert 'value="qwerty"' not in shown


def test_a_role_is_given_in_one_place_and_taken(
    as_root: Client, bob: Person, qa: Environment
) -> None:
    sent = {"role": "maintainer", "scope": f"environment-{qa.pk}"}

    as_root.post(f"{PEOPLE}bob/", sent)
    role = bob.roles.get(environment=qa)
    assert "of hello/qa" in page(as_root, f"{PEOPLE}bob/")

    as_root.post(f"{PEOPLE}bob/roles/{role.pk}/take/")
    assert not bob.roles.filter(environment=qa).exists()


def test_the_administrator_of_an_app_is_offered_only_its_places(
    as_alice: Client, alice: Person, bob: Person, hello: Application
) -> None:
    Role.objects.create(person=alice, name="admin", application=hello)
    Application.objects.create(name="other", repository=hello.repository)

    shown = page(as_alice, f"{PEOPLE}bob/")

    offered = re.findall(r'value="(?:everywhere|app-\d+|environment-\d+)">([^<]+)<', shown)
    assert offered == ["hello", "hello/qa", "hello/production"]


def test_the_last_administrator_is_told_why_not(as_root: Client, root: Person) -> None:
    address = f"{PEOPLE}root/"

    answer = as_root.post(f"{address}active/", {"active": "no"}, HTTP_REFERER=address, follow=True)

    assert "last administrator" in answer.content.decode()
    root.refresh_from_db()
    assert root.is_active


def test_who_is_deactivated_is_out_at_once(as_alice: Client, alice: Person, root: Person) -> None:
    browser = Client()
    browser.force_login(root)

    browser.post(f"{PEOPLE}alice/active/", {"active": "no"})

    assert as_alice.get(ME).status_code == 302


def test_a_new_password_signs_out(as_alice: Client, alice: Person, root: Person) -> None:
    browser = Client()
    browser.force_login(root)

    browser.post(f"{PEOPLE}alice/password/")

    assert as_alice.get(ME).status_code == 302


def test_one_changes_ones_own_name_and_zone(as_bob: Client, bob: Person) -> None:
    as_bob.post(ME, {"name": "Robert", "time_zone": "Europe/Rome"})

    bob.refresh_from_db()
    assert (bob.name, bob.time_zone) == ("Robert", "Europe/Rome")


def test_a_zone_that_does_not_exist_is_refused(as_bob: Client, bob: Person) -> None:
    assert "Mars/Olympus" in as_bob.post(ME, {"time_zone": "Mars/Olympus"}).content.decode()


def test_the_number_of_queries_does_not_grow_with_apps(
    as_root: Client, hello: Application, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(30) as few:
        page(as_root, f"{PEOPLE}root/")
    for number in range(9):
        Application.objects.create(name=f"app-{number}", repository=hello.repository)

    with django_assert_max_num_queries(len(few)):
        page(as_root, f"{PEOPLE}root/")


def test_the_number_of_queries_does_not_grow_with_people(
    as_root: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(30) as few:
        page(as_root, PEOPLE)
    for number in range(9):
        Person.objects.create_user(f"sailor-{number}")

    with django_assert_max_num_queries(len(few)):
        page(as_root, PEOPLE)


def test_a_robot_has_no_password_and_speaks_by_tokens(as_root: Client) -> None:
    added = {"username": "builder", "role": "deployer", "robot": "on"}

    shown = as_root.post(PEOPLE, added, follow=True).content.decode()

    robot = Person.objects.get(username="builder")
    assert not robot.has_usable_password()
    assert "The password of builder" not in shown
    assert not Client().login(username="builder", password="")
    as_root.post("/settings/tokens/make/", {"name": "ci", "scopes": ["read"], "days": "90",
                                            "speaks_for": "builder"})  # fmt: skip
    assert robot.tokens.get().name == "ci"
