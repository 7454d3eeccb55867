"""Heroku builds and releases the commit. The work is done by clouds/heroku.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployments.providers import cloud
from deployments.providers.contract import Context

ADDRESS = "https://api.heroku.com"
DEFAULTS: dict[str, Any] = {
    "app": "",  # its name at Heroku; {application} and {environment} may stand in it
    "api": "",  # where Heroku's API is, if not where it usually is
    **cloud.DEFAULTS,
}
RULE = "3 to 30 small letters, digits and hyphens, with a letter first."


class HerokuProvider(cloud.CloudProvider):
    """Bring the code to Heroku, which does the rest; go back to a former slug without a build."""

    label = "Heroku"
    program = "heroku"
    defaults = DEFAULTS
    where = ("app", "api")
    needs_secrets = ("HEROKU_API_KEY",)

    def problems(self, asked: Mapping[str, Any]) -> list[str]:
        return [
            *cloud.name_problems("The app at Heroku", asked["app"], "[a-z][a-z0-9-]{0,29}", RULE),
            *cloud.url_problems("The address of Heroku's API", asked["api"], local=True),
        ]

    def place(self, asked: Mapping[str, Any], context: Context) -> list[str]:
        app = cloud.named(asked["app"], context)
        return [f"--app={app}", f"--api={asked['api'] or ADDRESS}"]

    def order(self, asked: Mapping[str, Any], context: Context) -> list[str]:
        return [f"--mark={cloud.about(context)}", *(["--back"] if context.back else [])]
