"""Heroku builds and releases the commit. The work is done by clouds/heroku.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployments.providers import cloud
from deployments.providers.contract import HERE, Context, Phase

ADDRESS = "https://api.heroku.com"
DEFAULTS: dict[str, Any] = {
    "app": "",  # its name at Heroku; {application} and {environment} may stand in it
    "api": "",  # where Heroku's API is, if not where it usually is
    **cloud.DEFAULTS,
}
RULE = "3 to 30 small letters, digits and hyphens, with a letter first."


class HerokuProvider:
    """Bring the code to Heroku, which does the rest; go back to a former slug without a build."""

    label = "Heroku"
    defaults = DEFAULTS
    presets = ()
    where = ("app", "api")
    runs_here = True
    takes_hosts = False
    is_trusted = False  # it runs our program alone
    needs_code = True
    needs_secrets = ("HEROKU_API_KEY",)

    def validate(self, settings: Mapping[str, Any]) -> list[str]:
        asked = cloud.whole(settings, DEFAULTS)
        if wrong := list(cloud.problems(asked, DEFAULTS)):
            return wrong
        return [
            *cloud.name_problems("The app at Heroku", asked["app"], "[a-z][a-z0-9-]{0,29}", RULE),
            *cloud.url_problems("The address of Heroku's API", asked["api"], local=True),
            *cloud.url_problems("The address to check", asked["check_url"]),
        ]

    def obstacles(self, settings: Mapping[str, Any], hosts: int, *, chosen: bool) -> list[str]:
        return cloud.obstacles(chosen=chosen)

    def phases(self, context: Context) -> list[Phase]:
        asked = cloud.whole(context.settings, DEFAULTS)
        what = [
            f"--sha={context.sha}",
            f"--code={context.work}/code",
            f"--mark={cloud.about(context)}",
            *(["--back"] if context.back else []),
        ]
        return cloud.phases(
            context,
            "heroku",
            _place(context),
            what,
            check_url=asked["check_url"],
            check_seconds=asked["check_seconds"],
        )

    def truth(self, context: Context) -> dict[str, str]:
        return {HERE: cloud.script(context, "heroku", "truth", _place(context))}


def _place(context: Context) -> list[str]:
    asked = cloud.whole(context.settings, DEFAULTS)
    app = cloud.named(asked["app"], context)
    return [f"--app={app}", f"--api={asked['api'] or ADDRESS}"]
