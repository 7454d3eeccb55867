"""An app that goes to a cloud, from its settings to its board, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from deployments.models import Environment, Person
from deployments.services import applications, credentials
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser


@pytest.fixture
def dora(site: str) -> Person:
    return build.person("dora")


@pytest.fixture(params=["heroku", "beanstalk"])
def production(
    request: pytest.FixtureRequest, site: str, dora: Person, tmp_path: Path
) -> Environment:
    app = build.application("shop", build.repository(tmp_path).path)
    applications.choose(app, request.param, dora)
    settings = {"heroku": {"app": "shop"}, "beanstalk": {"region": "eu-west-1"}}
    applications.change_settings(app, settings[request.param], dora)
    credentials.set_secret("AWS_ACCESS_KEY_ID", "AKIA-0123456789", dora, application=app)
    return Environment.objects.create(application=app, name="production")


def deployed(production: Environment, dora: Person, **heard: object) -> None:
    """Have something brought there, and the cloud say this since."""
    build.live(production, dora, "a" * 40)
    Environment.objects.filter(pk=production.pk).update(**heard)


PAGES = ["/settings/apps/shop/", "/settings/apps/shop/production/", "/apps/shop/production/", "/"]


@pytest.mark.parametrize("path", PAGES)
def test_its_pages_are_in_order(
    production: Environment, dora: Person, page_for: PageFor, check_page: CheckPage, path: str
) -> None:
    check_page(page_for(dora), path)


@pytest.mark.parametrize(
    ("heard", "words"),
    [
        ({"says": "a" * 40}, "It says the same: aaaaaaa."),
        ({"says": "b" * 40}, "says bbbbbbb"),
        ({"says": "a" * 40, "silence": "It did not answer: 503."}, "It did not answer: 503."),
    ],
    ids=["same", "odd", "silent"],
)
def test_what_the_cloud_says_stands_on_the_page(
    production: Environment,
    dora: Person,
    page_for: PageFor,
    check_page: CheckPage,
    heard: dict[str, str],
    words: str,
) -> None:
    deployed(production, dora, heard_at=timezone.now(), **heard)
    page = page_for(dora)

    check_page(page, "/apps/shop/production/")

    assert words in page.inner_text("main")
