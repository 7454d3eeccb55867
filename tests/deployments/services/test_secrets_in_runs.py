"""A secret reaches the commands, and nothing else: no argv, no log, no table, no file left."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import connection

from deployments.models import Deployment
from deployments.services import credentials
from tests.deployments import build
from tests.deployments.services.world import Meanwhile, World, log_of, until

pytestmark = pytest.mark.sshd

SECRET = "hunter2-$(id) 'quoted'"
FORMS = (b"hunter2", b"aHVudGVyMi", b"68756e74657232")


@pytest.fixture
def secret(world: World) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # what a test before left in free pages of the file
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    credentials.set_secret(
        "TOKEN", SECRET, build.maker(), application=world.environment.application
    )


@pytest.mark.usefixtures("secret")
def test_a_command_gets_it_as_it_is(world: World) -> None:
    world.settings(build=['printf %s "$TOKEN" >token'])

    world.deploy()

    assert (world.folder() / "current" / "token").read_text() == SECRET


@pytest.mark.usefixtures("secret")
def test_the_log_shows_a_mask_however_it_is_printed(world: World) -> None:
    world.settings(build=['echo "$TOKEN"; printf %s "$TOKEN" | base64', "echo after"])

    log = log_of(world.deploy(), "web-1")

    assert "[masked]\n" in log
    assert "after\n" in log
    assert not any(form.decode() in log for form in FORMS)


@pytest.mark.slow
@pytest.mark.usefixtures("secret")
def test_an_error_that_holds_it_is_masked_too(world: World) -> None:
    """Here it is a part of what the forge says of a commit that is gone."""
    gone = "b" * 40
    credentials.set_secret("SHA", gone[:12], build.maker(), environment=world.environment)
    deployment = world.ask()
    Deployment.objects.filter(pk=deployment.pk).update(sha=gone)

    deployment = world.end(deployment)

    assert (deployment.status, deployment.reason) == ("error", "forge")
    assert "[masked]" in deployment.note
    assert gone[:12] not in deployment.note


@pytest.mark.slow
@pytest.mark.usefixtures("secret")
def test_a_failing_command_keeps_it_out_of_the_note(world: World) -> None:
    world.settings(build=['echo "$TOKEN" >&2; exit 1'])

    deployment = world.deploy()

    assert (deployment.status, deployment.note.count("ended with 1")) == ("failure", 3)
    assert not any(form in _all_tables() for form in FORMS)


@pytest.mark.usefixtures("secret")
def test_it_is_in_no_table_and_in_no_log_of_ours(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.settings(build=['echo "$TOKEN"; cat "$HOME"/.shipmate/runs/*/script* || true'])

    world.deploy()

    assert not any(form in _all_tables() for form in FORMS)
    assert not any(form.decode() in caplog.text for form in FORMS)


@pytest.mark.slow
@pytest.mark.usefixtures("secret")
def test_no_process_has_it_in_its_arguments(world: World) -> None:
    world.settings(build=["echo begun; while [ ! -e $HOME/enough ]; do sleep .1; done"])
    deployment = world.ask()
    meanwhile = Meanwhile(deployment)
    seen = b""
    while log_of(deployment).count("begun") < 3:
        seen += _all_arguments()
    (world.hosts[0].home / "enough").touch()
    (world.hosts[1].home / "enough").touch()
    (world.hosts[2].home / "enough").touch()

    assert meanwhile.end().status == "success"
    assert b"SHIPMATE_DEPLOYMENT" not in seen
    assert not any(form in seen for form in FORMS)


@pytest.mark.slow
@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("ending", ["true", "exit 1"])
def test_nothing_of_it_is_left_on_the_host(world: World, ending: str) -> None:
    world.settings(build=[ending])

    world.deploy()

    for host in world.hosts:
        assert not any(form in _all_files(host.home) for form in FORMS)


@pytest.mark.slow
@pytest.mark.usefixtures("secret")
def test_what_the_environment_says_goes_before_the_application(world: World) -> None:
    credentials.set_secret("TOKEN", "another", build.maker(), environment=world.environment)
    world.settings(build=['[ "$TOKEN" = another ]'])

    assert world.deploy().status == "success"


@pytest.mark.slow
@pytest.mark.usefixtures("secret")
def test_a_secret_that_changed_while_nobody_masked_ends_the_deployment(world: World) -> None:
    deployment = _interrupted(world)
    credentials.set_secret("TOKEN", "something new", build.maker(), environment=world.environment)

    deployment = world.end(deployment)

    assert (deployment.status, deployment.reason) == ("error", "settings")
    assert "A secret was changed while this deployment was under way" in deployment.note


def _interrupted(world: World) -> Deployment:
    """Return a deployment whose worker has frozen its settings and then fell silent."""
    earlier = world.deploy()
    deployment = world.ask()
    Deployment.objects.filter(pk=deployment.pk).update(
        status="in_progress",
        epoch=1,
        settings=earlier.settings,
        lease_until="2020-01-01T00:00:00Z",
    )
    return deployment


def _all_tables() -> bytes:
    """Return every row of every table; of SQLite the files, too."""
    with connection.cursor() as cursor:
        rows = [_rows(cursor, name) for name in _names(cursor)]
    return repr(rows).encode() + (_files_of_sqlite() if connection.vendor == "sqlite" else b"")


def _names(cursor: Any) -> list[str]:
    if connection.vendor != "sqlite":
        return connection.introspection.table_names(cursor)
    cursor.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE TABLE%'")
    return [name for (name,) in cursor.fetchall()]  # an index of texts cannot be read so


def _rows(cursor: Any, table: str) -> list[Any]:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  its own name
    found: list[Any] = cursor.fetchall()
    return found


def _files_of_sqlite() -> bytes:
    # By another process: where this one closes the files, SQLite loses its locks on them.
    # https://www.sqlite.org/howtocorrupt.html, 2.2
    file = Path(connection.settings_dict["NAME"])
    parts = [str(part) for part in file.parent.glob(f"{file.name}*")]
    return subprocess.run(["cat", *parts], capture_output=True, check=True).stdout


def _all_arguments() -> bytes:
    lines = (process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"]))
    return "\n".join(" ".join(words) for words in lines).encode("utf-8", "replace")


def _all_files(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_these_tests_see_what_they_look_for(world: World) -> None:
    (world.hosts[0].home / "left").write_text(SECRET)
    build.deployment(world.environment, world.alice, "a" * 40, note=SECRET)

    assert FORMS[0] in _all_files(world.hosts[0].home)
    assert FORMS[0] in _all_tables()
    until(lambda: b"pytest" in _all_arguments())
