"""The settings of an application, from the first look at its repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from deployments.models import Application, Environment, Person
from deployments.services import applications, environments
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow

APP = "/settings/apps/hello/"


def text(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def commands(**changed: str) -> dict[str, str]:
    """Return the form as it stands on the page of `hello`, with these changes."""
    usual = {
        "build": "make",
        "once": "",
        "once_role": "",
        "restart": "systemctl restart web",
        "check": "",
        "check_url": "",
        "check_seconds": "30",
        "shared": "",
        "keep": "5",
        "total_seconds": "1800",
        "silence_seconds": "600",
    }
    return {f"initial-{key}": value for key, value in usual.items()} | usual | changed


def test_nothing_yet_teaches_the_first_step(as_dora: Client) -> None:
    assert 'href="/settings/apps/new/">Add the first app' in text(as_dora, "/settings/")


def test_who_may_not_is_told_who_can(as_bob: Client, root: Person) -> None:
    assert "it takes a maintainer. Ask root." in text(as_bob, "/settings/")


def test_a_new_application_leads_to_its_environments(
    as_dora: Client, repository: Repository
) -> None:
    sent = {"name": "shop", "location": str(repository.path)}

    answer = as_dora.post("/settings/apps/new/", sent)

    assert answer.headers["Location"] == "/settings/apps/shop/#main"
    assert "where is it deployed to?" in text(as_dora, "/settings/apps/shop/")


def test_a_look_shows_branch_and_commit_and_keeps_nothing(
    as_dora: Client, repository: Repository
) -> None:
    sent = {"name": "shop", "location": str(repository.path), "look": "yes"}

    page = as_dora.post("/settings/apps/new/", sent).content.decode()

    assert "main is at" in page
    assert "“Say it three times”" in page
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"name": "Shop!", "location": "/tmp/x"}, "Use small letters"),
        ({"name": "deploy", "location": "/tmp/x"}, "a word of the chat language"),
        ({"name": "new", "location": "/tmp/x"}, "an address of the settings pages"),
        ({"name": "hello", "location": "/tmp/x"}, "an app called “hello” already"),
        ({"name": "shop", "location": "/etc"}, "SHIPMATE_REPOSITORY_ROOTS"),
        ({"name": "shop", "location": "https://me:pw@example.org/x"}, "user or password in it"),
        ({"name": "shop", "location": "--upload-pack=id"}, "never begins with “-”"),
        ({"name": "shop", "location": "/tmp/none-here.git"}, "There is no folder"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    as_dora: Client, hello: Application, sent: dict[str, str], told: str
) -> None:
    page = as_dora.post("/settings/apps/new/", sent).content.decode()

    assert told in page
    assert 'aria-invalid="true"' in page
    assert Application.objects.count() == 1


def test_only_what_was_changed_on_the_page_is_written(
    as_dora: Client, dora: Person, hello: Application
) -> None:
    applications.change_settings(hello, {"keep": 9}, dora)  # while the page was open

    as_dora.post(APP, commands(build="make\r\n\r\nmake test  \r\n"))

    hello.refresh_from_db()
    assert hello.settings["build"] == ["make", "make test"]
    assert hello.settings["keep"] == 9


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"keep": "0"}, "takes a number from 1 to 100"),
        ({"keep": "many"}, "Enter a whole number"),
        ({"check_url": "ftp://x"}, "must begin with http:// or https://"),
        ({"shared": "/etc/passwd"}, "must lie inside the release"),
    ],
)
def test_a_faulty_setting_is_said_at_its_field(
    as_dora: Client, hello: Application, sent: dict[str, str], told: str
) -> None:
    page = as_dora.post(APP, commands(build="ninja", **sent)).content.decode()

    assert told in page
    assert "ninja" in page  # what was typed is not lost
    hello.refresh_from_db()
    assert hello.settings["build"] == ["make"]


def test_a_viewer_reads_the_commands_and_gets_no_form(as_bob: Client, hello: Application) -> None:
    page = text(as_bob, APP)

    assert "systemctl restart web" in page
    assert "may not change the settings of hello" in page
    assert "<textarea" not in page


def test_an_environment_is_added_and_its_page_comes_next(
    as_dora: Client, hello: Application
) -> None:
    sent = {"name": "moon", "url": "moon.example.com", "production": "on"}

    answer = as_dora.post(f"{APP}-/environments/add/", sent)

    assert answer.headers["Location"] == f"{APP}moon/#main"
    added = hello.environments.get(name="moon")
    assert (added.url, added.production) == ("https://moon.example.com", True)


def test_an_environment_twice_is_refused_in_words(as_dora: Client, hello: Application) -> None:
    page = as_dora.post(f"{APP}-/environments/add/", {"name": "qa"}).content.decode()

    assert "hello has an environment “qa” already." in page
    assert 'id="new_name"' in page
    assert hello.environments.count() == 2


def test_the_repository_is_looked_at_before_it_is_changed(
    as_dora: Client, hello: Application, tmp_path: Path
) -> None:
    page = as_dora.post(f"{APP}-/repository/move/", {"location": str(tmp_path)}).content.decode()

    assert "not a git repository" in page
    assert Application.objects.get().repository == hello.repository


def test_an_environment_follows_its_application_until_it_says_otherwise(
    as_dora: Client, dora: Person, hello: Application, qa: Environment
) -> None:
    as_dora.post(f"{APP}qa/commands/", commands(keep="2", path=""))
    applications.change_settings(hello, {"build": ["ninja"], "keep": 7}, dora)

    effective = Environment.objects.get(pk=qa.pk).effective_settings

    assert (effective["build"], effective["keep"]) == (["ninja"], 2)


def test_an_environment_follows_again(as_dora: Client, dora: Person, qa: Environment) -> None:
    environments.change_settings(qa, {"build": ["ninja"]}, dora)
    sent = commands(follow="build", path="") | {"initial-build": "ninja", "build": "ninja"}

    as_dora.post(f"{APP}qa/commands/", sent)

    assert Environment.objects.get(pk=qa.pk).settings == {}


def test_no_environment_of_another_name_is_found(as_dora: Client, hello: Application) -> None:
    assert as_dora.get(f"{APP}moon/").status_code == 404
    assert as_dora.get("/settings/apps/moon/").status_code == 404


ROLLOUT = {
    "batch": "25%", "first": "pause", "pause_seconds": "600", "may_fail": "1", "roll_back": "on",
}  # fmt: skip


def test_how_a_release_reaches_the_hosts_is_kept(as_dora: Client, qa: Environment) -> None:
    as_dora.post(f"{APP}qa/commands/", commands(path="", **ROLLOUT))

    qa.refresh_from_db()
    assert qa.settings == {
        "batch": "25%", "first": "pause", "pause_seconds": 600, "may_fail": "1", "roll_back": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"batch": "few"}, "“batch” is “few”; it takes a number of hosts, or a share such as 25%."),
        ({"may_fail": "101%"}, "“may_fail” is “101%”"),
        ({"first": "health"}, "“first” waits for the first host’s checks, and there are none"),
        ({"pause_seconds": "86401"}, "“pause_seconds” is 86401; it takes a number from 0 to 86400"),
    ],
)
def test_what_is_wrong_with_it_is_said_by_its_field(
    as_dora: Client, qa: Environment, changed: dict[str, str], told: str
) -> None:
    page = as_dora.post(f"{APP}qa/commands/", commands(path="", **changed)).content.decode()

    assert told in page
    qa.refresh_from_db()
    assert qa.settings == {}
