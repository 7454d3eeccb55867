"""Apps that a program deploys: every page is right without any host, key or placement."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from deployments.models import Application, Deployment, Environment, Person
from deployments.services import applications, lifecycle, machines
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(db: None, repository: Repository) -> Application:
    app = build.application("shop", repository.path)
    Environment.objects.create(application=app, name="live", position=1)
    applications.choose(app, "command:capistrano-3", build.maker())
    return Application.objects.get(pk=app.pk)


@pytest.fixture
def live(shop: Application) -> Environment:
    return shop.environments.get()


@pytest.fixture
def deployed(live: Environment, repository: Repository) -> Deployment:
    """A deployment that succeeded, as a worker of this machine left it."""
    tip = repository.git("rev-parse", "main").strip()
    frozen = {
        "provider": "command",
        "settings": live.effective_settings,
        "hosts": [],
        "release": "1",
        "returns": False,
        "parameters": {},
        "keep": [],
        "secrets": {},
        "machine": {"mark": machines.here(), "name": "builder-1"},
    }
    return build.live(live, build.person("erin"), tip, settings=frozen)


@pytest.fixture
def as_root(client: Client, root: Person) -> Client:
    client.force_login(root)
    return client


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    "name", ["board", "application", "environment", "application-settings", "environment-settings"]
)
def test_each_page_is_there_before_and_after_the_first_deployment(
    as_dora: Client, live: Environment, name: str, request: pytest.FixtureRequest
) -> None:
    names = {"board": [], "application": ["shop"], "application-settings": ["shop"]}
    url = reverse(name, args=names.get(name, ["shop", "live"]))

    assert "shop" in page(as_dora, url)
    request.getfixturevalue("deployed")
    assert "shop" in page(as_dora, url)


def test_the_review_shows_what_would_be_run(
    as_alice: Client, live: Environment, repository: Repository
) -> None:
    tip = repository.git("rev-parse", "main").strip()

    shown = page(as_alice, f"{live.get_absolute_url()}?ref=main")

    assert "bundle exec cap live deploy" in shown
    assert "bundle install --quiet" in shown
    assert "as what is run knows them" in shown
    assert tip[:7] in shown


def test_nothing_stands_in_the_way_of_it(alice: Person, live: Environment) -> None:
    asked = lifecycle.request(live, "main", Door(alice, "web"))

    assert asked.status == "queued"


def test_a_deployments_page_shows_what_was_run_and_where(
    as_alice: Client, deployed: Deployment
) -> None:
    shown = page(as_alice, deployed.get_absolute_url())

    assert "What is run on <b>builder-1</b>" in shown
    assert "bundle exec cap live deploy" in shown


def test_hosts_are_offered_only_where_what_is_run_names_them(
    as_alice: Client, live: Environment
) -> None:
    for name in ("web-1", "web-2"):
        build.place(live, name)

    assert 'name="hosts"' not in page(as_alice, live.get_absolute_url())

    live.settings = {"command": "fab --hosts {hosts} deploy"}
    live.save()
    assert 'name="hosts"' in page(as_alice, live.get_absolute_url())


def test_it_is_said_where_a_host_is_wanted(as_alice: Client, live: Environment) -> None:
    live.settings = {"command": "fab --hosts {hosts} deploy"}
    live.save()

    shown = page(as_alice, live.get_absolute_url())

    assert "shop/live has no hosts, and what is run there says {hosts}." in shown


def test_the_steps_to_the_first_deployment_ask_for_no_host(
    as_dora: Client, live: Environment
) -> None:
    shown = page(as_dora, reverse("environment-settings", args=["shop", "live"]))

    assert "Say what deploys" in shown
    assert "Place a host" not in shown


def test_a_way_to_deploy_is_chosen_and_its_lines_are_filled_in(
    as_root: Client, hello: Application
) -> None:
    shown = as_root.post(
        reverse("application-choose", args=["hello"]), {"way": "command:kamal"}, follow=True
    ).content.decode()

    assert "hello is deployed by Kamal, through bundler from now on." in shown
    assert "bundle exec kamal deploy --destination={environment} --version={sha}" in shown
    hello.refresh_from_db()
    assert (hello.provider, hello.settings["preset"]) == ("command", "kamal")


def test_a_viewer_chooses_nothing(as_bob: Client, hello: Application) -> None:
    answer = as_bob.post(reverse("application-choose", args=["hello"]), {"way": "command:kamal"})

    hello.refresh_from_db()
    assert (answer.status_code, hello.provider) == (403, "ssh")


def test_a_maintainer_is_not_offered_programs_on_shipmates_machine(
    as_dora: Client, hello: Application
) -> None:
    url = reverse("application-choose", args=["hello"])

    assert "Kamal" not in page(as_dora, reverse("application-settings", args=["hello"]))
    as_dora.post(url, {"way": "command:kamal"})

    hello.refresh_from_db()
    assert hello.provider == "ssh"


def test_a_way_that_is_not_there_is_refused(as_root: Client, hello: Application) -> None:
    as_root.post(reverse("application-choose", args=["hello"]), {"way": "command:rsync"})

    hello.refresh_from_db()
    assert hello.provider == "ssh"


def test_what_is_wrong_is_said_at_its_field(as_dora: Client, shop: Application) -> None:
    url = reverse("application-settings", args=["shop"])

    shown = as_dora.post(
        url, {"command": "cap {enviroment} deploy", "total_seconds": "5", "silence_seconds": "0"}
    ).content.decode()

    assert "{enviroment} stands for nothing. There is:" in shown
    assert "takes a number from 1 to 14400" in shown


def test_lines_and_variables_are_kept_as_they_are_written(
    as_dora: Client, shop: Application
) -> None:
    as_dora.post(
        reverse("application-settings", args=["shop"]),
        {
            "command": "cap 'a b' deploy",
            "variables": "BRANCH = {sha}\r\nA = x = y",
            "tasks": "check: cap check",
            "total_seconds": "5",
            "silence_seconds": "5",
        },
    )

    shop.refresh_from_db()
    assert shop.settings["command"] == "cap 'a b' deploy"
    assert shop.settings["variables"] == {"BRANCH": "{sha}", "A": "x = y"}
    assert shop.settings["tasks"] == {"check": {"commands": ["cap check"], "once": False}}


def test_an_environment_may_be_deployed_to_by_another_line(
    as_dora: Client, live: Environment
) -> None:
    as_dora.post(
        reverse("environment-commands", args=["shop", "live"]),
        {"command": "cap live deploy", "total_seconds": "1800", "silence_seconds": "600"},
    )

    live.refresh_from_db()
    assert live.settings["command"] == "cap live deploy"
