"""The description of the API as people read it, taken from the one that programs read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of what is sent or answered."""

    name: str
    kind: str  # in words: text, number, list of text
    help: str
    required: bool = False
    where: str = ""  # of a parameter: path, query or header


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    summary: str
    text: str
    scopes: list[str]  # any one of them lets a token in
    parameters: list[Field]
    sent: list[Field]
    answered: list[Field]
    curl: str


@cache
def operations() -> dict[str, list[Operation]]:
    """Return all operations by what they are about."""
    found = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    shapes, by_tag = found["components"]["schemas"], dict[str, list[Operation]]()
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            made = _operation(path, method, operation, shapes)
            by_tag.setdefault(operation["tags"][0], []).append(made)
    return by_tag


def _operation(path: str, method: str, found: dict[str, Any], shapes: Any) -> Operation:
    sent = _fields(found.get("requestBody"), shapes)
    good = next(answer for code, answer in found["responses"].items() if code < "300")
    summary, _, rest = found["description"].partition("\n")
    return Operation(
        name=found["operationId"],
        method=method.upper(),
        path=path,
        summary=summary,
        text=rest.strip(),
        scopes=found["x-scopes"],
        parameters=[_parameter(one) for one in found.get("parameters", [])],
        sent=sent,
        answered=_fields(good, shapes),
        curl=_curl(path, method, sent),
    )


def _parameter(one: dict[str, Any]) -> Field:
    return Field(
        one["name"],
        _kind(one["schema"]),
        one.get("description", ""),
        one.get("required", False),
        one["in"],
    )


def _fields(body: dict[str, Any] | None, shapes: dict[str, Any]) -> list[Field]:
    """Return the fields of a body, those of a list's entries where it is one."""
    if body is None:
        return []
    shape = body["content"]["application/json"]["schema"]
    shape = shapes[_reference(shape)] if _reference(shape) else shape
    return list(_properties(shape))


def _properties(shape: dict[str, Any]) -> Iterator[Field]:
    required = set(shape.get("required", []))
    for name, one in shape.get("properties", {}).items():
        yield Field(name, _kind(one), one.get("description", ""), name in required)


def _kind(shape: dict[str, Any]) -> str:
    """Say in words what a value is."""
    if _reference(shape):
        return _reference(shape).removesuffix("Shape").removesuffix("Enum").lower()
    if shape.get("format") == "date-time":
        return "time"
    words = {"string": "text", "integer": "number", "boolean": "true or false", "object": "object"}
    kind = str(shape.get("type", "object"))
    if kind == "array":
        return f"list of {_kind(shape['items'])}"
    return words.get(kind, kind)


def _reference(shape: dict[str, Any]) -> str:
    """Return the name of the shape that stands elsewhere, alone or with a word about it."""
    only = next(iter(shape.get("allOf", [])), shape)
    return str(only.get("$ref", "")).rpartition("/")[2]


def _curl(path: str, method: str, sent: list[Field]) -> str:
    """Return a line for a terminal; what stands in braces is to be filled in."""
    line = f'curl -H "Authorization: Bearer $SHIPMATE_TOKEN" "$SHIPMATE_URL{path}"'
    if method != "post":
        return line
    body = json.dumps({field.name: "…" for field in sent if field.required})
    return f"{line} -H 'Content-Type: application/json' -d '{body}'"
