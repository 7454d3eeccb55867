"""The page of changes, its export, and the history on the page of each thing."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Application, Change, Environment, Person
from deployments.services import applications, credentials
from tests.deployments import build

pytestmark = pytest.mark.slow

AUDIT = "/settings/audit/"


@pytest.fixture
def as_root(client: Client, root: Person) -> Client:
    client.force_login(root)
    return client


@pytest.fixture
def changed(hello: Application, root: Person) -> None:
    applications.change_settings(hello, {"build": ["make all"]}, root)
    credentials.set_secret("API_KEY", "sesame-sesame", root, application=hello)


def text(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_a_change_is_told_from_what_to_what(as_root: Client, changed: None) -> None:
    shown = text(as_root, f"{AUDIT}?kind=apps")

    assert "<b>Root</b> changed <b>build</b>" in shown
    assert "<del>make</del> → <ins>make all</ins>" in shown
    assert "set the secret" not in shown


def test_the_app_tells_its_own(as_dora: Client, changed: None) -> None:
    shown = text(as_dora, "/settings/apps/hello/")

    assert "<b>API_KEY</b>" in shown
    assert "sesame" not in shown
    assert f"{AUDIT}?app=hello" in shown


def test_a_viewer_is_told_who_reads_it(as_bob: Client, changed: None, dora: Person) -> None:
    answer = as_bob.get(AUDIT)

    assert answer.status_code == 403
    assert "it takes a maintainer of something. Ask dora, maker" in answer.content.decode()
    assert AUDIT not in text(as_bob, "/settings/apps/hello/")


def test_a_field_that_makes_no_sense_is_said(as_root: Client, changed: None) -> None:
    assert "Enter a valid date" in text(as_root, f"{AUDIT}?since=yesterday&kind=apps")


def test_an_administrator_takes_it_along_and_that_is_recorded(
    as_root: Client, changed: None
) -> None:
    answer = as_root.post(f"{AUDIT}export/", {"kind": "apps"})

    rows = list(csv.reader(io.StringIO(b"".join(answer).decode())))
    assert rows[0][:4] == ["at", "person", "via", "verb"]
    assert rows[1][7:10] == ["build", "make", "make all"]
    assert Change.objects.get(verb="audit.exported").subject == "kind:apps"


def test_a_spreadsheet_takes_nothing_for_a_formula(
    as_root: Client, hello: Application, root: Person
) -> None:
    applications.change_settings(hello, {"build": ["=cmd"]}, root)

    answer = as_root.post(f"{AUDIT}export/", {"kind": "apps"})

    assert "'=cmd" in b"".join(answer).decode()


def test_only_administrators_take_it_along(as_dora: Client, root: Person) -> None:
    answer = as_dora.post(f"{AUDIT}export/")

    assert answer.status_code == 403
    assert "may not export the audit of Shipmate" in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_rows(as_root: Client, changed: None) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            as_root.get(AUDIT)
        return len(asked)

    few = cost()
    Change.objects.bulk_create(Change(verb="host.added", subject=str(n)) for n in range(40))

    assert cost() <= few


def test_what_became_of_a_deployment_is_said_in_words_with_its_sign(
    as_root: Client, alice: Person, qa: Environment
) -> None:
    made = build.deployment(qa, alice, "a" * 40, status="failure")
    build.change(made, old="queued", new="in_progress")

    shown = text(as_root, f"{AUDIT}?kind=deployments")

    assert "ended <a" in shown and "began <a" in shown and "asked for <a" in shown
    assert 'data-state="failed"' in shown and "in_progress" not in shown
