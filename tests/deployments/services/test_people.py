"""People and roles: given by administrators, of whom one always stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deployments import rights
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Application, Change, Environment, Person, Role
from deployments.services import people, tokens


def test_a_person_gets_a_password_that_is_told_once(root: Person) -> None:
    person, told = people.add("emil", root, name="Emil", role="deployer")

    assert person.check_password(told)
    assert person.roles.get().name == "deployer"
    assert not any(told in f"{c.subject}{c.old}{c.new}{c.note}" for c in Change.objects.all())


def test_a_password_may_be_given_if_it_is_a_good_one(root: Person) -> None:
    person, _ = people.add("emil", root, password="tall ships in the bay")
    assert person.check_password("tall ships in the bay")

    with pytest.raises(Invalid, match="too common"):
        people.add("otto", root, password="password")


@pytest.mark.parametrize("username", ["root", "a b", ""])
def test_a_username_that_is_taken_or_none_is_refused(root: Person, username: str) -> None:
    with pytest.raises(Invalid):
        people.add(username, root)


def test_only_administrators_add_people(dora: Person) -> None:
    with pytest.raises(NotAllowed):
        people.add("emil", dora)


def test_the_command_line_needs_no_person(db: None) -> None:
    person, _ = people.add("root", None, role="admin")

    assert rights.may(person, "administer")
    assert Change.objects.get(verb="person.added").via == "command"


def test_a_role_replaces_the_one_in_the_same_place(
    root: Person, alice: Person, qa: Environment
) -> None:
    people.give_role(alice, "viewer", qa, root)
    people.give_role(alice, "maintainer", qa, root)

    assert alice.roles.get(environment=qa).name == "maintainer"
    last = Change.objects.filter(verb="role.given").last()
    assert last
    assert (last.old, last.new, last.environment) == ("viewer", "maintainer", qa)


def test_the_administrator_of_an_application_gives_roles_there_only(
    alice: Person, bob: Person, hello: Application, qa: Environment
) -> None:
    Role.objects.create(person=alice, name="admin", application=hello)

    people.give_role(bob, "deployer", qa, alice)

    with pytest.raises(NotAllowed):
        people.give_role(bob, "deployer", None, alice)


def test_a_role_that_does_not_exist_is_refused(root: Person, bob: Person) -> None:
    with pytest.raises(Invalid, match="no role “captain”"):
        people.give_role(bob, "captain", None, root)


def test_a_role_is_taken(root: Person, alice: Person) -> None:
    people.take_role(alice.roles.get(), root)

    assert not alice.roles.exists()
    assert Change.objects.get(verb="role.taken").old == "deployer"


WAYS_OUT: dict[str, Callable[[Person], object]] = {
    "take": lambda root: people.take_role(root.roles.get(), root),
    "lower": lambda root: people.give_role(root, "viewer", None, root),
    "deactivate": lambda root: people.set_active(root, False, root),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_the_last_administrator_stays(root: Person, way: str) -> None:
    with pytest.raises(Invalid, match="last administrator"):
        WAYS_OUT[way](root)

    assert rights.may(Person.objects.get(pk=root.pk), "administer")
    assert not Change.objects.exists()


def test_of_two_administrators_one_may_go(root: Person, dora: Person) -> None:
    people.give_role(dora, "admin", None, root)

    people.set_active(root, False, dora)

    assert not Person.objects.get(pk=root.pk).is_active


def test_who_is_deactivated_has_no_way_in(root: Person, alice: Person) -> None:
    _, text = tokens.make(alice, "nightly", by=alice)

    people.set_active(alice, False, root)

    assert tokens.find(text) is None
    change = Change.objects.get(verb="person.changed")
    assert (change.subject, change.old, change.new) == ("alice active", "yes", "no")


def test_a_new_password_ends_the_old_one(root: Person, alice: Person) -> None:
    before = alice.password

    told = people.new_password(alice, root)

    alice.refresh_from_db()
    assert alice.check_password(told)
    assert alice.password != before


def test_people_say_their_own_name_and_zone(bob: Person) -> None:
    people.change_own(bob, name="Robert", time_zone="Europe/Rome")

    bob.refresh_from_db()
    assert (bob.name, bob.time_zone) == ("Robert", "Europe/Rome")
    assert Change.objects.filter(verb="person.changed").count() == 2


def test_a_zone_that_does_not_exist_is_refused(bob: Person) -> None:
    with pytest.raises(Invalid, match="no time zone"):
        people.change_own(bob, name="Bob", time_zone="Mars/Olympus")
