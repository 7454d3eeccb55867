"""Each line of curl in docs/api.md does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import urlencode

import pytest

from deployments.models import ApiToken, Environment, Person
from deployments.services import lifecycle
from deployments.services.lifecycle import Door
from tests.deployments.api.conftest import Script

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", DOCS, re.S)).replace("\\\n", " ")
LINES = [line for line in BLOCKS.splitlines() if line.startswith("curl ")]


def asked(script: Script, line: str) -> int:
    """Ask as curl would for this line."""
    words = shlex.split(line)[1:]
    url = next(word for word in words if word.startswith("$SHIPMATE_URL"))[len("$SHIPMATE_URL") :]
    sent = [
        words[place + 1] for place, word in enumerate(words) if word.startswith(("-d", "--data"))
    ]
    headers = dict(
        words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H"
    )
    headers["Authorization"] = headers.get("Authorization", "").replace(
        "$SHIPMATE_TOKEN", script.text
    )
    if "-G" in words:
        url = f"{url}?{urlencode(dict(pair.split('=', 1) for pair in sent))}"
    elif sent or "POST" in words:
        kind = headers.pop("Content-Type", "application/json")
        body = (sent or ["{}"])[0]
        answer = script.client.post(url, body, content_type=kind, headers=headers)
        return int(answer.status_code)
    return int(script.client.get(url, headers=headers).status_code)


def test_the_lines_are_found() -> None:
    assert len(LINES) == 11


def test_they_work_one_after_the_other(ci: Script, qa: Environment, alice: Person) -> None:
    made = lifecycle.request(qa, "main", Door(alice, "web"))
    lines = [line.replace("/deployments/1/", f"/deployments/{made.pk}/") for line in LINES]

    assert [(line, asked(ci, line) < 300) for line in lines] == [(line, True) for line in lines]


@pytest.mark.parametrize("scope", ApiToken.Scope.values)
def test_each_scope_is_explained(scope: str) -> None:
    assert f"| `{scope}` |" in DOCS
