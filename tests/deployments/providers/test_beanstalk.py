"""Settings of the `beanstalk` provider, and what it has the worker run."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import Any

import pytest

from deployments.providers.beanstalk import BeanstalkProvider
from deployments.providers.contract import HERE
from tests.deployments.providers.contexts import SHA, context

BEANSTALK = BeanstalkProvider()
GOOD = {"region": "eu-west-1"}


def test_one_setting_is_enough() -> None:
    assert BEANSTALK.validate(GOOD) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "“” is no region of AWS; it is called such as eu-west-1."),
        ({"aws_application": ""}, "is not named"),
        ({"aws_application": "a/b"}, "1 to 100 characters without a slash"),
        ({"aws_environment": "shop_live"}, "4 to 40 letters, digits and hyphens"),
        ({"bucket": "Our Bucket"}, "no name of an S3 bucket"),
        ({"health": "fine"}, "it is green, yellow or any"),
        ({"health_seconds": -1}, "it takes a number from 0 to 3600"),
        ({"endpoint": "ftp://aws"}, "must begin with https://"),
    ],
)
def test_what_is_wrong_is_said_in_words(settings: dict[str, Any], words: str) -> None:
    usual = GOOD if settings else {}

    [problem] = BEANSTALK.validate({**usual, **settings})

    assert words in problem


def test_regions_of_every_partition_are_known() -> None:
    for region in ("us-gov-west-1", "cn-northwest-1", "ap-southeast-4"):
        assert BEANSTALK.validate({"region": region}) == []


def test_the_program_is_told_what_goes_where() -> None:
    [phase] = BEANSTALK.phases(context({**GOOD, "health": "yellow"}))

    words = shlex.split(phase.scripts[HERE].splitlines()[-1])
    assert words[2:6] == ["-E", "-m", "deployments.providers.clouds.beanstalk", "deploy"]
    assert f"--sha={SHA}" in words
    assert "--application=shop" in words
    assert "--environment=shop-production" in words
    assert "--health=yellow" in words


def test_what_talks_to_aws_is_loaded_by_the_program_alone() -> None:
    look = "import sys, deployments.providers.beanstalk; sys.exit('boto3' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", look], timeout=60, check=False).returncode == 0


def test_what_runs_is_asked_of_aws() -> None:
    [line] = BEANSTALK.truth(context(GOOD))[HERE].splitlines()[-1:]

    assert shlex.split(line)[5:7] == ["truth", "--application=shop"]
