"""Renaming, archiving and removing: what was deployed is never lost."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from deployments import blockers
from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Application, Change, Environment, Person
from deployments.selectors import board
from deployments.services import lifecycle, retiring
from deployments.services.lifecycle import Door
from tests.deployments import build


def codes(environment: Environment) -> set[str]:
    environment = Environment.objects.select_related("application").get(pk=environment.pk)
    return {blocker.code for blocker in blockers.blockers(environment)}


def columns(person: Person) -> list[str]:
    return board.board(person, []).columns


def test_an_app_keeps_its_folders_under_a_new_name(hello: Application, root: Person) -> None:
    retiring.rename(hello, "shop", root)

    qa = Application.objects.get(name="shop").environments.get(name="qa")
    assert qa.settings["path"] == "~/hello-qa"
    change = Change.objects.get(verb="application.renamed")
    assert (change.old, change.new) == ("hello", "shop")


def test_the_default_follows_the_new_name(
    hello: Application, qa: Environment, root: Person
) -> None:
    Application.objects.update(default_environment="qa")

    retiring.rename(qa, "test", root)

    hello.refresh_from_db()
    assert hello.default_environment == "test"


@pytest.mark.parametrize("name", ["", "Shop Two", "deploy", "new", "other"])
def test_a_name_that_cannot_be_is_refused(hello: Application, root: Person, name: str) -> None:
    Application.objects.create(name="other", repository=hello.repository)

    with pytest.raises(Invalid):
        retiring.rename(hello, name, root)


def test_an_environment_takes_no_name_that_means_another(
    qa: Environment, production: Environment, root: Person
) -> None:
    Environment.objects.filter(pk=production.pk).update(aliases=["live"])

    with pytest.raises(Invalid, match="already means hello/production"):
        retiring.rename(qa, "live", root)


def test_nothing_is_deployed_to_what_is_archived(
    hello: Application, qa: Environment, production: Environment, root: Person
) -> None:
    retiring.archive(qa, root)
    assert "archived" in codes(qa)
    assert "archived" not in codes(production)

    retiring.archive(hello, root)
    assert "archived" in codes(production)


def test_the_board_leaves_it_out_until_it_is_back(
    hello: Application, qa: Environment, root: Person
) -> None:
    retiring.archive(qa, root)
    assert columns(root) == ["production"]
    retiring.revive(qa, root)
    assert columns(root) == ["qa", "production"]

    retiring.archive(hello, root)
    assert board.board(root, []).rows == []


def test_what_is_on_its_way_comes_first(qa: Environment, root: Person) -> None:
    number = build.deployment(qa, root, "a" * 40, status="queued").pk

    for act in (retiring.archive, lambda thing, by: retiring.rename(thing, "test", by)):
        with pytest.raises(Invalid, match=f"while #{number} is not over"):
            act(qa, root)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["rename", "archive"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_is_asked_for_at_the_same_moment_comes_first(
    qa: Environment, root: Person, act: str, whole: bool
) -> None:
    thing = qa.application if whole else qa
    with ThreadPoolExecutor(1) as pool:
        asked = threading.Event()
        asking = pool.submit(ask_slowly, qa, root, asked)
        asked.wait(30)

        with pytest.raises(Invalid, match="is not over"):
            retiring.rename(thing, "test", root) if act == "rename" else retiring.archive(
                thing, root
            )
        asking.result()


def ask_slowly(environment: Environment, person: Person, asked: threading.Event) -> None:
    """Ask for a deployment, and take a while until that is committed."""
    with transaction.atomic():
        lifecycle.create(environment, Door(person, "web"), ref="main", sha="a" * 40)
        asked.set()
        time.sleep(1)
    connection.close()


def test_what_was_deployed_is_not_removed(
    hello: Application, qa: Environment, root: Person
) -> None:
    build.live(qa, root, "a" * 40)

    for thing in (qa, hello):
        with pytest.raises(Invalid, match=r"has 1 deployment, .* Archive it instead\."):
            retiring.remove(thing, root)


def test_what_never_was_is_removed_and_recorded(
    hello: Application, qa: Environment, root: Person
) -> None:
    retiring.remove(qa, root)
    retiring.remove(hello, root)

    assert not Application.objects.exists()
    assert Change.objects.get(verb="environment.removed").subject == "hello/qa"
    assert Change.objects.get(verb="application.removed").subject == "hello"


def test_it_takes_a_maintainer(hello: Application, qa: Environment, alice: Person) -> None:
    for act in (retiring.archive, retiring.revive, retiring.remove):
        with pytest.raises(NotAllowed):
            act(hello, alice)
