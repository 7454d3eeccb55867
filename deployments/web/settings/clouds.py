"""The forms of what goes to a cloud: which app or environment there, and when it counts as well."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from deployments.providers.beanstalk import HEALTH
from deployments.web.settings.way_forms import InEnvironment, WayForm, number

STAND = "{application} and {environment} stand for the names here."
WELL = {
    "green": "green: all is well",
    "yellow": "green or yellow: warnings are no reason to fail",
    "any": "as it is: health is not asked for",
}


def text(
    label: str, placeholder: str, help_text: str, *, required: bool = False
) -> forms.CharField:
    attributes = {"class": "mono", "spellcheck": "false", "autocapitalize": "none"}
    widget = forms.TextInput(attrs={**attributes, "placeholder": placeholder})
    return forms.CharField(
        label=label, required=required, max_length=500, widget=widget, help_text=help_text
    )


class CloudForm(WayForm):
    """What all clouds have in common."""

    check_url = text(
        "Address to check",
        "https://shop.example.com/health",
        "Must answer 2xx once the cloud says that it runs. Empty: nothing is asked.",
    )
    check_seconds = number("Time for the check, in seconds")
    total_seconds = number("Longest deployment, in seconds")
    silence_seconds = number("Longest silence, in seconds", "Without a line of the cloud's log.")


class HerokuForm(CloudForm):
    needed: ClassVar[dict[str, Any]] = {"app": "x"}

    app = text(
        "App at Heroku",
        "shop-{environment}",
        f"{STAND} The secret HEROKU_API_KEY is a token of somebody who may deploy it.",
        required=True,
    )
    api = text("Address of Heroku's API", "https://api.heroku.com", "Empty: where it usually is.")
    field_order = ("app", "check_url", "check_seconds", "total_seconds", "silence_seconds", "api")


class BeanstalkForm(CloudForm):
    needed: ClassVar[dict[str, Any]] = {"region": "eu-west-1"}

    region = text(
        "Region of AWS",
        "eu-west-1",
        "Asked with the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        required=True,
    )
    aws_application = text(
        "Application at Elastic Beanstalk", "{application}", STAND, required=True
    )
    aws_environment = text(
        "Environment at Elastic Beanstalk", "{application}-{environment}", STAND, required=True
    )
    bucket = text(
        "S3 bucket of the code", "", "Empty: the one that Elastic Beanstalk makes for the region."
    )
    health = forms.ChoiceField(
        label="It counts as well when it is", choices=[(key, WELL[key]) for key in HEALTH]
    )
    health_seconds = number("Time to become well, in seconds")
    endpoint = text("Endpoint of AWS", "", "Empty: where it usually is.")
    field_order = (
        "region",
        "aws_application",
        "aws_environment",
        "bucket",
        "health",
        "health_seconds",
        "check_url",
        "check_seconds",
        "total_seconds",
        "silence_seconds",
        "endpoint",
    )


class EnvironmentHerokuForm(InEnvironment, HerokuForm):
    """The same for an environment, where each may differ from its application's."""


class EnvironmentBeanstalkForm(InEnvironment, BeanstalkForm):
    """The same for an environment, where each may differ from its application's."""
