"""Environments: what they are, what they say otherwise, and their hosts."""

from __future__ import annotations

import pytest

from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Application, Change, Environment, Host, Person, Role
from deployments.services import environments
from tests.deployments import build


def spare(name: str = "web-9") -> Host:
    return Host.objects.create(name=name, address=f"{name}.invalid")


def test_a_new_environment_comes_last(dora: Person, hello: Application) -> None:
    added = environments.add(hello, "moon", dora, production=True)

    assert [e.name for e in hello.environments.all()] == ["qa", "production", "moon"]
    assert added.production
    assert Change.objects.get(verb="environment.added").environment == added


@pytest.mark.parametrize("name", ["qa", "Moon", "", "live"])
def test_a_name_that_is_taken_or_none_is_refused(
    dora: Person, hello: Application, production: Environment, name: str
) -> None:
    environments.change(production, dora, aliases=["live"])

    with pytest.raises(Invalid):
        environments.add(hello, name, dora)


def test_the_maintainer_of_an_environment_adds_no_other(
    alice: Person, hello: Application, qa: Environment
) -> None:
    Role.objects.create(person=alice, name="maintainer", environment=qa)

    with pytest.raises(NotAllowed):
        environments.add(hello, "moon", alice)


def test_what_changes_is_recorded_one_by_one(dora: Person, production: Environment) -> None:
    environments.change(production, dora, deploys="maintainer", aliases=["live", "www"])

    changes = Change.objects.filter(verb="environment.changed").order_by("subject")
    told = [(change.subject, change.old, change.new) for change in changes]
    assert told == [("aliases", "", "live; www"), ("deploys", "deployer", "maintainer")]


@pytest.mark.parametrize("alias", ["qa", "a b", "UP"])
def test_an_alias_means_one_environment_only(
    dora: Person, production: Environment, alias: str
) -> None:
    with pytest.raises(Invalid, match=alias):
        environments.change(production, dora, aliases=[alias])


def test_an_environment_says_otherwise_and_follows_again(dora: Person, qa: Environment) -> None:
    environments.change_settings(qa, {"build": ["ninja"]}, dora)
    assert qa.effective_settings["build"] == ["ninja"]

    environments.change_settings(qa, {"build": None}, dora)

    assert Environment.objects.get(pk=qa.pk).settings == {}
    told = Change.objects.filter(subject="build").values_list("old", "new")
    assert list(told) == [("make", "ninja"), ("ninja", "make")]


def test_the_maintainer_of_one_environment_changes_no_other(
    alice: Person, qa: Environment, production: Environment
) -> None:
    Role.objects.create(person=alice, name="maintainer", environment=qa)
    environments.change_settings(qa, {"keep": 2}, alice)

    with pytest.raises(NotAllowed, match="hello/production"):
        environments.change_settings(production, {"keep": 2}, alice)


def test_a_faulty_setting_changes_nothing(dora: Person, qa: Environment) -> None:
    with pytest.raises(Invalid, match="neither absolute"):
        environments.change_settings(qa, {"path": "srv", "keep": 2}, dora)

    assert Environment.objects.get(pk=qa.pk).settings == {}


def test_a_host_is_placed_with_roles(dora: Person, qa: Environment) -> None:
    placement = environments.place(qa, spare(), ["web", "db", "web"], dora)

    assert placement.roles == ["web", "db"]
    change = Change.objects.get(verb="host.placed")
    assert (change.subject, change.new, change.environment) == ("web-9", "web; db", qa)


def test_placing_a_host_again_gives_it_other_roles(dora: Person, qa: Environment) -> None:
    host = spare()
    environments.place(qa, host, ["web"], dora)

    environments.place(qa, host, ["worker"], dora)

    assert qa.placements.get(host=host).roles == ["worker"]
    change = Change.objects.get(verb="host.roles")
    assert (change.old, change.new) == ("web", "worker")


def test_a_role_is_a_word(dora: Person, qa: Environment) -> None:
    with pytest.raises(Invalid, match="cannot be a role"):
        environments.place(qa, spare(), ["; rm"], dora)


def test_a_new_host_is_added_and_placed_or_neither(dora: Person, qa: Environment) -> None:
    with pytest.raises(Invalid, match="cannot be a role"):
        environments.place_new(qa, ["NO"], dora, name="web-9", address="web-9.invalid")
    assert not Host.objects.filter(name="web-9").exists()

    environments.place_new(qa, ["web"], dora, name="web-9", address="web-9.invalid")

    assert qa.placements.filter(host__name="web-9").exists()


def test_a_host_is_taken_out_and_stays_known(dora: Person, qa: Environment) -> None:
    placement = qa.placements.get()

    environments.unplace(placement, dora)

    assert not qa.placements.exists()
    assert Host.objects.filter(pk=placement.host_id).exists()
    assert Change.objects.get(verb="host.unplaced").old == "web"


def test_two_environments_do_not_share_a_folder_on_a_host(
    dora: Person, qa: Environment, production: Environment
) -> None:
    environments.place(production, qa.placements.get().host, [], dora)
    environments.change_settings(qa, {"path": "/srv/hello"}, dora)

    with pytest.raises(Invalid, match="hello/qa lives in /srv/hello"):
        environments.change_settings(production, {"path": "/srv/hello/"}, dora)


def test_a_host_with_the_folder_in_use_is_not_placed(
    dora: Person, qa: Environment, production: Environment
) -> None:
    for environment in (qa, production):
        environments.change_settings(environment, {"path": "/srv/hello"}, dora)

    with pytest.raises(Invalid, match="another folder"):
        environments.place(production, qa.placements.get().host, [], dora)
    assert production.placements.count() == 2


def test_environments_of_two_applications_may_have_one_name(
    dora: Person, hello: Application, repository: object
) -> None:
    other = Application.objects.create(name="other", repository=hello.repository)
    build.environment(other, "qa", hosts=0)

    assert environments.add(other, "production", dora).name == "production"


def test_the_order_of_promotion_is_changed_a_place_at_a_time(
    dora: Person, hello: Application, production: Environment
) -> None:
    environments.put_earlier(production, dora)

    assert [each.name for each in hello.environments.all()] == ["production", "qa"]
    change = Change.objects.get(subject="order of environments")
    assert (change.old, change.new) == ("qa, production", "production, qa")
    with pytest.raises(Invalid, match="comes first already"):
        environments.put_earlier(production, dora)
