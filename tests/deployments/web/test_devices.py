"""What a browser says it is, in words."""

from __future__ import annotations

import pytest

from deployments.web.devices import device

LINUX = "Mozilla/5.0 (X11; Linux x86_64)"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (f"{LINUX} AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        (f"{LINUX} Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604", "Safari on an iPhone"),
        ("curl/8.5.0", "curl"),
        ("a script of ours", "a script of ours"),
        ("", "an unnamed program"),
    ],
)
def test_the_device_is_named(agent: str, said: str) -> None:
    assert device(agent) == said
