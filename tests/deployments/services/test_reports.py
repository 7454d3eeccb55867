"""Each deployment appears at GitHub, with who asked and where, and its states in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.exceptions import Invalid, NotAllowed
from deployments.forges.github import marker
from deployments.models import (
    Application,
    Change,
    Deployment,
    Environment,
    ForgeAccess,
    ForgeReport,
    Person,
    Placement,
)
from deployments.services import credentials, lifecycle, reports
from deployments.services.lifecycle import Door
from deployments.services.moves import move
from tests.deployments import build
from tests.deployments.services.at_github import Shop, report_of, shop_at
from tests.deployments.services.queueing import bells, drain
from tests.servers.github.hub import GitHub

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    return shop_at(hub, root, alice)


def test_it_is_made_there_with_who_asked_and_where(shop: Shop) -> None:
    made = shop.ask(why="because")

    there = shop.kept.deployments[0]
    names = ("sha", "ref", "task", "environment", "description", "production_environment")
    assert [there[name] for name in names] == [
        made.sha, made.sha, "deploy", "qa", f"#{made.pk} by Alice: because", False,
    ]  # fmt: skip
    assert report_of(made).remote_id == there["id"]


def test_its_payload_bears_our_mark_and_names_nobodys_address(shop: Shop) -> None:
    Person.objects.filter(pk=shop.person.pk).update(name="", username="alice@example.com")
    shop.person.refresh_from_db()

    made = shop.ask()

    payload = shop.kept.deployments[0]["payload"]
    assert marker.is_ours(payload) == made.pk
    assert (payload["name"], payload["number"], payload["ref"]) == ("shop", made.pk, "main")
    assert payload["actor"] == payload["notify"]["user_name"] == "alice"
    assert "example.com" not in str(shop.kept.deployments)


def test_what_waits_for_the_checks_of_its_merge_commit_is_there_meanwhile(shop: Shop) -> None:
    made = shop.kept.git
    start = made.git("rev-parse", "main")
    made.commit({"b": "b"}, "Go on")
    made.commit({"c": "c"}, "Mend it", branch="fix", parent=start)
    Application.objects.update(auto_merge=True)
    Environment.objects.update(checks="named", required_contexts=["ci"])
    shop.qa.refresh_from_db()

    asked = lifecycle.request(shop.qa, "fix", Door(shop.person, "web"))
    drain("chat")

    asked.refresh_from_db()
    assert (asked.status, asked.waits_for) == ("pending", "checks")
    assert shop.told(asked) == ["pending"]
    assert shop.kept.deployments[0]["sha"] == asked.sha
    assert bells("chat") == []


def test_its_states_come_in_order_with_their_addresses(shop: Shop) -> None:
    made = shop.went(shop.ask(), "in_progress", "success")

    assert shop.told(made) == ["pending", "queued", "in_progress", "success"]
    last = shop.kept.deployment_statuses[-1]
    assert last["log_url"] == last["target_url"]
    assert last["log_url"].endswith(f"/deployments/{made.pk}/")
    assert (last["environment"], last["environment_url"]) == ("qa", "https://qa.example")
    assert report_of(made).state == "told"


def test_an_address_that_github_does_not_take_is_left_out(shop: Shop) -> None:
    shop.qa.url = "ftp://qa.example"
    shop.qa.save()

    made = shop.went(shop.ask(), "in_progress")

    assert shop.told(made) == ["pending", "queued", "in_progress"]


def test_what_comes_at_once_is_told_one_by_one(shop: Shop) -> None:
    made = lifecycle.request(shop.qa, "main", Door(shop.person, "web"))
    for state in ("in_progress", "success"):  # before the worker of the chat wakes up
        move(made, state)
    drain("chat")

    assert shop.told(made) == ["pending", "queued", "in_progress", "success"]


@pytest.mark.parametrize(
    ("status", "reason", "note", "state", "words"),
    [
        ("failure", "command", "make failed", "failure", "make failed"),
        ("failure", "partly", "1 of 2 hosts", "failure", "1 of 2 hosts"),
        ("error", "unreachable", "", "error", "It ended in an error."),
        ("cancelled", "", "cancelled by Alice", "error", "cancelled by Alice"),
    ],
)
def test_each_end_has_its_word(
    shop: Shop, status: str, reason: str, note: str, state: str, words: str
) -> None:
    made = shop.went(shop.ask(), "in_progress", status, reason=reason, note=note)

    last = shop.kept.deployment_statuses[-1]
    assert (last["state"], last["description"]) == (state, words)
    assert shop.told(made)[-1] == state


def test_who_cancels_is_told(shop: Shop) -> None:
    made = shop.ask()
    lifecycle.cancel(made, Door(shop.person, "web"))
    drain("chat")

    assert shop.kept.deployment_statuses[-1]["description"] == "cancelled by Alice"


def test_secrets_are_masked_before_it_is_cut(shop: Shop, root: Person) -> None:
    secret = "hunter2-hunter2-hunter2"
    credentials.set_secret("TOKEN", secret, root, environment=shop.qa)

    made = shop.ask(why=f"use {secret}")
    shop.went(made, "in_progress", "failure", note=f"{'x' * 130} {secret} was wrong")

    said = f"{shop.kept.deployments}{shop.kept.deployment_statuses}"
    assert "hunter" not in said
    assert len(shop.kept.deployment_statuses[-1]["description"]) == 140


def test_what_is_superseded_is_inactive_in_production_too(shop: Shop) -> None:
    place = build.environment(shop.app, "production", production=True)
    first = shop.went(shop.ask(place), "in_progress", "success")
    assert shop.told(first)[-1] == "success"

    second = shop.went(shop.ask(place), "in_progress", "success")

    assert shop.told(first)[-1] == "inactive"
    assert shop.kept.deployment_statuses[-1]["description"] == f"#{second.pk} took its place"
    assert shop.told(second)[-1] == "success"


def test_what_failed_and_tasks_supersede_nothing(shop: Shop) -> None:
    first = shop.went(shop.ask(), "in_progress", "success")
    Placement.objects.update(current=first)

    shop.went(shop.ask(), "in_progress", "failure")
    shop.went(shop.ask(hosts=["web"]), "in_progress", "success")

    assert shop.told(first)[-1] == "success"


def test_a_rollback_and_a_retry_are_deployments_of_their_own(shop: Shop) -> None:
    first = shop.went(shop.ask(), "in_progress", "success")
    second = shop.went(shop.ask(), "in_progress", "failure")
    door = Door(shop.person, "web")
    for again in (lifecycle.retry(second, door), lifecycle.rollback(shop.qa, door, to=first)):
        drain("chat")
        shop.went(again, "in_progress", "success")

    kinds = [one["payload"]["kind"] for one in shop.kept.deployments]
    assert kinds == ["deploy", "deploy", "retry", "rollback"]
    assert shop.told(again)[-1] == "success"


def test_a_name_that_two_apps_have_is_told_with_its_app(shop: Shop) -> None:
    other = Application.objects.create(name="worker", repository=shop.app.repository)
    Environment.objects.create(application=other, name="qa")

    shop.ask()

    assert shop.kept.deployments[0]["environment"] == "shop/qa"


# ---- Who is told ----


def test_without_a_credential_nobody_is_told(shop: Shop) -> None:
    ForgeAccess.objects.all().delete()

    lifecycle.create(shop.qa, Door(shop.person, "web"), ref="main", sha="a" * 40)

    assert not ForgeReport.objects.exists()


def test_an_app_of_git_alone_rings_for_nothing(hello: Application, alice: Person) -> None:
    lifecycle.request(hello.environments.all()[0], "main", Door(alice, "web"))

    assert not ForgeReport.objects.exists()
    assert "deployments.tasks.tell" not in [name for name, _ in bells("chat")]


def test_what_was_asked_for_before_it_was_switched_on_is_not_told(shop: Shop, root: Person) -> None:
    reports.switch(shop.app, False, root)
    before = shop.ask()
    reports.switch(shop.app, True, root)
    shop.went(before, "in_progress", "success")

    assert shop.kept.deployments == []


def test_what_waits_while_it_is_switched_off_is_not_told(shop: Shop, root: Person) -> None:
    made = shop.ask()
    reports.switch(shop.app, False, root)

    shop.went(made, "in_progress")

    assert shop.told(made) == ["pending", "queued"]


def test_the_switch_is_recorded_and_takes_a_right(shop: Shop, root: Person, bob: Person) -> None:
    reports.switch(shop.app, False, root)

    assert Change.objects.get(subject="reports to GitHub").new == "no"
    with pytest.raises(NotAllowed):
        reports.switch(shop.app, True, bob)


def test_without_a_commit_there_is_nothing_to_tell(shop: Shop) -> None:
    made = lifecycle.create(shop.qa, Door(shop.person, "web"), ref="main", note="It is away.")
    drain("chat")

    assert shop.kept.deployments == []
    assert report_of(made).state == "told"


# ---- One that was made there ----


def made_there(shop: Shop) -> int:
    there = {**shop.kept.deployments[0], "id": shop.hub.number()} if shop.kept.deployments else {}
    number = int(there.get("id") or shop.hub.number())
    shop.kept.deployments.append({**there, "id": number})
    return number


def test_one_that_was_made_there_is_told_how_it_goes(shop: Shop) -> None:
    number = made_there(shop)

    with reports.born_there(number):
        made = lifecycle.request(shop.qa, "main", Door(shop.person, "webhook"))
    drain("chat")
    shop.went(made, "in_progress", "success")

    assert [one["id"] for one in shop.kept.deployments] == [number]
    assert shop.told(made) == ["pending", "queued", "in_progress", "success"]


# ---- Again ----


def test_it_is_told_again_by_who_may_deploy(shop: Shop, bob: Person) -> None:
    made = shop.went(shop.ask(), "in_progress", "success")

    reports.tell_again(made, shop.person)
    drain("chat")

    assert shop.told(made)[-2:] == ["success", "success"]
    assert Change.objects.get(verb="deployment.tell_again").person == shop.person
    with pytest.raises(NotAllowed):
        reports.tell_again(made, bob)


def test_what_nobody_is_told_of_is_not_told_again(shop: Shop, root: Person) -> None:
    made = shop.ask()
    reports.switch(shop.app, False, root)
    made.environment.application.refresh_from_db()
    with pytest.raises(Invalid, match="Switch it on in the settings of shop"):
        reports.tell_again(made, shop.person)
    other = shop.ask()

    with pytest.raises(Invalid, match="nobody was to be told"):
        reports.tell_again(other, shop.person)


def test_the_sweeper_rings_for_the_newest_of_each_repository(
    shop: Shop, hello: Application
) -> None:
    opened = {"secret_encrypted": b"x", "fingerprint": "x"}
    ForgeAccess.objects.create(repository=hello.repository, **opened)
    rows = [waiting(place) for place in (shop.qa, hello.environments.all()[0]) for _ in range(3)]

    reports.ring_due()
    assert rung() == [rows[5].pk, rows[2].pk]
    for _ in range(3):
        reports.ring_due()

    assert rung() == [rows[number].pk for number in (5, 2, 4, 1, 3, 0)]


def waiting(place: Environment) -> Deployment:
    made = build.deployment(place, build.maker(), "a" * 40)
    repository = place.application.repository
    ForgeReport.objects.create(
        deployment=made, repository=repository, place="qa", waits_since=timezone.now()
    )
    return made


def rung() -> list[int]:
    return [number for _, (number,) in bells("chat")]


def test_what_nobody_could_be_told_for_a_day_is_given_up(shop: Shop) -> None:
    made = shop.ask()
    ForgeReport.objects.update(state="waiting", waits_since=timezone.now() - timedelta(hours=25))

    reports.ring_due()

    report = report_of(made)
    assert (report.state, report.error) == ("failed", "It could not be told within a day.")
