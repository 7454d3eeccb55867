"""Secrets and private keys: written, and never seen again anywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from django.test import Client
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from deployments.models import Application, Change, Environment, Secret, SshKey
from deployments.runner import keys
from deployments.services import credentials

pytestmark = pytest.mark.slow

VALUE = "sesame-open-now-42"
APP, QA = "/settings/apps/hello/", "/settings/apps/hello/qa/"


def every_page() -> Iterator[str]:
    yield from ("/settings/", APP, QA, "/settings/hosts/", "/settings/hosts/hello-qa-1/")
    yield from ("/settings/people/", "/settings/people/dora/", "/settings/me/")


def said(client: Client) -> str:
    """Return all that the pages and the record say."""
    pages = [client.get(address).content.decode() for address in every_page()]
    return "\n".join([*pages, *(str(change) for change in Change.objects.values())])


@pytest.mark.parametrize("address", [f"{APP}-/secrets/set/", f"{QA}secrets/"])
def test_a_secret_is_kept_and_only_its_mark_shown(
    as_dora: Client, qa: Environment, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    as_dora.post(address, {"name": "API_KEY", "value": VALUE})

    secret = Secret.objects.get(name="API_KEY")
    assert credentials.values(qa) == {"API_KEY": VALUE}
    assert VALUE not in said(as_dora) + caplog.text
    assert secret.fingerprint in said(as_dora)


@pytest.mark.parametrize("name", ["not a name", "", "1ST"])
def test_a_refused_secret_is_not_sent_back(as_dora: Client, qa: Environment, name: str) -> None:
    answer = as_dora.post(f"{QA}secrets/", {"name": name, "value": VALUE})

    assert answer.status_code == 200
    assert VALUE not in answer.content.decode()
    assert "wrong" in answer.content.decode()


def test_a_secret_that_is_too_short_to_be_masked_is_refused(
    as_dora: Client, qa: Environment
) -> None:
    answer = as_dora.post(f"{QA}secrets/", {"name": "PIN", "value": "zq9x"})

    assert "at least 6 characters" in answer.content.decode()
    assert "zq9x" not in answer.content.decode()


def test_lines_of_a_secret_end_as_they_did_before_the_browser(
    as_dora: Client, qa: Environment
) -> None:
    as_dora.post(f"{QA}secrets/", {"name": "PEM", "value": "  first\r\nsecond\r\n"})

    assert credentials.values(qa) == {"PEM": "  first\nsecond"}


def test_an_environments_secret_stands_before_its_applications(
    as_dora: Client, hello: Application, qa: Environment
) -> None:
    as_dora.post(f"{APP}-/secrets/set/", {"name": "KEY", "value": "of-the-app"})
    as_dora.post(f"{QA}secrets/", {"name": "KEY", "value": "of-the-environment"})

    assert credentials.values(qa) == {"KEY": "of-the-environment"}


def test_a_secret_is_removed(as_dora: Client, qa: Environment) -> None:
    as_dora.post(f"{QA}secrets/", {"name": "KEY", "value": VALUE})

    as_dora.post(f"{QA}secrets/remove/", {"name": "KEY"})

    assert not qa.secrets.exists()
    assert Change.objects.filter(verb="secret.removed", subject="KEY").exists()


def test_a_made_key_shows_its_public_line_only(as_dora: Client, qa: Environment) -> None:
    before = qa.ssh_key.public

    as_dora.post(f"{QA}key/")

    key = SshKey.objects.get(environment=qa)
    private = credentials.private_key(Environment.objects.get(pk=qa.pk))
    assert key.public != before
    assert key.public in said(as_dora)
    assert not any(line in said(as_dora) for line in private.splitlines()[1:-1])


def test_a_given_key_is_never_shown(
    as_dora: Client, qa: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pair = keys.generate()

    as_dora.post(f"{QA}key/give/", {"private": pair.private.replace("\n", "\r\n")})

    body = pair.private.splitlines()[1]
    assert SshKey.objects.get(environment=qa).fingerprint == pair.fingerprint
    assert body not in said(as_dora) + caplog.text


def test_a_key_that_is_refused_is_not_sent_back(as_dora: Client, qa: Environment) -> None:
    broken = keys.generate().private.replace("BEGIN", "BEGUN")

    answer = as_dora.post(f"{QA}key/give/", {"private": broken})

    assert "This is not a private key" in answer.content.decode()
    assert broken.splitlines()[1] not in answer.content.decode()


def test_a_public_half_is_told_from_a_private_one(as_dora: Client, qa: Environment) -> None:
    answer = as_dora.post(f"{QA}key/give/", {"private": keys.generate().public})

    assert "This is the public half" in answer.content.decode()


def test_a_fault_reports_nothing_of_what_was_typed(
    as_dora: Client, qa: Environment, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    as_dora.raise_request_exception = False
    settings.SHIPMATE_FERNET_KEYS = ["broken"]

    answer = as_dora.post(f"{QA}secrets/", {"name": "KEY", "value": VALUE})

    reporter = ExceptionReporter(answer.wsgi_request, *answer.exc_info)  # type: ignore[attr-defined]
    report = reporter.get_traceback_text()
    assert "'********************'" in report
    assert VALUE not in report + answer.content.decode() + caplog.text


def test_pages_are_kept_in_no_cache(as_dora: Client, qa: Environment) -> None:
    assert "no-store" in as_dora.get(QA).headers["Cache-Control"]
