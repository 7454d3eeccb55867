"""The program as a worker runs it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.deployments.providers.clouds.aws_server import KEY_ID, SECRET, Aws, Refuses
from tests.deployments.providers.clouds.conftest import SHA
from tests.deployments.providers.clouds.processes import ended, read_until, started

pytestmark = pytest.mark.slow

PLACE = ["--application=shop", "--environment=shop-production", "--region=eu-west-1"]
KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}


def deploying(aws: Aws, code: Path, **secrets: str) -> subprocess.Popen[str]:
    what = [f"--sha={SHA}", f"--code={code}", f"--endpoint={aws.address}"]
    return started("beanstalk", "deploy", *PLACE, *what, **(secrets or KEYS))


def test_it_ends_with_0_when_the_environment_runs_the_commit(aws: Aws, code: Path) -> None:
    aws.looks = 1
    process = deploying(aws, code)

    assert f"shop-production runs {SHA[:12]}." in ended(process)
    assert process.returncode == 0


def test_it_tells_what_runs_and_no_more(aws: Aws) -> None:
    aws.label = f"shipmate-{SHA}"

    process = started("beanstalk", "truth", *PLACE, f"--endpoint={aws.address}", **KEYS)

    assert ended(process) == f"{SHA}\n"


def test_what_it_cannot_find_out_it_says_at_once(aws: Aws) -> None:
    aws.faults = [("DescribeEnvironments", Refuses("Throttling", "Rate exceeded"))]

    process = started("beanstalk", "truth", *PLACE, f"--endpoint={aws.address}", **KEYS)

    assert ended(process) == "? AWS did not answer: Throttling.\n"


def test_it_says_which_secret_is_missing(aws: Aws, code: Path) -> None:
    process = deploying(aws, code, AWS_ACCESS_KEY_ID=KEY_ID)

    assert "The secret AWS_SECRET_ACCESS_KEY is not set" in ended(process)
    assert process.returncode == 1


def test_keys_of_the_machine_are_not_taken(aws: Aws, code: Path, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text(
        f"[default]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET}\n"
    )
    process = deploying(aws, code, HOME=str(tmp_path))

    assert "The secret AWS_ACCESS_KEY_ID is not set" in ended(process)
    assert aws.asked == []


def test_when_it_is_ended_it_ends_the_update(aws: Aws, code: Path) -> None:
    aws.go_on.clear()
    process = deploying(aws, code)
    read_until(process, "brings shop-production to")

    process.send_signal(signal.SIGTERM)

    assert "takes shop-production back to the version before" in ended(process)
    assert process.returncode == 143
    assert aws.status == "Aborting"


def test_when_it_is_ended_it_leaves_the_update_of_somebody_else_alone(aws: Aws, code: Path) -> None:
    aws.go_on.clear()
    aws.begin("of somebody else")
    process = deploying(aws, code)
    read_until(process, "is busy (updating)")

    process.send_signal(signal.SIGTERM)

    ended(process)
    assert process.returncode == 143
    assert aws.status == "Updating"
