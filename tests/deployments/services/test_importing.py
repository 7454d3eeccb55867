"""An apps.json of hubot-deploy becomes apps that can be deployed; what is there is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import run
from typing import Any

import pytest

from deployments import providers
from deployments.apps_json.wanted import WantedApp
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Application, Change, Environment, Host, Person, Repository
from deployments.selectors.importing import Given, opening_of, propose
from deployments.services import environments, importing
from deployments.services.importing import Outcome
from tests.deployments import build
from tests.servers.github.hub import TOKEN, GitHub

Import = Callable[..., list[Outcome]]


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Give acme/web and acme/api, and say where they are."""
    (tmp_path / "acme").mkdir()
    for name in ("web", "api"):
        build.repository(tmp_path / "acme", name)
    return f"{tmp_path}/{{repository}}.git"


@pytest.fixture
def bring(place: str, root: Person) -> Import:
    def bring(file: dict[str, Any], person: Person = root, via: str = "web") -> list[Outcome]:
        return importing.bring(given(file, place), person, via=via)

    return bring


def given(file: dict[str, Any], place: str, token: str = "") -> Given:
    return Given(json.dumps(file).encode(), place, token)


def reasons(file: dict[str, Any], place: str, person: Person) -> str:
    (one,) = propose(given(file, place), person)
    return " ".join(one.reasons)


WEB = {"repository": "acme/web", "provider": "bundler_capistrano"}
WHOLE: dict[str, Any] = {
    "web": {
        **WEB,
        "environments": ["production", "qa"],
        "required_contexts": ["ci/test"],
        "qa_url": "https://qa.example.com",
        "hosts": {"production": ["web-1.example.com", "app@web-2.example.com:2222"]},
        "allowed_rooms": ["danger"],
    },
    "api": {"repository": "acme/api", "provider": "heroku", "heroku_name": "acme-api"},
}


def test_apps_are_made_as_the_file_says(bring: Import) -> None:
    bring(WHOLE)

    web, api = Application.objects.get(name="web"), Application.objects.get(name="api")
    assert providers.way_of(web.provider, web.settings).label == "Capistrano 3, through bundler"
    assert web.default_environment == "production"
    assert (api.provider, api.settings["app"]) == ("heroku", "acme-api")


def test_so_are_their_environments_and_hosts(bring: Import) -> None:
    bring(WHOLE)

    qa, production = Environment.objects.filter(application__name="web").order_by("position")
    assert (qa.name, qa.url, qa.production) == ("qa", "https://qa.example.com", False)
    assert (production.checks, production.required_contexts) == ("named", ["ci/test"])
    assert production.production
    assert [str(each.host) for each in production.placements.all()] == [
        "web-1.example.com",
        "web-2.example.com",
    ]
    host = Host.objects.get(name="web-2.example.com")
    assert (host.user, host.port, host.host_keys) == ("app", 2222, "")


def test_everything_is_recorded_with_the_person_and_the_way_it_came(
    bring: Import, root: Person
) -> None:
    bring(WHOLE, via="command")

    verbs = set(Change.objects.values_list("verb", flat=True))
    assert {"application.added", "environment.added", "host.added", "host.placed"} <= verbs
    assert set(Change.objects.values_list("person", "via")) == {(root.pk, "command")}


def test_twice_makes_nothing_twice(bring: Import) -> None:
    bring(WHOLE)
    before = Change.objects.count()

    again = bring(WHOLE)

    assert [one.proposal.state for one in again] == ["known", "known"]
    assert [one.proposal.reasons for one in again] == [(), ()]
    assert Change.objects.count() == before


def test_an_app_that_is_there_is_left_alone_and_how_it_differs_is_said(
    bring: Import, place: str, root: Person
) -> None:
    bring({"web": WEB})
    file = {"web": {"repository": "acme/api", "provider": "heroku", "environments": ["qa"]}}

    told = reasons(file, place, root)
    bring(file)

    assert "Its code comes from" in told
    assert "“Capistrano 3, through bundler”, not by “Heroku”" in told
    assert "It has no environment qa." in told
    assert Application.objects.get().provider == "command"


def test_what_cannot_be_made_keeps_nothing_and_the_others_are_made(bring: Import) -> None:
    wrong = {"repository": "acme/none-of-that"}

    outcomes = bring({"gone": wrong, "web": WEB})

    assert "There is no folder" in outcomes[0].proposal.reasons[0]
    assert [app.name for app in Application.objects.all()] == ["web"]
    assert Repository.objects.count() == 1


def test_an_app_is_made_whole_or_not_at_all(bring: Import, hello: Application) -> None:
    qa = hello.environments.get(name="qa")
    environments.change_settings(qa, {"path": "~/web-production"}, build.maker())
    before = Change.objects.count()

    (outcome,) = bring({"web": {"repository": "acme/web", "hosts": ["hello-qa-1.invalid"]}})

    assert "hello/qa lives in ~/web-production on hello-qa-1 already" in outcome.problem
    assert not Application.objects.filter(name="web").exists()
    assert Change.objects.count() == before


def test_a_host_that_is_there_is_placed_as_it_is(bring: Import, root: Person) -> None:
    Host.objects.create(name="first", address="web-1.example.com", host_keys=build.HOST_KEY)

    bring({"web": {**WEB, "hosts": ["web-1.example.com"]}})

    assert str(Environment.objects.get().placements.get().host) == "first"


def test_a_host_of_the_same_name_elsewhere_is_never_taken_for_it(
    bring: Import, place: str, root: Person
) -> None:
    Host.objects.create(name="web-1", address="10.0.0.1")

    told = reasons({"web": {**WEB, "hosts": ["web-1"]}}, place, root)

    assert "The host web-1 is deploy@10.0.0.1:22 here" in told


def test_programs_on_this_machine_take_an_administrator(
    bring: Import, place: str, root: Person, dora: Person
) -> None:
    script = {"repository": "acme/web", "provider": "shell", "deploy_script": "script/deploy"}

    assert "it takes an admin. Ask root." in reasons({"web": script}, place, dora)
    bring({"web": script, "api": WHOLE["api"]}, dora)
    assert [app.name for app in Application.objects.all()] == ["api"]
    bring({"web": script})
    assert Application.objects.get(name="web").settings["command"] == "script/deploy"


def test_it_takes_who_may_add_apps(bring: Import, alice: Person) -> None:
    with pytest.raises(NotAllowed, match="it takes a maintainer"):
        bring({"web": WEB}, alice)


@pytest.mark.parametrize(
    "where", ["https://github.com/", "{repository}{repository}", "{}/{repository}"]
)
def test_where_repositories_are_has_a_place_for_their_name(where: str, root: Person) -> None:
    with pytest.raises(Invalid, match="in place of owner/name"):
        propose(given({"web": WEB}, where), root)


@pytest.fixture
def at_github(hub: GitHub) -> str:
    hub.make("acme/web").commit({"a": "a"}, "Say hello")
    return f"{hub.address}/{{repository}}"


@pytest.mark.parametrize("whose", ["the file's", "for all"])
def test_a_token_opens_the_repository_and_checks_are_known(
    at_github: str, root: Person, whose: str
) -> None:
    own = {"github_token": TOKEN} if whose == "the file's" else {}
    file = {"web": {"repository": "acme/web", **own}}

    importing.bring(given(file, at_github, "" if own else TOKEN), root, via="web")

    web = Application.objects.get()
    assert web.repository.forge == "github"
    assert web.repository.access.fingerprint
    assert web.environments.get().checks == "all"
    assert TOKEN not in str(list(Change.objects.values()))


@pytest.mark.parametrize(
    ("location", "token"),
    [
        ("https://git.acme.example/acme/web", "ours"),
        ("https://elsewhere.example/acme/web", ""),
        ("https://git.acme.example:8443/acme/web", ""),
        ("git@git.acme.example:acme/web.git", ""),
        ("/srv/git/web.git", ""),
    ],
)
def test_a_token_for_all_goes_to_the_host_that_it_is_for_alone(location: str, token: str) -> None:
    app = WantedApp("web", 1, "web", location)

    opening = opening_of(app, Given(b"", "https://git.acme.example/{repository}", "ours"))

    assert opening.secret == token


MERGING: dict[str, Any] = {"web": {"repository": "acme/web", "auto_merge": True}}


def test_merging_first_is_put_on_at_github(root: Person, hub: GitHub) -> None:
    hub.make("acme/web").commit({"a": "a"}, "Say hello")

    importing.bring(given(MERGING, f"{hub.address}/{{repository}}", TOKEN), root, via="web")

    assert Application.objects.get(name="web").auto_merge


@pytest.mark.parametrize("bare", [True, False])
def test_merging_first_is_put_on_where_shipmate_may_write(
    bring: Import, tmp_path: Path, bare: bool
) -> None:
    if not bare:
        git = tmp_path / "acme" / "web.git"
        run(["git", "-C", str(git), "config", "core.bare", "false"], check=True)

    bring(MERGING)

    assert Application.objects.get(name="web").auto_merge is bare
