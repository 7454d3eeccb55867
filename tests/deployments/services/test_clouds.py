"""Deployments to a cloud: by our own programs, on the worker's machine, to servers that keep to
what Heroku and AWS say of their APIs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployments import sweeper, tasks
from deployments.blockers import blockers
from deployments.models import Change, Environment
from deployments.selectors import running
from deployments.services import credentials, lifecycle, truth
from tests.deployments import build
from tests.deployments.providers.clouds import aws_server, heroku_server
from tests.deployments.providers.clouds.aws_server import KEY_ID, SECRET, Aws
from tests.deployments.providers.clouds.heroku_server import TOKEN, Heroku
from tests.deployments.services import elsewhere
from tests.deployments.services.conftest import fall_silent
from tests.deployments.services.here import until_it_says
from tests.deployments.services.queueing import bells, lose
from tests.deployments.services.world import Meanwhile, World, log_of
from tests.servers.repositories import Repository

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("short_lease")]


def make(folder: Path, provider: str, secrets: dict[str, str], **settings: Any) -> World:
    """An environment without a host, whose application goes to a cloud."""
    repository = Repository(folder / "shop.git")
    repository.commit({"Procfile": "web: serve\n"}, "Begin")
    app = build.application("shop", repository.path, **settings)
    app.provider = provider
    app.save()
    production = Environment.objects.create(application=app, name="production", position=1)
    root = build.person("root")
    for name, value in secrets.items():
        credentials.set_secret(name, value, root, application=app)
    return World(production, repository, [], build.person("alice"))


@pytest.fixture
def heroku() -> Iterator[Heroku]:
    with heroku_server.serving(Heroku()) as served:
        served.go_on.set()
        yield served
        assert served.wrong == []


@pytest.fixture
def at_heroku(transactional_db: None, heroku: Heroku, tmp_path: Path) -> World:
    secrets = {"HEROKU_API_KEY": TOKEN}
    return make(tmp_path, "heroku", secrets, app="{application}", api=heroku.address)


@pytest.fixture
def aws() -> Iterator[Aws]:
    with aws_server.serving(Aws()) as served:
        served.go_on.set()
        yield served
        assert served.wrong == []


def test_a_commit_goes_to_heroku(at_heroku: World, heroku: Heroku) -> None:
    ended = at_heroku.deploy()

    assert (ended.status, ended.note) == ("success", "")
    assert "-----> Building" in log_of(ended)
    assert heroku.builds[0]["source_blob"]["version"] == ended.sha
    mark = heroku.builds[0]["source_blob"]["version_description"]
    assert mark.startswith(f"Shipmate #{ended.pk} shop/production ")
    assert ended.environment.current == ended


def test_what_heroku_refuses_fails_in_words(at_heroku: World, heroku: Heroku) -> None:
    heroku.result = "failed"

    ended = at_heroku.deploy()

    assert (ended.status, ended.reason) == ("failure", "command")
    assert "Heroku could not build it." in log_of(ended)


def test_a_rollback_at_heroku_takes_no_build(at_heroku: World, heroku: Heroku) -> None:
    first = at_heroku.deploy()
    at_heroku.release()

    back = at_heroku.roll_back(first)

    assert back.status == "success"
    assert len(heroku.builds) == 2
    assert "Going back to v1" in log_of(back)


def test_the_token_is_masked_whoever_prints_it(at_heroku: World, heroku: Heroku) -> None:
    heroku.output = f"the build prints {TOKEN}\n".encode()

    said = log_of(at_heroku.deploy())

    assert "the build prints [masked]" in said
    assert TOKEN not in said


def test_a_build_goes_on_when_its_worker_dies(at_heroku: World, heroku: Heroku) -> None:
    heroku.go_on.clear()
    deployment = at_heroku.ask()
    lose()
    worker = elsewhere.worker(deployment.pk, own_group=True)
    until_it_says(deployment, "Building on")
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    fall_silent(deployment)
    heroku.go_on.set()

    sweeper.ring_silent()
    ended = at_heroku.end(deployment)

    assert (ended.status, ended.epoch, len(heroku.builds)) == ("success", 2, 1)
    assert log_of(ended).count(heroku.output.decode()) == 1


def test_cancelling_asks_heroku_to_stop_the_build(at_heroku: World, heroku: Heroku) -> None:
    heroku.go_on.clear()
    heroku.stops = 202
    under_way = Meanwhile(at_heroku.ask())
    until_it_says(under_way.deployment, "Building on")

    lifecycle.cancel(at_heroku.now(under_way.deployment), at_heroku.door)
    ended = under_way.end()

    assert ended.status == "cancelled"
    assert "Heroku was asked to stop build" in log_of(ended)
    assert any(asked.startswith("DELETE ") for asked in heroku.asked)


def test_without_its_secret_nothing_begins(db: None, heroku: Heroku, tmp_path: Path) -> None:
    world = make(tmp_path, "heroku", {}, app="shop", api=heroku.address)

    [blocker] = blockers(world.environment, world.alice)

    assert "The secret HEROKU_API_KEY is not set for shop/production." in str(blocker)


def test_a_commit_goes_to_elastic_beanstalk(
    transactional_db: None, aws: Aws, tmp_path: Path
) -> None:
    aws.looks = 1
    keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    world = make(tmp_path, "beanstalk", keys, region="eu-west-1", endpoint=aws.address)

    ended = world.deploy()

    assert (ended.status, ended.note) == ("success", "")
    assert aws.label == f"shipmate-{ended.sha}"
    assert "Environment update completed successfully." in log_of(ended)


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
