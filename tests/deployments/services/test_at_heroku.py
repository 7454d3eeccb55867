"""An environment at Heroku: what is brought there, and what Heroku says that it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import tasks
from deployments.models import Change, Environment
from deployments.selectors import running
from deployments.services import truth
from tests.deployments.providers.clouds import heroku_server
from tests.deployments.providers.clouds.heroku_server import TOKEN, Heroku
from tests.deployments.services.clouds import AtHeroku
from tests.deployments.services.queueing import bells, lose
from tests.deployments.services.world import World, log_of

pytestmark = pytest.mark.slow


@pytest.fixture
def heroku() -> Iterator[Heroku]:
    with heroku_server.serving(Heroku()) as served:
        served.go_on.set()
        yield served
        assert served.wrong == []


@pytest.fixture
def at_heroku(transactional_db: None, heroku: Heroku, tmp_path: Path) -> World:
    return AtHeroku(heroku, tmp_path).world


def test_a_commit_goes_to_heroku(at_heroku: World, heroku: Heroku) -> None:
    ended = at_heroku.deploy()

    assert (ended.status, ended.note) == ("success", "")
    assert "-----> Building" in log_of(ended)
    assert heroku.builds[0]["source_blob"]["version"] == ended.sha
    mark = heroku.builds[0]["source_blob"]["version_description"]
    assert mark.startswith(f"Shipmate #{ended.pk} shop/production ")
    assert ended.environment.current == ended


def test_a_rollback_at_heroku_takes_no_build(at_heroku: World, heroku: Heroku) -> None:
    first = at_heroku.deploy()
    at_heroku.release()

    back = at_heroku.roll_back(first)

    assert back.status == "success"
    assert len(heroku.builds) == 2
    assert "Going back to v1" in log_of(back)


def test_a_way_back_goes_where_the_app_is_today(at_heroku: World, heroku: Heroku) -> None:
    first = at_heroku.deploy()
    at_heroku.release()
    at_heroku.settings(app="shop-of-today")

    back = at_heroku.roll_back(first)

    assert back.settings["settings"]["app"] == "shop-of-today"
    assert "Heroku has no app “shop-of-today”" in log_of(back)


def test_the_token_is_masked_whoever_prints_it(at_heroku: World, heroku: Heroku) -> None:
    heroku.output = f"the build prints {TOKEN}\n".encode()

    said = log_of(at_heroku.deploy())

    assert "the build prints [masked]" in said
    assert TOKEN not in said


def said(world: World) -> list[str]:
    """Return what the cloud says against the record."""
    return [str(odd) for odd in running.in_(environment_of(world)).odd]


def environment_of(world: World) -> Environment:
    return Environment.objects.select_related("application").get(pk=world.environment.pk)


def test_after_a_deployment_heroku_says_what_is_on_record(at_heroku: World) -> None:
    deployment = at_heroku.deploy()

    tasks.hear(at_heroku.environment.pk)

    heard = environment_of(at_heroku)
    assert (heard.says, heard.silence, said(at_heroku)) == (deployment.sha, "", [])
    assert not Change.objects.filter(verb="host.says").exists()


def test_what_somebody_released_by_hand_is_told(at_heroku: World, heroku: Heroku) -> None:
    deployment = at_heroku.deploy()
    heroku.release(heroku.slug("b" * 40)["id"])

    tasks.hear(at_heroku.environment.pk)

    assert said(at_heroku) == [f"record says {deployment.sha[:7]}, Heroku says bbbbbbb"]
    assert Change.objects.get(verb="host.says").subject == "Heroku"


def test_the_next_deployment_takes_back_what_was_said(at_heroku: World, heroku: Heroku) -> None:
    at_heroku.deploy()
    heroku.release(heroku.slug("b" * 40)["id"])
    tasks.hear(at_heroku.environment.pk)

    at_heroku.release()

    assert said(at_heroku) == []


def test_a_cloud_that_does_not_answer_is_unheard_and_not_wrong(
    at_heroku: World, heroku: Heroku
) -> None:
    at_heroku.deploy()
    heroku.faults = [("GET releases", 503)]

    tasks.hear(at_heroku.environment.pk)

    heard = environment_of(at_heroku)
    assert (heard.silence, said(at_heroku)) == ("Heroku did not answer: it answers 503.", [])


def test_clouds_are_asked_in_their_turn(at_heroku: World) -> None:
    truth.ring()
    assert bells() == []
    at_heroku.deploy()
    lose()

    truth.ring()
    lose()
    truth.ring()

    assert bells() == []  # it was asked just now
    truth.ask_soon(at_heroku.environment)
    truth.ring()
    assert bells() == [("deployments.tasks.hear", (at_heroku.environment.pk,))]
