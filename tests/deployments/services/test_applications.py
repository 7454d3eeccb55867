"""Applications: added after a real look, changed by those who may, each change recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.exceptions import ForgeError, Invalid, NotAllowed, RepositoryAway
from deployments.models import Application, Change, Person, Role
from deployments.services import applications, environments
from tests.deployments import build
from tests.servers.repositories import Repository


def test_an_application_is_added_with_its_repository(root: Person, repository: Repository) -> None:
    app = applications.add("shop", str(repository.path), root)

    assert app.repository.location == str(repository.path)
    assert app.repository.name == "hello"
    assert Change.objects.get(verb="application.added").new == str(repository.path)


def test_two_applications_may_share_a_repository(root: Person, repository: Repository) -> None:
    one = applications.add("one", str(repository.path), root)
    two = applications.add("two", f"file://{repository.path}", root)

    assert one.repository == two.repository


def test_a_folder_without_a_repository_is_refused(root: Person, tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="not a git repository"):
        applications.add("shop", str(tmp_path), root)

    assert not Application.objects.exists()


def test_a_repository_that_is_not_there_is_refused(root: Person, tmp_path: Path) -> None:
    with pytest.raises(RepositoryAway, match="no folder"):
        applications.add("shop", str(tmp_path / "none.git"), root)


def test_a_repository_without_commits_is_refused(root: Person, tmp_path: Path) -> None:
    empty = Repository(tmp_path / "empty.git")

    with pytest.raises(ForgeError, match="push a commit"):
        applications.add("shop", str(empty.path), root)


@pytest.mark.parametrize("name", ["Shop", "deploy", "new", "a b", ""])
def test_a_name_that_cannot_be_spoken_or_addressed_is_refused(
    root: Person, repository: Repository, name: str
) -> None:
    with pytest.raises(Invalid):
        applications.add(name, str(repository.path), root)


def test_the_maintainer_of_one_application_adds_no_other(
    alice: Person, hello: Application, repository: Repository
) -> None:
    Role.objects.create(person=alice, name="maintainer", application=hello)

    with pytest.raises(NotAllowed, match="takes a maintainer"):
        applications.add("shop", str(repository.path), alice)


def test_a_changed_command_is_recorded_from_what_to_what(dora: Person, hello: Application) -> None:
    applications.change_settings(hello, {"build": ["make", "make test"]}, dora)

    change = Change.objects.get(verb="application.changed")
    assert (change.subject, change.old, change.new) == ("build", "make", "make; make test")
    assert (change.person, change.application) == (dora, hello)


def test_a_long_command_is_recorded_whole(dora: Person, hello: Application) -> None:
    command = "echo " + "x" * 300

    applications.change_settings(hello, {"build": [command]}, dora)

    assert command in Change.objects.get(verb="application.changed").note


def test_what_is_the_same_is_not_recorded(dora: Person, hello: Application) -> None:
    applications.change_settings(hello, {"build": ["make"], "keep": 5}, dora)

    assert not Change.objects.filter(verb="application.changed").exists()


def test_two_people_change_two_settings_and_both_stay(dora: Person, hello: Application) -> None:
    stale = Application.objects.get(pk=hello.pk)

    applications.change_settings(hello, {"keep": 3}, dora)
    applications.change_settings(stale, {"build": ["ninja"]}, dora)

    hello.refresh_from_db()
    assert (hello.settings["keep"], hello.settings["build"]) == (3, ["ninja"])


def test_settings_that_the_provider_cannot_use_change_nothing(
    dora: Person, hello: Application
) -> None:
    with pytest.raises(Invalid, match="takes a number from 1 to 100"):
        applications.change_settings(hello, {"keep": 0}, dora)

    hello.refresh_from_db()
    assert "keep" not in hello.settings


@pytest.mark.parametrize("values", [{"path": "/srv/all"}, {"colour": "red"}])
def test_a_setting_that_is_not_an_applications_is_refused(
    dora: Person, hello: Application, values: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        applications.change_settings(hello, values, dora)


def test_commands_take_the_right_in_the_application(alice: Person, hello: Application) -> None:
    Role.objects.create(
        person=alice, name="maintainer", environment=hello.environments.get(name="qa")
    )

    with pytest.raises(NotAllowed, match="hello"):
        applications.change_settings(hello, {"build": ["id"]}, alice)


def test_the_repository_moves_and_the_old_address_is_recorded(
    dora: Person, hello: Application, repository: Repository, tmp_path: Path
) -> None:
    other = build.repository(tmp_path, "other")

    seen = applications.move(hello, str(other.path), dora)

    assert Application.objects.get(pk=hello.pk).repository.location == str(other.path)
    assert "Say it three times" in str(seen)
    assert Change.objects.get(verb="application.changed").old == str(repository.path)


def test_the_default_environment_must_exist(dora: Person, hello: Application) -> None:
    applications.set_default_environment(hello, "qa", dora)

    with pytest.raises(Invalid, match="no environment “moon”"):
        applications.set_default_environment(hello, "moon", dora)
    assert Application.objects.get(pk=hello.pk).default_environment == "qa"


def test_another_way_to_deploy_begins_with_lines_of_its_own(
    root: Person, hello: Application
) -> None:
    applications.change_settings(hello, {"parameters": {"REGION": "eu|us"}}, root)

    applications.choose(hello, "command:script", root)

    hello.refresh_from_db()
    assert hello.provider == "command"
    assert hello.settings == {
        "preset": "script",
        "command": "script/deploy",
        "parameters": {"REGION": "eu|us"},
    }


def test_what_was_run_before_is_kept_in_the_changes(root: Person, hello: Application) -> None:
    applications.choose(hello, "command:script", root)

    changes = Change.objects.filter(verb="application.changed")
    way = changes.get(subject="way")
    assert (way.old, way.new) == (
        "Releases over SSH, by Shipmate itself",
        "A script in the repository",
    )
    assert changes.get(subject="build").old == "make"


def test_environments_keep_what_every_way_knows(root: Person, hello: Application) -> None:
    qa = hello.environments.get(name="qa")
    environments.change_settings(qa, {"build": ["ninja"], "total_seconds": 60}, root)

    applications.choose(hello, "command:script", root)

    qa.refresh_from_db()
    assert qa.settings == {"total_seconds": 60}
    assert Change.objects.get(verb="environment.changed", subject="build", new="").old == "ninja"


def test_a_way_back_to_ssh_is_a_way_too(root: Person, hello: Application) -> None:
    applications.choose(hello, "command:script", root)

    applications.choose(hello, "ssh", root)

    hello.refresh_from_db()
    assert (hello.provider, hello.settings) == ("ssh", {})


@pytest.mark.parametrize("key", ["", "command", "command:nothing", "ftp"])
def test_a_way_that_nobody_knows_is_refused(root: Person, hello: Application, key: str) -> None:
    with pytest.raises(Invalid, match="no way to deploy"):
        applications.choose(hello, key, root)


def test_a_setting_of_another_way_is_refused(root: Person, hello: Application) -> None:
    applications.choose(hello, "command:script", root)

    with pytest.raises(Invalid, match="There is no setting “build”"):
        applications.change_settings(hello, {"build": ["make"]}, root)


def test_programs_on_shipmates_machine_take_an_administrator(
    dora: Person, hello: Application
) -> None:
    with pytest.raises(NotAllowed, match="may not have programs of hello run on the machine of"):
        applications.choose(hello, "command:script", dora)


def test_auto_merge_is_off_until_a_maintainer_puts_it_on(dora: Person, hello: Application) -> None:
    assert not hello.auto_merge

    applications.set_auto_merge(hello, True, dora)

    change = Change.objects.get(verb="application.changed")
    assert Application.objects.get(pk=hello.pk).auto_merge
    assert (change.subject, change.old, change.new) == ("auto-merge", "no", "yes")


def test_auto_merge_takes_the_right_in_the_application(alice: Person, hello: Application) -> None:
    with pytest.raises(NotAllowed):
        applications.set_auto_merge(hello, True, alice)


def test_auto_merge_takes_the_right_in_every_app_of_the_repository(
    dora: Person, hello: Application
) -> None:
    other = Application.objects.create(name="other", repository=hello.repository)
    Role.objects.filter(person=dora).update(application=hello)

    with pytest.raises(NotAllowed, match="other"):
        applications.set_auto_merge(hello, True, dora)
    applications.set_auto_merge(hello, False, dora)

    other.delete()
    applications.set_auto_merge(hello, True, dora)


def test_auto_merge_is_refused_where_nothing_can_be_merged(
    dora: Person, hello: Application, repository: Repository
) -> None:
    repository.git("config", "core.bare", "false")

    with pytest.raises(Invalid, match="somebody's working copy"):
        applications.set_auto_merge(hello, True, dora)
    applications.set_auto_merge(hello, False, dora)
