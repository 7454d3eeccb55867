"""Each reason why a deployment does not start, and who or what clears it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from deployments.blockers import Blocker, blockers, chosen, of, refusals
from deployments.forges.contract import Away
from deployments.models import Environment, Host, Lock, Person, Repository
from deployments.selectors import code
from deployments.services import credentials
from tests.deployments import build

pytestmark = pytest.mark.django_db
TOKEN = "HEROKU_API_KEY"


@pytest.fixture
def here(dora: Person) -> Environment:
    app = build.application("plain", Path("/nowhere/plain.git"))
    made = build.environment(app, "here", hosts=2)
    return Environment.objects.get(pk=made.pk)


def again(environment: Environment) -> Environment:
    return Environment.objects.get(pk=environment.pk)


def only(environment: Environment, person: Person | None = None, **more: Any) -> Blocker:
    """Return the one thing that is in the way."""
    (found,) = blockers(again(environment), person, **more)
    return found


def test_nothing_is_in_the_way(here: Environment, alice: Person) -> None:
    assert blockers(here, alice) == []


def test_a_viewer_is_told_who_may(here: Environment, bob: Person, alice: Person) -> None:
    found = only(here, bob)

    assert found.code == "not_allowed"
    assert str(found) == (
        "Bob may not deploy to plain/here: it takes a deployer. Ask alice, dora, maker."
    )


def test_an_environment_may_ask_for_more(here: Environment, alice: Person) -> None:
    here.deploys = "maintainer"

    (found,) = blockers(here, alice)

    assert "it takes a maintainer" in found.text


def test_an_environment_without_hosts(here: Environment) -> None:
    here.placements.all().delete()

    found = only(here)

    assert found.code == "no_hosts"
    assert found.clears == "A maintainer adds one in its settings (dora, maker)."
    assert found.url == "/settings/apps/plain/here/"


def at_heroku(here: Environment, name: str = "there") -> Environment:
    """Make an environment at a cloud: it has no host, and needs a secret."""
    app = here.application
    app.provider, app.settings = "heroku", {"app": "plain"}
    app.save()
    return Environment.objects.create(application=app, name=name)


def test_an_environment_without_the_secret_that_its_provider_needs(here: Environment) -> None:
    found = only(at_heroku(here))

    assert found.code == "no_secret"
    assert found.text == "The secret HEROKU_API_KEY is not set for plain/there."
    assert found.url == "/settings/apps/plain/there/"


def test_a_secret_may_be_that_of_the_application(here: Environment) -> None:
    there = at_heroku(here)
    credentials.set_secret(TOKEN, "sesame-sesame", build.maker(), application=here.application)

    assert blockers(again(there)) == []


def test_a_secret_of_another_environment_does_not_count(here: Environment) -> None:
    there = at_heroku(here)
    credentials.set_secret(TOKEN, "sesame-sesame", build.maker(), environment=here)

    assert only(there).code == "no_secret"
    assert blockers(again(here)) == []


def test_secrets_are_asked_for_once(
    here: Environment, alice: Person, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        at_heroku(here, f"there-{number}")
    credentials.set_secret(TOKEN, "sesame-sesame", build.maker(), application=here.application)
    rows = Environment.objects.select_related("application__repository", "ssh_key")
    places = list(rows.filter(name__startswith="there"))

    with django_assert_num_queries(5):
        found = of(places, alice)

    assert list(found.values()) == [[]] * 5


def test_an_environment_without_a_key(here: Environment) -> None:
    here.ssh_key.delete()

    assert only(here).code == "no_key"


def test_a_host_whose_key_nobody_accepted(here: Environment) -> None:
    Host.objects.filter(name="plain-here-2").update(host_keys="\n")

    found = only(here)

    assert found.code == "host_key"
    assert found.text == "Nobody has accepted the host key of plain-here-2 yet."
    assert found.url == "/settings/hosts/plain-here-2/"


def test_a_host_that_is_not_asked_for_is_not_in_the_way(here: Environment) -> None:
    Host.objects.filter(name="plain-here-2").update(host_keys="")

    assert blockers(here, hosts=["plain-here-1"]) == []


def test_a_host_that_nobody_knows(here: Environment) -> None:
    found = only(here, hosts=["web-9"])

    assert found.code == "unknown_host"
    assert str(found) == (
        "plain/here has no host or role called “web-9”. It has: plain-here-1, plain-here-2, web."
    )


def test_settings_that_cannot_work_each_by_itself(here: Environment) -> None:
    here.settings = {"keep": 0, "path": "relative"}

    assert [found.code for found in blockers(here)] == ["settings", "settings"]


def away(environment: Environment, path: Path) -> None:
    """Let the code be in a folder that is not there for now."""
    Repository.objects.filter(applications=environment.application).update(location=str(path))


def test_a_repository_that_is_away_is_waited_for(here: Environment, tmp_path: Path) -> None:
    away(here, tmp_path / "gone.git")

    found = only(here)

    assert (found.code, found.waits) == ("away", True)
    assert str(found) == (
        f"There is no folder {tmp_path}/gone.git now. "
        "A deployment waits for it, and begins by itself when it answers."
    )


def test_what_was_heard_of_it_a_while_ago_says_so(
    here: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Away("web cannot be reached: no route", timezone.now() - timedelta(seconds=190))
    monkeypatch.setattr(code, "away", lambda app: heard)

    assert str(only(here)).startswith("web cannot be reached: no route. A deployment waits")
    assert str(only(here)).endswith("It was asked 3 m 10 s ago.")


def test_where_no_code_is_fetched_the_repository_may_be_away(
    here: Environment, tmp_path: Path
) -> None:
    away(here, tmp_path / "gone.git")

    assert blockers(again(here), fetches=False) == []


def test_looking_asks_no_repository(here: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    Repository.objects.update(location="https://127.0.0.1:1/a.git")
    monkeypatch.delattr("deployments.forges.git.run")

    assert blockers(again(here)) == []


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_what_comes_first_is_waited_for(here: Environment, alice: Person, status: str) -> None:
    first = build.deployment(here, alice, "a" * 40, status=status)

    found = only(here)

    assert (found.code, found.waits) == ("running", True)
    assert str(found) == f"#{first.pk} by Alice comes first. Yours starts when it has ended."


def test_what_runs_elsewhere_is_not_in_the_way(here: Environment, alice: Person) -> None:
    there = build.environment(here.application, "there")
    build.deployment(there, alice, "a" * 40, status="in_progress")

    assert blockers(here) == []


def test_waiting_is_no_refusal(here: Environment, alice: Person, bob: Person) -> None:
    build.deployment(here, alice, "a" * 40, status="in_progress")

    assert [found.code for found in refusals(blockers(here, bob))] == ["not_allowed"]


def test_names_and_roles_choose_hosts(here: Environment) -> None:
    placements = list(here.placements.order_by("host__name"))
    placements[1].roles = ["db"]

    assert chosen(placements, []) == placements
    assert chosen(placements, ["db"]) == [placements[1]]
    assert chosen(placements, ["db", "plain-here-1"]) == placements


def test_looking_costs_the_same_for_two_hosts_and_for_many(
    here: Environment, alice: Person, django_assert_max_num_queries: Any
) -> None:
    for number in range(3, 30):
        build.place(here, f"plain-here-{number}")

    with django_assert_max_num_queries(7):
        blockers(here, alice)


def test_of_many_environments_the_same_is_said_at_the_cost_of_one(
    here: Environment, bob: Person, dora: Person, django_assert_num_queries: Any
) -> None:
    others = [build.environment(here.application, f"place{n}", hosts=2) for n in range(9)]
    build.deployment(others[0], dora, "a" * 40, status="in_progress")
    build.deployment(others[1], dora, "a" * 40, status="queued")
    Lock.objects.create(environment=others[1], person=bob)
    Lock.objects.create(environment=others[2], person=dora)
    places = list(Environment.objects.select_related("application__repository", "ssh_key"))

    for person in (bob, dora):
        said = {place.pk: blockers(again(place), person) for place in places}
        assert of(places, person) == said
    with django_assert_num_queries(7):  # two of them for who may open the lock
        of(places, dora)


def test_a_lock_keeps_others_out_and_not_its_owner(
    here: Environment, alice: Person, dora: Person
) -> None:
    Lock.objects.create(environment=here, person=alice, reason="load test")

    (found,) = blockers(here, dora)

    assert found.code == "locked" and not found.waits
    assert (
        found.text == "Alice locked plain/here just now, until it is unlocked, because load test."
    )
    assert found.clears.endswith("opens it: unlock plain in here")
    assert found.line == "unlock plain in here"
    assert blockers(here, alice) == []


def test_what_waits_for_the_unlock_does_not_come_before_the_owners_own(
    here: Environment, alice: Person, dora: Person
) -> None:
    build.deployment(here, dora, "a" * 40, status="queued")
    Lock.objects.create(environment=here, person=alice)

    assert blockers(here, alice) == []
