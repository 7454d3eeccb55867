"""Heroku's own schema, which every request and every answer must keep to."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import jsonschema

FILE = Path(__file__).resolve().parents[3] / "fixtures/heroku/platform_api.json"
VARIABLE = re.compile(r"\{\([^)]*\)\}")


def _strict(node: Any) -> Any:
    """Spell out what Heroku calls strictProperties: each is there, and no other."""
    if isinstance(node, list):
        return [_strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    made = {key: _strict(value) for key, value in node.items()}
    if made.pop("strictProperties", False):
        made |= {"required": list(made["properties"]), "additionalProperties": False}
    return made


WRITTEN: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
STRICT: dict[str, Any] = _strict(WRITTEN)


class Link:
    """One thing that Heroku can be asked for."""

    def __init__(self, written: dict[str, Any], strict: dict[str, Any]) -> None:
        self.method: str = written["method"]
        parts = map(re.escape, VARIABLE.split(written["href"]))
        self.path = re.compile("([^/]+)".join(parts))
        self._asked = written.get("schema", {"type": ["null"]})
        self._answered = strict["targetSchema"]

    def check_request(self, body: Any) -> None:
        schema = copy.deepcopy(self._asked)
        if "properties" in schema:
            schema["additionalProperties"] = False
        _check(body, schema, WRITTEN)

    def check_answer(self, answer: Any) -> None:
        _check(answer, self._answered, STRICT)


LINKS = [
    Link(written, strict)
    for name, resource in WRITTEN["definitions"].items()
    for written, strict in zip(
        resource.get("links", ()), STRICT["definitions"][name].get("links", ()), strict=True
    )
]


def links(method: str, path: str) -> list[Link]:
    """Return the links that a request may be of: two may differ in their bodies alone."""
    return [link for link in LINKS if link.method == method and link.path.fullmatch(path)]


def _check(value: Any, schema: dict[str, Any], whole: dict[str, Any]) -> None:
    merged = {**schema, "definitions": whole["definitions"]}
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    jsonschema.Draft4Validator(merged, format_checker=checker).validate(value)
