"""Fields of named things, one a line: tasks (“migrations: bin/migrate”), parameters."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError

from deployments.web.settings.forms import LinesField, area, said

TASK_LINE = re.compile(r"\s*(?P<name>[^\s:]+)(?P<once>\s+once)?\s*:\s*(?P<command>.*\S)\s*")
PARAMETER_LINE = re.compile(r"\s*(?P<name>[^\s=]+)\s*=\s*(?P<pattern>.*\S)\s*")


class TasksField(LinesField):
    """Name → commands. Several lines of one name are its commands, in their order."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            widget=area(3, placeholder="migrations once: bin/migrate"),
            help_text=said(
                "NAME: COMMAND, one a line; “deploy:NAME” runs it in the release that is there, on "
                "each host. NAME once: COMMAND runs on one host."
            ),
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(_task_lines(value)) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        found: dict[str, dict[str, Any]] = {}
        for line in super().to_python(value):
            match = TASK_LINE.fullmatch(line)
            if match is None:
                raise ValidationError(f"“{line}” is not written like “migrations: bin/migrate”.")
            task = found.setdefault(match["name"], {"commands": [], "once": bool(match["once"])})
            if task["once"] != bool(match["once"]):
                raise ValidationError(f"“{match['name']}” stands with and without “once”.")
            task["commands"].append(match["command"])
        return found


class ParametersField(LinesField):
    """Name → the pattern that a value must match."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            widget=area(2, placeholder="REGION = eu|us"),
            help_text=said(
                "NAME = PATTERN, one a line: what people may add to “deploy”, as REGION=eu. "
                "Commands get it as an environment variable. A pattern is a regular expression."
            ),
        )

    def prepare_value(self, value: Any) -> Any:
        return _pairs(value) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return _read_pairs(super().to_python(value), "REGION = eu|us")


class VariablesField(LinesField):
    """Name → value, with placeholders."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            widget=area(3, placeholder="BRANCH = {sha}"),
            help_text="NAME = VALUE, one a line: environment variables of the program. What must "
            "not be seen is a secret instead.",
        )

    def prepare_value(self, value: Any) -> Any:
        return _pairs(value) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return _read_pairs(super().to_python(value), "BRANCH = {sha}")


def _pairs(values: dict[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in values.items())


def _read_pairs(lines: list[str], example: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        match = PARAMETER_LINE.fullmatch(line)
        if match is None:
            raise ValidationError(f"“{line}” is not written like “{example}”.")
        if match["name"] in found:
            raise ValidationError(f"“{match['name']}” stands there twice.")
        found[match["name"]] = match["pattern"]
    return found


def _task_lines(tasks: dict[str, Any]) -> list[str]:
    return [
        f"{name}{' once' if task.get('once') else ''}: {command}"
        for name, task in tasks.items()
        for command in task["commands"]
    ]
