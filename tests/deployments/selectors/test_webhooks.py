"""What the address of a repository says of the GitHub that it is at."""

from __future__ import annotations

import pytest

from deployments.models import Repository
from deployments.selectors.webhooks import api_of, name_in

GITHUB = "https://api.github.com"


@pytest.mark.parametrize(
    ("location", "api"),
    [
        ("https://github.com/acme/web", GITHUB),
        ("https://www.github.com/acme/web", GITHUB),
        ("git@github.com:acme/web.git", GITHUB),
        ("ssh://git@ssh.github.com:443/acme/web.git", GITHUB),
        ("ssh://git@GitHub.com/acme/web.git", GITHUB),
        ("/srv/git/web.git", ""),
        ("git@acme.ghe.com:acme/web.git", "https://api.acme.ghe.com"),
        ("https://github.example.com:8443/acme/web", "https://github.example.com:8443/api/v3"),
        ("ssh://git@github.example.com:2222/acme/web.git", "https://github.example.com/api/v3"),
        ("ssh://git@[2001:db8::1]:22/acme/web.git", "https://[2001:db8::1]/api/v3"),
    ],
)
def test_the_api_is_known_by_the_address(location: str, api: str) -> None:
    assert api_of(Repository(location=location)) == api


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("https://github.com/acme/web.git", "acme/web"),
        ("ssh://git@ssh.github.com:443/acme/web.git", "acme/web"),
        ("git@github.com:acme/web.git", "acme/web"),
        ("https://git.example/group/sub/web", ""),
        ("/srv/git/web.git", ""),
    ],
)
def test_the_name_is_read_where_it_stands(location: str, name: str) -> None:
    assert name_in(location) == name
