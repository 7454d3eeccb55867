"""Where a repository is at GitHub, and where its API is: github.com or an Enterprise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from deployments.exceptions import Invalid
from deployments.forges.locations import validate_location

ADDRESS = re.compile(
    r"https://(?P<host>[^/]+)/(?P<owner>[A-Za-z0-9][A-Za-z0-9-]{0,99})/(?P<name>[A-Za-z0-9._-]{1,100})"
)
PULL_REQUEST = re.compile("#(?P<number>[1-9][0-9]{0,8})")
HOSTED = ".ghe.com"


@dataclass(frozen=True, slots=True)
class Place:
    """One repository as the API knows it."""

    api: str
    owner: str
    name: str

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def url(self) -> str:
        return f"{self.api}/repos/{quote(self.owner, safe='')}/{quote(self.name, safe='')}"


def place(location: str) -> Place:
    """Return where the repository is, from the address that people see in their browser."""
    found = ADDRESS.fullmatch(normal(location))
    if found is None or found["name"] in {".", ".."}:
        raise Invalid(
            "A repository at GitHub is written https://github.com/owner/name, or with the address"
            " of your own GitHub Enterprise in place of github.com."
        )
    return Place(_api(found["host"]), found["owner"], found["name"])


def normal(location: str) -> str:
    """Return the one spelling of its address."""
    return validate_location(location).removesuffix(".git")


def api_of(address: str) -> str:
    """Return the root of the API of the GitHub whose pages are at this address."""
    return _api(urlsplit(address).netloc)


def _api(host: str) -> str:
    if host == "github.com" or host.endswith(HOSTED):
        return f"https://api.{host}"
    return f"https://{host}/api/v3"


def pull_url(location: str, ref: str) -> str:
    """Return the page of the pull request that a ref like #12 names; of others nothing."""
    found = PULL_REQUEST.fullmatch(ref)
    return f"{normal(location)}/pull/{found['number']}" if found else ""
