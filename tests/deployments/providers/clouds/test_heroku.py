"""A commit comes to Heroku. Requests and answers keep to Heroku's own schema: see heroku_server."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from dataclasses import replace

import pytest

from deployments.providers.clouds import heroku as program
from deployments.providers.clouds.heroku import Order
from deployments.providers.clouds.heroku_api import Client
from deployments.providers.clouds.program import Refusal
from tests.deployments.providers.clouds.conftest import SHA
from tests.deployments.providers.clouds.heroku_server import APP, UNHEARD, Heroku

pytestmark = pytest.mark.slow

OTHER = "f" * 40


def test_a_commit_is_built_and_released(
    client: Client, heroku: Heroku, order: Order, capfd: pytest.CaptureFixture[str]
) -> None:
    program.deploy(client, order)

    said = capfd.readouterr().out
    assert "-----> Building on the Heroku-24 stack\n-----> Done\n" in said
    assert f"Heroku runs {SHA[:12]} as v1." in said
    assert program.truth(client) == SHA


def test_heroku_gets_the_code_and_how_to_check_it(
    client: Client, heroku: Heroku, order: Order
) -> None:
    program.deploy(client, order)

    [build] = heroku.builds
    digest = hashlib.sha256(heroku.code).hexdigest()
    assert build["source_blob"]["checksum"] == f"SHA256:{digest}"
    assert build["source_blob"]["version"] == SHA
    with tarfile.open(fileobj=io.BytesIO(heroku.code)) as tar:
        assert tar.getnames() == ["Procfile", "bin/serve", "serve"]


def test_a_build_that_fails_fails_the_deployment(
    client: Client, heroku: Heroku, order: Order
) -> None:
    heroku.result = "failed"

    with pytest.raises(Refusal, match="could not build it"):
        program.deploy(client, order)


def test_what_the_release_command_prints_is_part_of_the_log(
    client: Client, heroku: Heroku, order: Order, capfd: pytest.CaptureFixture[str]
) -> None:
    heroku.release_output = b"Migrating the database\n"

    program.deploy(client, order)

    assert "Migrating the database\n" in capfd.readouterr().out


def test_a_release_command_that_fails_fails_the_deployment(
    client: Client, heroku: Heroku, order: Order
) -> None:
    program.deploy(client, replace(order, sha=OTHER))
    heroku.release_output, heroku.release_result = b"No such table\n", "failed"

    with pytest.raises(Refusal, match="release command of v2 failed"):
        program.deploy(client, order)

    assert program.truth(client) == OTHER


def test_output_goes_on_where_its_connection_broke(
    client: Client, heroku: Heroku, order: Order, capfd: pytest.CaptureFixture[str]
) -> None:
    heroku.break_output_after = 20

    program.deploy(client, order)

    said = capfd.readouterr().out
    theirs = "".join(line for line in said.splitlines() if not line.startswith("[shipmate]"))
    assert theirs == heroku.output.decode().replace("\n", "")


def test_what_keeps_a_quiet_connection_alive_is_no_output(
    client: Client, heroku: Heroku, order: Order, capfd: pytest.CaptureFixture[str]
) -> None:
    heroku.go_on.clear()
    threading.Timer(1, heroku.go_on.set).start()

    program.deploy(client, order)

    assert "\0" not in capfd.readouterr().out


def test_a_program_that_starts_again_follows_its_own_build(
    client: Client, heroku: Heroku, order: Order
) -> None:
    heroku.build({"url": "x", "version": SHA, "version_description": order.mark})

    program.deploy(client, order)

    assert len(heroku.builds) == 1
    assert heroku.code == b""


def test_a_build_of_the_same_commit_that_is_under_way_is_not_built_twice(
    client: Client, heroku: Heroku, order: Order
) -> None:
    heroku.go_on.clear()
    heroku.build({"url": "x", "version": SHA})
    assert program._own(client, order) == heroku.builds[0]


def test_a_commit_that_was_built_for_another_deployment_is_built_again(
    client: Client, heroku: Heroku, order: Order
) -> None:
    program.deploy(client, order)

    program.deploy(client, replace(order, mark="Shipmate #813 shop/production"))

    assert len(heroku.builds) == 2


def test_a_build_whose_beginning_nobody_heard_of_is_found(
    client: Client, heroku: Heroku, order: Order
) -> None:
    heroku.faults = [("POST builds", UNHEARD)]

    program.deploy(client, order)

    assert len(heroku.builds) == 1


def test_a_build_that_was_not_begun_is_begun_again(
    client: Client, heroku: Heroku, order: Order
) -> None:
    heroku.faults = [("POST builds", 503)]

    program.deploy(client, order)

    assert len(heroku.builds) == 1


def test_a_rollback_takes_the_former_slug(client: Client, heroku: Heroku, order: Order) -> None:
    program.deploy(client, order)
    program.deploy(client, replace(order, sha=OTHER))

    program.deploy(client, replace(order, returns=True, mark="Shipmate #814"))

    assert program.truth(client) == SHA
    assert len(heroku.builds) == 2
    assert heroku.releases[0]["slug"] == heroku.releases[2]["slug"]


def test_a_rollback_that_nobody_heard_of_is_not_done_twice(
    client: Client, heroku: Heroku, order: Order
) -> None:
    program.deploy(client, order)
    program.deploy(client, replace(order, sha=OTHER))
    heroku.faults = [("POST releases", UNHEARD)]

    program.deploy(client, replace(order, returns=True))

    assert len(heroku.releases) == 3


def test_a_rollback_that_heroku_refuses_is_a_build(
    client: Client, heroku: Heroku, order: Order
) -> None:
    program.deploy(client, order)
    program.deploy(client, replace(order, sha=OTHER))
    heroku.faults = [("POST releases", 422)]

    program.deploy(client, replace(order, returns=True, mark="Shipmate #814"))

    assert len(heroku.builds) == 3


def test_a_rollback_to_what_heroku_does_not_know_is_a_build(
    client: Client, heroku: Heroku, order: Order
) -> None:
    program.deploy(client, replace(order, returns=True))

    assert program.truth(client) == SHA


def test_an_app_without_code_runs_no_commit(client: Client) -> None:
    assert program.truth(client) == ""


def test_what_somebody_else_released_is_told_as_far_as_it_is_known(
    client: Client, heroku: Heroku
) -> None:
    heroku.release(heroku.slug("1a2b3c4")["id"])
    assert program.truth(client) == "1a2b3c4"

    heroku.release(heroku.slug(None)["id"])
    assert program.truth(client) == "v2"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_that_passes_is_waited_for(
    client: Client, heroku: Heroku, order: Order, status: int
) -> None:
    heroku.faults = [("GET builds", status), ("POST sources", status)]

    program.deploy(client, order)

    assert program.truth(client) == SHA


def test_heroku_that_does_not_answer_is_given_up(
    client: Client, heroku: Heroku, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_patience", 0.03)
    heroku.faults = [("GET releases", 503)] * 9

    with pytest.raises(Refusal, match=r"its last word: it answers 503.*status\.heroku\.com"):
        program.truth(client)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (402, "payment"),
        (403, "Give its owner the right to deploy"),
        (409, r"refuses it \(409\): Fault 409\."),
        (422, r"refuses it \(422\): Fault 422\."),
    ],
)
def test_a_refusal_is_told_in_words(
    client: Client, heroku: Heroku, order: Order, status: int, words: str
) -> None:
    heroku.faults = [("POST builds", status)]

    with pytest.raises(Refusal, match=words):
        program.deploy(client, order)


def test_a_token_that_heroku_does_not_know_is_told(heroku: Heroku, order: Order) -> None:
    with pytest.raises(Refusal, match="set it as the secret HEROKU_API_KEY"):
        program.deploy(Client(APP["name"], "HRKU-of-somebody-else", heroku.address), order)


def test_an_app_that_is_not_there_is_told(client: Client, heroku: Heroku, order: Order) -> None:
    client = Client("shpo", "HRKU-0123456789abcdef", heroku.address)

    with pytest.raises(Refusal, match="no app “shpo”"):
        program.deploy(client, order)
