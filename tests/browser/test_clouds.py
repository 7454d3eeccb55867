"""An app that goes to a cloud, from its settings to its board, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

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


PAGES = ["/settings/apps/shop/", "/settings/apps/shop/production/", "/apps/shop/production/", "/"]


@pytest.mark.parametrize("path", PAGES)
def test_its_pages_are_in_order(
    production: Environment, dora: Person, page_for: PageFor, check_page: CheckPage, path: str
) -> None:
    check_page(page_for(dora), path)
