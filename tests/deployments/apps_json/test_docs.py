"""docs/apps-json.md names every key that is known, and every provider."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployments.apps_json import dropped, ways

PLACE = Path(__file__).parents[3]
TEXT = (PLACE / "docs/apps-json.md").read_text(encoding="utf-8")
READ = re.findall(r"take\(\"(\w+)\"\)", (PLACE / "deployments/apps_json/keys.py").read_text())


@pytest.mark.parametrize(
    "key", sorted({*READ, *dropped.REASONS, *dropped.OF_ENVIRONMENT, *ways.WAYS})
)
def test_it_is_told(key: str) -> None:
    assert f"`{key}`" in TEXT


def test_what_is_read_is_known_to_this_test() -> None:
    assert {"repository", "provider", "environments", "hosts", "aws"} <= set(READ)
