"""The pages of what webhooks told: as far as one keeps its app, escaped, done again by right."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from deployments.models import Application, Change, Delivery, Person, Repository, Role
from deployments.services import deliveries, webhooks
from deployments.services.deliveries import Told
from deployments.web.settings.deliveries import body_text
from tests.deployments import build
from tests.deployments.services.queueing import bells, drain

pytestmark = pytest.mark.django_db

PLACE = "/settings/deliveries/"


def page(client: Client, address: str = PLACE) -> str:
    return " ".join(client.get(address).content.decode().split())


def told(
    app: Application, guid: str = "one", event: str = "ping", body: bytes = b"{}", **more: str
) -> Delivery:
    webhook = getattr(app.repository, "webhook", None)
    if webhook is None:
        webhook, _ = webhooks.make(app, build.maker(), f"acme/{app.name}")
    headers = {"X-GitHub-Event": event, **more}
    return deliveries.accept(webhook, Told(guid, event, "", body, headers))[0]


@pytest.fixture
def ping(hello: Application) -> Delivery:
    made = told(hello)
    drain("chat")
    return made


def test_it_lists_what_was_told_and_what_came_of_it(as_dora: Client, ping: Delivery) -> None:
    shown = page(as_dora)

    assert "The webhook works." in shown
    assert "acme/hello" in shown
    assert f"{PLACE}{ping.pk}/" in shown


def test_it_is_filtered(as_dora: Client, hello: Application, ping: Delivery) -> None:
    told(hello, "second", "star")

    assert "star" in page(as_dora, f"{PLACE}?state=waiting")
    assert "The webhook works." not in page(as_dora, f"{PLACE}?state=waiting")
    assert "second" not in page(as_dora, f"{PLACE}?event=ping")
    assert "Nothing was told" in page(as_dora, f"{PLACE}?repository=other&before=x")


def test_it_is_found_by_the_name_at_github(as_dora: Client, ping: Delivery) -> None:
    Repository.objects.update(name="else")

    assert "acme/hello, <time" in page(as_dora, f"{PLACE}?repository=acme/hel")
    assert "acme/hello" in page(as_dora, f"{PLACE}{ping.pk}/")


def test_what_came_of_it_leads_to_the_deployment(as_dora: Client, ping: Delivery) -> None:
    Delivery.objects.update(outcome="#12 brings main. Pull request #7 <is> kept.")

    for shown in (page(as_dora), page(as_dora, f"{PLACE}{ping.pk}/")):
        assert '<a class="link" href="/deployments/12/">#12</a> brings main.' in shown
        assert "Pull request #7 &lt;is&gt; kept." in shown


def test_one_is_shown_with_headers_and_body(as_dora: Client, hello: Application) -> None:
    row = told(hello, body=b'{"zen":"<script>alert(1)</script>"}')

    shown = page(as_dora, f"{PLACE}{row.pk}/")

    assert "<dt>X-GitHub-Event</dt><dd><code>ping</code></dd>" in shown
    assert "&quot;zen&quot;: &quot;&lt;script&gt;alert(1)&lt;/script&gt;&quot;" in shown


def test_a_form_is_shown_by_what_it_holds(as_dora: Client, hello: Application) -> None:
    form = "application/x-www-form-urlencoded"
    row = told(hello, body=b"payload=%7B%22zen%22%3A1%7D", **{"Content-Type": form})

    assert "&quot;zen&quot;: 1" in page(as_dora, f"{PLACE}{row.pk}/")


@pytest.mark.parametrize("body", [b"\xff\x00", b'"\\ud800"', b"[" * 9_000, b"x" * 300_000])
def test_an_odd_body_is_shown_too(as_dora: Client, hello: Application, body: bytes) -> None:
    row = told(hello, body=body)

    assert as_dora.get(f"{PLACE}{row.pk}/").status_code == 200


def test_a_body_that_would_grow_a_lot_is_shown_as_far_as_a_page_goes() -> None:
    raw = b"[" * 300 + b"1," * 99_000 + b"1" + b"]" * 300  # with its lines some 60 MB

    tracemalloc.start()
    shown, is_cut = body_text(raw, "application/json")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (len(shown), is_cut) == (200_000, True)
    assert peak < 20_000_000


def test_it_is_done_again_and_recorded(as_dora: Client, dora: Person, ping: Delivery) -> None:
    as_dora.post(f"{PLACE}{ping.pk}/again/")

    assert bells("chat") == [("deployments.tasks.heed", (ping.pk,))]
    drain("chat")
    ping.refresh_from_db()
    change = Change.objects.get(verb="delivery.again")
    assert (ping.state, ping.again) == ("handled", 1)
    assert (change.person, change.subject) == (dora, "ping one")


def test_a_body_that_came_before_is_done_where_somebody_asks(
    as_dora: Client, hello: Application
) -> None:
    told(hello, "one", "push", b'{"ref":"main"}')
    second = told(hello, "two", "push", b'{"ref":"main"}')
    drain("chat")

    as_dora.post(f"{PLACE}{second.pk}/again/")
    drain("chat")

    second.refresh_from_db()
    assert second.state == "handled"


def test_what_waits_is_not_done_twice(as_dora: Client, hello: Application) -> None:
    row = told(hello)

    shown = as_dora.post(f"{PLACE}{row.pk}/again/", follow=True).content.decode()

    assert "nothing is done twice" in shown
    assert len(bells("chat")) == 1


def test_who_keeps_no_settings_sees_and_does_nothing(as_alice: Client, ping: Delivery) -> None:
    assert as_alice.get(PLACE).status_code == 403
    assert as_alice.get(f"{PLACE}{ping.pk}/").status_code == 403
    assert as_alice.post(f"{PLACE}{ping.pk}/again/").status_code == 403


def test_who_keeps_one_app_sees_its_alone(
    as_alice: Client, alice: Person, ping: Delivery, tmp_path: Path
) -> None:
    other = build.application("other", tmp_path / "other.git")
    Role.objects.create(person=alice, name="maintainer", application=other)
    told(other, "theirs")

    shown = page(as_alice)

    assert "theirs" in shown
    assert "acme/hello" not in shown
    assert as_alice.get(f"{PLACE}{ping.pk}/").status_code == 404
    assert as_alice.post(f"{PLACE}{ping.pk}/again/").status_code == 404


def test_what_names_an_app_that_one_may_not_see_is_not_shown(
    as_alice: Client, alice: Person, ping: Delivery, settings: Any
) -> None:
    settings.SHIPMATE_CLOSED = True
    worker = Application.objects.create(name="worker", repository=ping.repository)
    alice.roles.update(name="maintainer", application=worker)

    assert "acme/hello" not in page(as_alice)
    assert as_alice.get(f"{PLACE}{ping.pk}/").status_code == 404
    assert "It tells of the repository, so also for" not in page(
        as_alice, "/settings/apps/worker/-/webhook/"
    )


def test_many_cost_no_more_queries(
    as_dora: Client, hello: Application, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        told(hello, f"n{number}")
    page(as_dora)

    with django_assert_num_queries(9):
        shown = page(as_dora)

    assert "?before=" in shown
