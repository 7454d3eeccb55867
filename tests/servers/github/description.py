"""GitHub's own description of its API, which every request and every answer must keep to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema

from tests.servers.github.trim import FILE

Json = Any
VARIABLE = re.compile(r"\{(\w+)\}")
ERROR = {"$ref": "#/components/schemas/basic-error"}
INVALID = {"$ref": "#/components/schemas/validation-error"}
FORMATS = jsonschema.FormatChecker()  # which knows addresses only with a package more
MEDIA = {"application/vnd.github+json", "application/json"}


class Violation(Exception):
    """Something that GitHub's description does not allow."""


def _as_json_schema(node: Any) -> Any:
    """Say in JSON Schema's words what OpenAPI 3.0 calls nullable."""
    if isinstance(node, list):
        return [_as_json_schema(part) for part in node]
    if not isinstance(node, dict):
        return node
    made = {key: _as_json_schema(part) for key, part in node.items()}
    if made.pop("nullable", None) is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


WHOLE: dict[str, Any] = _as_json_schema(json.loads(FILE.read_text("utf-8")))


@dataclass(frozen=True)
class Operation:
    """One thing that GitHub can be asked for."""

    method: str
    path: str
    about: dict[str, Any]

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(VARIABLE.sub(r"(?P<\1>[^/]+)", self.path))

    def check_request(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Refuse unknown or wrong parameters, bodies and headers."""
        parts = urlsplit(path)
        given = [("query", *pair) for pair in parse_qsl(parts.query, keep_blank_values=True)]
        named = self.pattern.fullmatch(parts.path)
        assert named is not None
        given += [("path", name, unquote(text)) for name, text in named.groupdict().items()]
        known = {(one["in"], one["name"]): one for one in map(resolved, self._parameters())}
        for where, name, text in given:
            if (where, name) not in known:
                raise Violation(f"{self.method} {self.path} takes no {name} in its {where}")
            check(_typed(text, known[where, name]["schema"]), known[where, name]["schema"])
        if headers.get("accept") not in MEDIA or not headers.get("user-agent"):
            raise Violation(f"not GitHub's Accept and User-Agent: {headers}")
        self._check_body(body)

    def check_answer(self, status: int, answer: Json) -> None:
        """Refuse an answer that GitHub could not give; errors may come at any place."""
        about = self.about["responses"].get(str(status))
        if about is None and status < 400:
            raise Violation(f"{self.method} {self.path} never answers {status}")
        content = resolved(about).get("content", {}) if about else {}
        if "application/json" in content:
            check(answer, content["application/json"]["schema"])
        elif status >= 400:
            check(answer, ERROR)
        elif answer is not None:
            raise Violation(f"{self.method} {self.path} says nothing with {status}")

    def _parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.about.get("parameters", [])
        return found

    def _check_body(self, body: bytes) -> None:
        about = self.about.get("requestBody")
        if not about:
            if body:
                raise Violation(f"{self.method} {self.path} takes no body")
            return
        schema = resolved(about)["content"]["application/json"]["schema"]
        value = json.loads(body or b"null")
        check(value, schema)
        whole = schema.get("anyOf", [schema])[0]  # behind what was called nullable
        unknown = set(value) - set(whole["properties"])
        if unknown:
            raise Violation(f"{self.method} {self.path} knows no {', '.join(sorted(unknown))}")


OPERATIONS = [
    Operation(method.upper(), path, about)
    for path, methods in WHOLE["paths"].items()
    for method, about in methods.items()
]


def operation(method: str, path: str) -> Operation:
    """Return what is asked for."""
    alone = urlsplit(path).path
    for one in OPERATIONS:
        if one.method == method and one.pattern.fullmatch(alone):
            return one
    raise Violation(f"GitHub's description has no {method} {alone}")


def named(name: str) -> Operation:
    """Return what is described by this name, such as GET /user."""
    return next(one for one in OPERATIONS if f"{one.method} {one.path}" == name)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference."""
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = WHOLE["components"][kind][name]
    return node


@FORMATS.checks("uri")
def is_address(value: Json) -> bool:
    """Return whether it is a whole address, as programs that check answers want it."""
    return not isinstance(value, str) or bool(
        re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>{}]+", value)
    )


def check(value: Json, schema: dict[str, Any]) -> None:
    fault = jsonschema.exceptions.best_match(_validator(json.dumps(schema)).iter_errors(value))
    if fault is not None:
        raise Violation(f"{fault.json_path}: {fault.message[:300]}")


@lru_cache(maxsize=200)
def _validator(schema: str) -> jsonschema.Draft7Validator:
    whole = {**json.loads(schema), "components": WHOLE["components"]}
    # A $ref hides what stands beside it in this draft.
    if "$ref" in whole:
        whole = {"allOf": [{"$ref": whole["$ref"]}], "components": WHOLE["components"]}
    return jsonschema.Draft7Validator(whole, format_checker=FORMATS)


def completed(name: str, known: dict[str, Any]) -> dict[str, Any]:
    """Return an object of this kind: what is known, and for the rest the plainest that may be."""
    schema = resolved({"$ref": f"#/components/schemas/{name}"})
    while "anyOf" in schema:
        schema = resolved(schema["anyOf"][0])
    rest = {key: _plainest(schema["properties"][key]) for key in schema.get("required", ())}
    return {**rest, **known}


def _plainest(schema: dict[str, Any]) -> Json:
    schema = resolved(schema)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            options = [resolved(each) for each in schema[several]]
            if {"type": "null"} in options:
                return None
            return _plainest(options[0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {key: _plainest(schema["properties"][key]) for key in schema.get("required", ())}
    if schema.get("type") == "string":
        return _text(schema.get("format", ""))
    return {"array": [], "boolean": False, "integer": 1, "number": 1}.get(schema.get("type", ""))


def _text(form: str) -> str:
    return {"date-time": "2026-01-01T00:00:00Z", "uri": "https://github.invalid/x"}.get(form, "x")


def _typed(text: str, schema: dict[str, Any]) -> Json:
    kind = resolved(schema).get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text
