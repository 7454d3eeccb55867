"""PostgreSQL as the database and Redis as the bell: settings alone bring them in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import checkout, postgres, redis_server

pytestmark = pytest.mark.slow
CORE = (
    "tests/deployments/services/test_moves.py",
    "tests/deployments/services/test_locks.py",
    "tests/deployments/services/test_plans.py",
    "tests/deployments/services/test_workers.py",
    "tests/bots/outgoing",
    "tests/deployments/services/test_indexing.py",
    "tests/deployments/selectors/test_history.py",
    "tests/deployments/web/test_history.py",
    "tests/bots/test_workers_at_once.py",
)
DOORS = (
    "tests/bots/api",
    "tests/deployments/api/test_deployments.py",
    "tests/deployments/api/test_errors.py",
    "tests/deployments/api/test_reading.py",
    "tests/deployments/api/test_metrics.py",
    "tests/deployments/services/test_invitations.py",
    "tests/deployments/services/test_people.py",
    "tests/deployments/services/test_sessions.py",
    "tests/deployments/services/test_tokens.py",
)
PREPARE = """
from django.conf import settings
from tests.deployments import build
repository = build.repository(settings.STATE / "repositories")
build.environment(build.application("hello", repository.path), "qa")
build.person("root")
"""
WATCH = """
import time
from deployments.models import Deployment
until = time.monotonic() + 40
while not (found := Deployment.objects.get()).is_finished and time.monotonic() < until:
    time.sleep(0.2)
print(found.status, found.reason, (found.started_at - found.created_at).total_seconds() < 3)
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres.running() as address:
        yield address


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkout.copy(tmp_path_factory.mktemp("larger") / "shipmate")


@pytest.mark.parametrize("tests", [CORE, DOORS], ids=["core", "doors"])
def test_the_life_cycle_and_its_doors_hold_on_postgresql(
    database: str, tests: tuple[str, ...]
) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]

    done = subprocess.run(
        [*command, "-m", "not sshd"],
        cwd=checkout.ROOT,
        env=checkout.environment(SHIPMATE_DATABASE_URL=database),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_a_deployment_is_rung_for_through_redis(place: Path, database: str, tmp_path: Path) -> None:
    with redis_server.running(tmp_path) as address:
        more = {
            "SHIPMATE_DATABASE_URL": database,
            "SHIPMATE_REDIS_URL": address,
            "SHIPMATE_HOST_PATIENCE": "1",
        }
        script = place / "script/manage"
        with checkout.running(place, "script/manage", "serve", "--clusters", "1", **more) as server:
            assert checkout.run(script, "shell", "-c", PREPARE, more=more)[0] == 0
            server.wait(lambda: "deploy" in server.mains() and workers(server))

            asked = checkout.run(
                script, "shipmate", "deploy hello to qa", "--as", "root", more=more
            )

            assert asked[0] == 0, asked[1]
            said = checkout.run(script, "shell", "-v", "0", "-c", WATCH, more=more)[1]
            assert said.strip().splitlines()[-1] == "error unreachable True"


def workers(server: checkout.Running) -> bool:
    """Return whether the deploy workers are there: sentinel, four of them, and two helpers."""
    return len(server.mains()["deploy"].children(recursive=True)) == 7
