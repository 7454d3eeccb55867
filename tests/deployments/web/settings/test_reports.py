"""The pages of what GitHub was told: as far as one keeps its app; again by right; the switch."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.models import Application, Change, ForgeAccess, ForgeReport, Person, Role
from tests.deployments import build
from tests.deployments.services.queueing import bells

pytestmark = pytest.mark.django_db

PLACE = "/settings/reports/"


def page(client: Client, address: str = PLACE) -> str:
    return " ".join(client.get(address, follow=True).content.decode().split())


@pytest.fixture
def shop(hello: Application) -> Application:
    """Hello, at GitHub, opened by a token."""
    repository = hello.repository
    repository.forge, repository.location = "github", "https://github.com/acme/hello"
    repository.save(update_fields=["forge", "location"])
    ForgeAccess.objects.create(repository=repository, secret_encrypted=b"x", fingerprint="abc")
    return hello


def told(app: Application, state: str = "told", **fields: Any) -> ForgeReport:
    place = app.environments.get(name="qa")
    made = build.deployment(place, build.maker(), "a" * 40)
    given: dict[str, Any] = {"told": "success", "told_at": timezone.now(), "remote_id": 42}
    return ForgeReport.objects.create(
        deployment=made, repository=app.repository, place="qa", state=state, **{**given, **fields}
    )


def test_it_lists_what_was_told_and_what_was_not(as_dora: Client, shop: Application) -> None:
    told(shop)
    told(shop, "failed", error="GitHub can make nothing of this", attempts=2)

    shown = page(as_dora)

    assert "success, told" in shown
    assert "GitHub can make nothing of this" in shown
    assert "2 failed attempts" in shown
    assert "acme/hello" in shown and "1 given up" in shown


def test_the_newest_comes_first(as_dora: Client, shop: Application) -> None:
    first, second = told(shop), told(shop)

    shown = page(as_dora)

    assert shown.index(f"qa #{second.deployment_id}") < shown.index(f"qa #{first.deployment_id}")


def test_it_is_narrowed_and_empty(as_dora: Client, shop: Application) -> None:
    told(shop)

    assert "success, told" in page(as_dora, f"{PLACE}?state=told")
    assert "Nothing here" in page(as_dora, f"{PLACE}?state=failed&before=x")
    assert "Nothing here" in page(as_dora, f"{PLACE}?before=1")


def test_a_silent_forge_has_its_last_contact(as_dora: Client, shop: Application) -> None:
    ForgeAccess.objects.update(
        failures=4, trouble="No answer within 15 s.", reached_at=timezone.now() - timedelta(hours=2)
    )

    shown = page(as_dora)

    assert "last contact" in shown and "No answer within 15 s." in shown and "Away" in shown
    assert "GitHub does not answer about acme/hello" in page(as_dora, "/")


def test_a_forge_that_was_silent_for_a_moment_is_no_news(
    as_dora: Client, shop: Application
) -> None:
    ForgeAccess.objects.update(failures=1, trouble="No answer within 15 s.")

    assert "GitHub does not answer" not in page(as_dora, "/")


def test_one_is_told_again(as_dora: Client, shop: Application, dora: Person) -> None:
    report = told(shop, "failed", error="gone")

    shown = as_dora.post(f"{PLACE}{report.deployment_id}/again/", follow=True).content.decode()

    report.refresh_from_db()
    assert f"GitHub is told of #{report.deployment_id} again." in shown
    assert (report.state, report.error) == ("waiting", "")
    assert Change.objects.get(verb="deployment.tell_again").person == dora


def test_all_of_a_repository_are_told_again(as_dora: Client, shop: Application) -> None:
    told(shop, "failed")
    newest = told(shop, "failed").deployment_id

    repository = shop.repository_id
    shown = as_dora.post(f"{PLACE}all/{repository}/again/", follow=True).content.decode()

    assert "GitHub is told of 2 deployments again." in shown
    assert bells("chat") == [("deployments.tasks.tell", (newest,))]
    assert ForgeReport.objects.filter(state="waiting").count() == 2
    assert Change.objects.get(verb="reports.again").application == shop


def test_who_keeps_no_settings_sees_and_does_nothing(as_bob: Client, shop: Application) -> None:
    report = told(shop, "failed")

    assert as_bob.get(PLACE).status_code == 403
    assert as_bob.post(f"{PLACE}{report.deployment_id}/again/").status_code == 403
    assert as_bob.post(f"{PLACE}all/{shop.repository_id}/again/").status_code == 403
    assert as_bob.post("/settings/apps/hello/-/reports/", {"on": "on"}).status_code == 403
    report.refresh_from_db()
    assert report.state == "failed"


def test_who_keeps_another_app_sees_nothing_of_this(
    as_dora: Client, shop: Application, dora: Person
) -> None:
    told(shop)
    other = build.application("plain", Path("/nowhere/plain.git"))
    Role.objects.filter(person=dora).update(name="maintainer", application=other)

    shown = page(as_dora)
    answer = as_dora.post(f"{PLACE}all/{shop.repository_id}/again/")

    assert "Nothing here" in shown and "acme/hello" not in shown
    assert answer.status_code == 404
    assert "hello" not in answer.content.decode()


def test_the_list_costs_the_same_for_one_and_for_many(
    as_dora: Client, shop: Application, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    told(shop)
    as_dora.get(PLACE)
    with django_assert_num_queries(13):
        as_dora.get(PLACE)
    for _ in range(20):
        told(shop, "failed")
    with django_assert_num_queries(13):
        as_dora.get(PLACE)


def test_it_is_switched_off_and_on(as_dora: Client, shop: Application) -> None:
    assert 'name="on" aria-describedby="reports-hint" checked' in page(
        as_dora, "/settings/apps/hello/"
    )

    address = "/settings/apps/hello/-/reports/"
    off = as_dora.post(address, {}, follow=True).content.decode()
    shop.refresh_from_db()
    assert (shop.reports, "GitHub is told nothing of hello any more." in off) == (False, True)

    as_dora.post(address, {"on": "on"})
    shop.refresh_from_db()
    assert shop.reports


def test_a_missing_right_is_told_in_the_settings(as_dora: Client, shop: Application) -> None:
    ForgeAccess.objects.update(trouble="Give the App “Deployments: write”.")

    assert "Give the App “Deployments: write”." in page(as_dora, "/settings/apps/hello/")


def test_without_a_credential_there_is_nothing_to_switch(
    as_dora: Client, hello: Application
) -> None:
    assert "Report deployments to GitHub" not in page(as_dora, "/settings/apps/hello/")


# ---- The deployment's own page ----


def timeline(client: Client, report: ForgeReport) -> str:
    return page(client, f"/deployments/{report.deployment_id}/?tab=timeline")


def test_its_timeline_says_what_github_knows(as_alice: Client, shop: Application) -> None:
    shown = timeline(as_alice, told(shop))

    assert "At GitHub" in shown and "told <time" in shown
    assert "https://github.com/acme/hello/deployments/activity_log?environment=qa" in shown
    assert "Tell GitHub again" in shown


def test_it_says_why_not_yet_and_when_again(as_alice: Client, shop: Application) -> None:
    report = told(shop, "waiting", told="", told_at=None, remote_id=None)
    ForgeAccess.objects.update(
        trouble="GitHub cannot answer.", rest_until=timezone.now() + timedelta(minutes=5)
    )

    shown = timeline(as_alice, report)

    assert "GitHub is not told yet. It is tried again <time" in shown
    assert "GitHub cannot answer." in shown


@pytest.mark.parametrize(
    ("state", "fields", "words"),
    [
        ("waiting", {}, "GitHub is not told yet. It is tried as soon as a worker comes to it."),
        ("failed", {"error": "It was deleted there."}, "It was deleted there."),
        ("told", {"told": "", "told_at": None}, "There is nothing to tell yet"),
        ("told", {"told": "inactive"}, "inactive"),
    ],
)
def test_each_state_has_its_words(
    as_alice: Client, shop: Application, state: str, fields: dict[str, Any], words: str
) -> None:
    assert words in timeline(as_alice, told(shop, state, **fields))


def test_switched_off_it_says_so(as_alice: Client, shop: Application) -> None:
    report = told(shop)
    Application.objects.update(reports=False)

    shown = timeline(as_alice, report)

    assert "GitHub is told nothing of hello" in shown
    assert "Tell GitHub again" not in shown


def test_who_may_deploy_has_it_told_again(as_alice: Client, shop: Application) -> None:
    report = told(shop)

    shown = as_alice.post(f"/deployments/{report.deployment_id}/tell/", follow=True)

    assert "GitHub is told again" in shown.content.decode()
    assert "Alice had GitHub told again on the page." in shown.content.decode()
    assert bells("chat")[0] == ("deployments.tasks.tell", (report.deployment_id,))


def test_who_may_look_has_not(as_bob: Client, shop: Application) -> None:
    report = told(shop)

    assert "Tell GitHub again" not in timeline(as_bob, report)
    assert as_bob.post(f"/deployments/{report.deployment_id}/tell/").status_code == 403


def test_one_of_git_alone_says_nothing_of_github(as_alice: Client, hello: Application) -> None:
    made = build.deployment(hello.environments.get(name="qa"), build.maker(), "a" * 40)

    assert "At GitHub" not in page(as_alice, f"/deployments/{made.pk}/?tab=timeline")
