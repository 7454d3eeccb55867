"""The table of rights, cell by cell, with each scope that a role can have."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest

from deployments import rights
from deployments.exceptions import NotAllowed
from deployments.models import ApiToken, Application, Environment, Person, Role
from deployments.rights import Right, may
from tests.deployments import build

pytestmark = pytest.mark.django_db

ROLES = ("viewer", "deployer", "maintainer", "admin")
# As it stands in the documentation: who may do it, from the least role on.
TABLE: dict[Right, tuple[str, ...]] = {
    "see": ROLES,
    "deploy": ("deployer", "maintainer", "admin"),
    "report": ("deployer", "maintainer", "admin"),
    "force": ("maintainer", "admin"),
    "approve": ("maintainer", "admin"),
    "configure": ("maintainer", "admin"),
    "administer": ("admin",),
}
# Where a role was given, and which of the four places it covers.
COVERS = {
    "everywhere": ("everywhere", "app", "environment", "sibling", "stranger"),
    "app": ("app", "environment", "sibling"),
    "environment": ("environment",),
}


@pytest.fixture
def places(db: None) -> dict[str, Environment | Application | None]:
    app = build.application("plain", Path("/nowhere/plain.git"))
    other = build.application("other", Path("/nowhere/other.git"))
    return {
        "everywhere": None,
        "app": app,
        "environment": Environment.objects.create(application=app, name="here"),
        "sibling": Environment.objects.create(application=app, name="there"),
        "stranger": Environment.objects.create(application=other, name="far"),
    }


@pytest.fixture
def erin(db: None) -> Person:
    """Somebody without any role."""
    return build.person("erin")


def give(person: Person, role: str, where: Any = None) -> None:
    scope = {"application": where} if isinstance(where, Application) else {"environment": where}
    Role.objects.create(person=person, name=role, **scope)


def test_the_table_has_every_right() -> None:
    assert set(TABLE) == set(get_args(Right)) == set(rights.LEAST) == set(rights.WORDS)


@pytest.mark.parametrize(("right", "role"), list(product(TABLE, ROLES)))
@pytest.mark.parametrize("given", list(COVERS))
def test_each_cell(
    places: dict[str, Any], erin: Person, right: Right, role: str, given: str
) -> None:
    give(erin, role, places[given])

    for place, scope in places.items():
        covered = place in COVERS[given] and role in TABLE[right]
        assert may(erin, right, scope) == (covered or right == "see"), place
        at_hand = may(erin, right, scope, rights.roles_of(erin))
        assert at_hand == may(erin, right, scope), place


@pytest.mark.parametrize("given", list(COVERS))
def test_who_is_listed_as_a_holder_is_who_may(
    places: dict[str, Any], erin: Person, given: str
) -> None:
    give(erin, "maintainer", places[given])

    for scope in places.values():
        assert (erin in rights.holders("configure", scope)) is may(erin, "configure", scope)


@pytest.mark.parametrize("right", list(TABLE))
def test_without_a_role_there_is_only_seeing(
    places: dict[str, Any], erin: Person, right: Right
) -> None:
    assert [may(erin, right, scope) for scope in places.values()] == [right == "see"] * 5


@pytest.mark.parametrize("right", list(TABLE))
def test_a_switched_off_account_may_nothing(
    places: dict[str, Any], erin: Person, right: Right
) -> None:
    give(erin, "admin")
    erin.is_active = False

    assert not any(may(erin, right, scope) for scope in places.values())
    assert not rights.may_somewhere(erin, right)


@pytest.mark.parametrize("right", list(TABLE))
def test_a_superuser_may_everything(places: dict[str, Any], erin: Person, right: Right) -> None:
    erin.is_superuser = True

    assert all(may(erin, right, scope) for scope in places.values())


def test_the_highest_role_that_covers_counts(places: dict[str, Any], erin: Person) -> None:
    give(erin, "viewer")
    give(erin, "maintainer", places["environment"])

    assert may(erin, "configure", places["environment"])
    assert not may(erin, "configure", places["sibling"])


@pytest.mark.parametrize("least", ["deployer", "maintainer", "admin"])
@pytest.mark.parametrize("role", ROLES)
def test_an_environment_may_ask_more_for_deploying(
    places: dict[str, Any], erin: Person, least: str, role: str
) -> None:
    here = places["environment"]
    here.deploys = least
    give(erin, role)

    assert may(erin, "deploy", here) == (ROLES.index(role) >= ROLES.index(least))
    assert may(erin, "configure", here) == (role in TABLE["configure"])


def test_a_role_somewhere_is_a_right_somewhere(places: dict[str, Any], erin: Person) -> None:
    give(erin, "deployer", places["environment"])

    assert rights.may_somewhere(erin, "deploy")
    assert not rights.may_somewhere(erin, "configure")


def test_a_refusal_names_the_role_and_who_can(
    places: dict[str, Any], bob: Person, dora: Person, root: Person
) -> None:
    with pytest.raises(NotAllowed) as refused:
        rights.require(bob, "configure", places["environment"])

    assert str(refused.value) == (
        "Bob may not change the settings of plain/here: it takes a maintainer. Ask dora, root."
    )


def test_a_refusal_does_not_name_who_cannot(
    places: dict[str, Any], bob: Person, alice: Person, dora: Person
) -> None:
    places["environment"].deploys = "maintainer"
    give(build.person("frank"), "maintainer", places["sibling"])
    dora.is_active = False
    dora.save(update_fields=["is_active"])

    said = rights.refusal(bob, "deploy", places["environment"])

    assert said.endswith("Ask an administrator to give somebody that role.")


def test_a_refusal_names_three_and_says_that_there_are_more(
    places: dict[str, Any], bob: Person
) -> None:
    for name in ("dan", "eve", "fay", "gus"):
        give(build.person(name), "deployer")

    assert rights.refusal(bob, "deploy", places["app"]).endswith("Ask dan, eve, fay or another.")


def test_who_has_the_right_passes(places: dict[str, Any], alice: Person) -> None:
    rights.require(alice, "deploy", places["environment"])


def test_a_decision_is_one_query(
    places: dict[str, Any], alice: Person, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        may(alice, "deploy", places["environment"])


def test_who_can_is_named_with_the_role_and_the_place(
    places: dict[str, Any], dora: Person, root: Person
) -> None:
    assert rights.who_can("configure", places["app"]) == "Maintainers of plain: Dora, Root"
    assert rights.who_can("administer") == "Admins: Root"


def test_who_can_names_four_and_says_that_there_are_more(places: dict[str, Any]) -> None:
    for name in ("dan", "eve", "fay", "gus", "hal"):
        give(build.person(name), "deployer")

    said = rights.who_can("deploy", places["environment"])

    assert said == "Deployers of plain/here: Dan, Eve, Fay, Gus and others"


def test_where_nobody_can_that_is_said(places: dict[str, Any]) -> None:
    assert rights.who_can("configure", places["app"]) == "Maintainers of plain: nobody yet"


# ---- By a token: less than the person, never more ----

SCOPES = {"deploy": "deploy", "report": "statuses", "force": "force", "approve": "force",
          "configure": "admin", "administer": "admin"}  # fmt: skip


def by_token(person: Person, *scopes: str, apps: list[Application] | None = None) -> Person:
    numbers = [app.pk for app in apps or []]
    person.token = ApiToken(person=person, name="ci", scopes=list(scopes), applications=numbers)
    return person


@pytest.mark.parametrize(("right", "scope"), list(product(TABLE, ApiToken.Scope.values)))
def test_a_right_takes_its_scope(
    places: dict[str, Any], erin: Person, right: Right, scope: str
) -> None:
    give(erin, "admin")
    by_token(erin, scope)

    expected = right == "see" or SCOPES[right] == scope
    assert [may(erin, right, place) for place in places.values()] == [expected] * 5
    assert rights.may_somewhere(erin, right) == expected


@pytest.mark.parametrize(("right", "role"), list(product(TABLE, ROLES)))
def test_no_token_gives_a_right(
    places: dict[str, Any], erin: Person, right: Right, role: str
) -> None:
    give(erin, role)
    by_token(erin, *ApiToken.Scope.values)

    assert may(erin, right, places["environment"]) == (role in TABLE[right])


def test_a_token_is_bound_to_its_apps(places: dict[str, Any], erin: Person) -> None:
    give(erin, "admin")
    by_token(erin, *ApiToken.Scope.values, apps=[places["app"]])

    allowed = [name for name, place in places.items() if may(erin, "deploy", place)]
    assert allowed == ["app", "environment", "sibling"]


def test_one_whose_apps_are_gone_may_nothing(places: dict[str, Any], erin: Person) -> None:
    give(erin, "admin")
    by_token(erin, "deploy").token.applications = [10_000]  # type: ignore[union-attr]

    assert not any(may(erin, "deploy", place) for place in places.values())


def test_the_refusal_is_about_the_token(places: dict[str, Any], erin: Person) -> None:
    give(erin, "deployer")

    said = rights.refusal(by_token(erin, "read"), "deploy", places["app"])

    assert said == (
        "The token “ci” may not deploy plain: it has no scope “deploy”. "
        "Make one that may under Settings → Tokens."
    )
