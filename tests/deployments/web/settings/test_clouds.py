"""An app that goes to a cloud: chosen, set up and read on its settings pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import pytest
from django.test import Client

from deployments.models import Application, Environment, Person
from deployments.selectors import readiness
from deployments.services import applications, credentials, environments
from tests.deployments.web.settings.test_applications import text

pytestmark = pytest.mark.slow

APP = "/settings/apps/hello/"


def sent(application: Application, **changed: object) -> dict[str, object]:
    """Return the form as it stands on the page, with these changes."""
    usual = applications.defaults_of(application)
    return {f"initial-{key}": value for key, value in usual.items()} | usual | changed


@pytest.fixture
def at_heroku(hello: Application, dora: Person) -> Application:
    applications.choose(hello, "heroku", dora)
    return hello


@pytest.fixture
def at_aws(hello: Application, dora: Person) -> Application:
    applications.choose(hello, "beanstalk", dora)
    return hello


def test_each_field_of_its_page_has_an_id_of_its_own(
    as_dora: Client, at_heroku: Application
) -> None:
    ids = re.findall(r' id="([^"]+)"', text(as_dora, APP))

    assert [one for one, times in Counter(ids).items() if times > 1] == []


def faults(client: Client, form: Mapping[str, object]) -> str:
    return " ".join(client.post(APP, dict(form)).content.decode().split())


@pytest.mark.parametrize(
    ("way", "label"), [("heroku", "Heroku"), ("beanstalk", "AWS Elastic Beanstalk")]
)
def test_a_cloud_is_chosen(as_dora: Client, hello: Application, way: str, label: str) -> None:
    answer = as_dora.post(f"{APP}-/way/choose/", {"way": way}, follow=True)

    assert f"hello is deployed by {label} from now on." in answer.content.decode()
    hello.refresh_from_db()
    assert hello.provider == way


def test_the_page_names_the_secret_that_is_needed(as_dora: Client, at_heroku: Application) -> None:
    assert "HEROKU_API_KEY" in text(as_dora, APP)


def test_the_app_at_heroku_is_set(as_dora: Client, at_heroku: Application) -> None:
    as_dora.post(APP, sent(at_heroku, app="hello-{environment}"))

    at_heroku.refresh_from_db()
    assert at_heroku.settings["app"] == "hello-{environment}"


def test_a_faulty_name_is_said_at_its_field(as_dora: Client, at_heroku: Application) -> None:
    said = faults(as_dora, sent(at_heroku, app="Hello World"))

    assert "cannot be called “Hello World”" in said


def test_an_environment_may_have_an_app_of_its_own(
    as_dora: Client, at_heroku: Application, qa: Environment
) -> None:
    form = sent(at_heroku, app="hello-test")

    as_dora.post(f"{APP}qa/commands/", form)

    qa.refresh_from_db()
    assert qa.settings == {"app": "hello-test"}


def test_region_and_health_are_set(as_dora: Client, at_aws: Application) -> None:
    as_dora.post(APP, sent(at_aws, region="eu-central-1", health="yellow"))

    at_aws.refresh_from_db()
    assert at_aws.settings == {"region": "eu-central-1", "health": "yellow"}


def test_a_region_that_is_none_is_said_at_its_field(as_dora: Client, at_aws: Application) -> None:
    assert "is no region of AWS" in faults(as_dora, sent(at_aws, region="Frankfurt"))


def test_a_viewer_reads_where_it_goes(as_bob: Client, at_aws: Application) -> None:
    assert "Region of AWS" in text(as_bob, APP)


def test_its_environments_ask_for_no_host_and_no_key(
    as_dora: Client, at_heroku: Application, dora: Person
) -> None:
    environments.add(at_heroku, "live", dora)

    said = text(as_dora, f"{APP}live/")

    assert "Set the secret HEROKU_API_KEY" in said
    assert "Place a host" not in said
    assert "SSH key" not in said


def test_a_secret_that_is_set_is_a_step_that_is_done(at_heroku: Application, dora: Person) -> None:
    live = environments.add(at_heroku, "live", dora)
    assert [step.done for step in readiness.steps(live, ())] == [False, False, False]

    credentials.set_secret("HEROKU_API_KEY", "sesame-sesame", dora, application=at_heroku)

    assert [step.done for step in readiness.steps(live, ())] == [False, True, False]


def test_hosts_that_were_placed_before_can_be_taken_out(
    as_dora: Client, at_heroku: Application, qa: Environment
) -> None:
    assert "hello-qa-1" in text(as_dora, f"{APP}qa/")
