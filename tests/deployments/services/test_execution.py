"""Whole deployments to three real hosts, and how each ends."""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from deployments.models import Person
from deployments.services import approvals, clearing, locks
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services import elsewhere
from tests.deployments.services.world import World, log_of, make, running, states
from tests.servers.repositories import Link, Program

pytestmark = [pytest.mark.sshd]

ODD: dict[str | bytes, Any] = {
    b"with space.txt": "space\n",
    b"quote'\"$(id).txt": "quotes\n",
    "ünïcode.txt": "words\n",
    b"\xff\xfe.bin": b"\x00\x01\xff",
    b"new\nline.txt": "lines\n",
    b"-rf": "a dash\n",
    "deep/er/still/file": "deep\n",
    "run.sh": Program(b"#!/bin/sh\necho ran\n"),
    "to-app": Link(b"app.txt"),
    "empty": "",
}

ODD_NAMES = [b"with space.txt", b"quote'\"$(id).txt", b"\xff\xfe.bin", b"new\nline.txt", b"-rf"]


@pytest.mark.usefixtures("carrier")
def test_a_deployment_puts_the_code_on_every_host(world: World) -> None:
    deployment = world.deploy()

    assert (deployment.status, deployment.note, deployment.progress) == ("success", "", 100)
    assert [world.current(host) for host in range(3)] == [deployment.release_name] * 3
    assert (world.folder(2) / "current" / "app.txt").read_text() == "one\n"
    assert (world.folder(2) / "current" / "REVISION").read_text() == f"{deployment.sha}\n"


def test_who_approved_is_not_kept_out_by_the_lock_of_who_asked(world: World, root: Person) -> None:
    sha = world.repository.git("rev-parse", "main")
    asked = build.deployment(world.environment, world.alice, sha, status="pending")
    locks.take(world.environment, world.door)
    with transaction.atomic():
        approvals.ask(asked, "It is old.")
    approvals.approve(asked, Door(root, "web"))
    clearing.clear(world.now(asked))

    ended = world.end(asked)

    assert (ended.status, ended.note) == ("success", "")


def test_odd_files_arrive_as_they_are(world: World) -> None:
    world.commit(ODD)

    world.deploy()

    current = world.folder() / "current"
    for name in (
        b"with space.txt",
        b"quote'\"$(id).txt",
        b"\xff\xfe.bin",
        b"new\nline.txt",
        b"-rf",
    ):
        found = bytes(current) + b"/" + name
        content = ODD[name]
        with open(found, "rb") as file:
            assert file.read() == (content.encode() if isinstance(content, str) else content)
    assert (current / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (current / "to-app").readlink().name == "app.txt"


@pytest.mark.usefixtures("carrier")
def test_what_runs_is_remembered_for_the_environment_and_each_host(world: World) -> None:
    first, second = world.deploy(), world.deploy()

    assert second.environment.current == second
    assert second.previous == first
    assert world.placements() == [second.pk] * 3


def test_commands_run_in_the_release_and_know_what_they_deploy(world: World) -> None:
    world.settings(build=["pwd", "echo $SHIPMATE_APPLICATION $SHIPMATE_REF $SHIPMATE_WHO"])

    deployment = world.deploy()

    log = log_of(deployment, "web-1")
    assert f"{world.folder()}/releases/{deployment.release_name}\n" in log
    assert "shop main Alice\n" in log


def test_one_host_does_what_is_to_be_done_once(world: World) -> None:
    world.settings(once=["echo migrating >>$HOME/once"])

    world.deploy()

    assert [(host.home / "once").exists() for host in world.hosts] == [True, False, False]


@pytest.mark.parametrize("ending", ["true", "exit 1"])
def test_what_was_sent_does_not_stay_on_the_host(world: World, ending: str) -> None:
    world.settings(build=[ending])

    world.deploy()

    assert [list((h.home / ".shipmate/uploads").iterdir()) for h in world.hosts] == [[], [], []]


# What the host finds in our database at the moment at which it is asked to do something.
SPYING_SH = """#!/bin/sh
"{python}" - >>"$HOME/seen" <<'END'
import {module}
connection = {module}.connect("{database}")
rows = connection.execute("SELECT phase, status FROM deployments_phaserun WHERE host = 'web-1'")
print(*("=".join(row) for row in rows))
connection.close()
END
exec /bin/sh "$@"
"""


@pytest.mark.slow
def test_a_phase_is_written_down_before_its_host_hears_of_it(
    transactional_db: None, tmp_path: Path
) -> None:
    spy = tmp_path / "bin" / "sh"
    spy.parent.mkdir()
    module, database = "sqlite3", connection.settings_dict["NAME"]
    if connection.vendor == "postgresql":
        module, database = "psycopg", elsewhere.database()
    spy.write_text(SPYING_SH.format(python=sys.executable, module=module, database=database))
    spy.chmod(0o755)
    with running(tmp_path / "machines", 1, path=f"{spy.parent}:{os.environ['PATH']}") as hosts:
        world = make(hosts, tmp_path)
        world.settings(build=["true"])
        world.deploy()

    seen = (hosts[0].home / "seen").read_text()
    assert "transfer=starting" in seen
    # The shell that is kept begins the others, so that they may run before anybody has looked.
    for before, phase in pairwise(("transfer", "build", "switch", "clean")):
        assert f"{before}=success {phase}=waiting" not in seen


@pytest.mark.usefixtures("carrier")
def test_a_build_that_fails_leaves_what_runs_alone(world: World) -> None:
    first = world.deploy()
    world.settings(build=["[ ! -e $HOME/broken ] || exit 3"])
    (world.hosts[1].home / "broken").touch()

    second = world.deploy()

    assert (second.status, second.reason) == ("failure", "command")
    assert second.note == "build ended with 3 on web-2."
    assert [world.current(host) for host in range(3)] == [first.release_name] * 3
    assert second.environment.current == first
    assert states(second, "build") == ["success", "failure", "success"]
    assert states(second, "switch") == ["waiting"] * 3
