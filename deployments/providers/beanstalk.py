"""AWS Elastic Beanstalk runs the commit. The work is done by clouds/beanstalk.py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployments.providers import cloud
from deployments.providers.contract import Context

DEFAULTS: dict[str, Any] = {
    "region": "",  # such as eu-west-1
    # Names at AWS; {application} and {environment} may stand in them.
    "aws_application": "{application}",
    "aws_environment": "{application}-{environment}",
    "bucket": "",  # where zips lie; empty: the one that Elastic Beanstalk makes
    "health": "green",  # how well it must be then: green, yellow, any
    "health_seconds": 300,  # and how soon
    "endpoint": "",  # where AWS is, if not where it usually is
    **cloud.DEFAULTS,
}
HEALTH = ("green", "yellow", "any")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class BeanstalkProvider(cloud.CloudProvider):
    """Make a version of the commit and bring the environment to it; a former one goes as it is."""

    label = "AWS Elastic Beanstalk"
    program = "beanstalk"
    defaults = DEFAULTS
    where = ("region", "aws_application", "aws_environment", "bucket", "endpoint")
    needs_secrets = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    def problems(self, asked: Mapping[str, Any]) -> list[str]:
        return [
            *_names(asked),
            *_place_problems(asked),
            *cloud.url_problems("The endpoint of AWS", asked["endpoint"], local=True),
        ]

    def place(self, asked: Mapping[str, Any], context: Context) -> list[str]:
        return [
            f"--application={cloud.named(asked['aws_application'], context)}",
            f"--environment={cloud.named(asked['aws_environment'], context)}",
            f"--region={asked['region']}",
            f"--endpoint={asked['endpoint']}",
        ]

    def order(self, asked: Mapping[str, Any], context: Context) -> list[str]:
        return [
            f"--about={cloud.about(context)}",
            f"--bucket={asked['bucket']}",
            f"--health={asked['health']}",
            f"--health-seconds={asked['health_seconds']}",
        ]


def _names(asked: Mapping[str, Any]) -> Iterator[str]:
    yield from cloud.name_problems(
        "The application at Elastic Beanstalk",
        asked["aws_application"],
        r"[^/\x00-\x1f]{1,100}",
        "1 to 100 characters without a slash.",
    )
    yield from cloud.name_problems(
        "The environment at Elastic Beanstalk",
        asked["aws_environment"],
        r"[A-Za-z0-9]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?",
        "4 to 40 letters, digits and hyphens, without a hyphen at its ends.",
    )


def _place_problems(asked: Mapping[str, Any]) -> Iterator[str]:
    if not REGION.fullmatch(asked["region"]):
        yield f"“{asked['region']}” is no region of AWS; it is called such as eu-west-1."
    if asked["bucket"] and not BUCKET.fullmatch(asked["bucket"]):
        yield f"“{asked['bucket']}” is no name of an S3 bucket."
    if asked["health"] not in HEALTH:
        yield f"“health” is “{asked['health']}”; it is {', '.join(HEALTH[:-1])} or {HEALTH[-1]}."
