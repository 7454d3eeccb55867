"""Tasks and parameters, one a line, in an app's settings."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from deployments.models import Application, Change
from deployments.web.settings.named_lines import ParametersField, TasksField
from tests.deployments.web.settings.test_applications import APP, commands, text

pytestmark = pytest.mark.slow

TASKS = {
    "migrations": {"commands": ["bin/migrate", "bin/check: all"], "once": True},
    "cache": {"commands": ["bin/clear"], "once": False},
}
LINES = "migrations once: bin/migrate\nmigrations once: bin/check: all\ncache: bin/clear"


def test_tasks_are_read_and_written_as_lines() -> None:
    assert TasksField().to_python(LINES) == TASKS
    assert TasksField().prepare_value(TASKS) == LINES


@pytest.mark.parametrize(
    "lines", ["bin/migrate", ": bin/migrate", "a:", "a: b\na once: c", "a b: c"]
)
def test_a_line_that_is_no_task_is_refused(lines: str) -> None:
    with pytest.raises(ValidationError):
        TasksField().clean(lines)


def test_parameters_are_read_and_written_as_lines() -> None:
    declared = {"REGION": "eu|us", "SIZE": "a=b"}

    assert ParametersField().to_python("REGION = eu|us\nSIZE=a=b\n") == declared
    assert ParametersField().prepare_value(declared) == "REGION = eu|us\nSIZE = a=b"


@pytest.mark.parametrize("lines", ["REGION", "= eu", "A = 1\nA = 2", "A B = 1"])
def test_a_line_that_is_no_parameter_is_refused(lines: str) -> None:
    with pytest.raises(ValidationError):
        ParametersField().clean(lines)


def test_they_are_kept_and_recorded(as_dora: Client, hello: Application) -> None:
    as_dora.post(APP, commands(tasks=LINES, parameters="REGION = eu|us"))

    hello.refresh_from_db()
    assert hello.settings["tasks"] == TASKS
    assert hello.settings["parameters"] == {"REGION": "eu|us"}
    said = Change.objects.filter(verb="application.changed", subject="parameters").get()
    assert said.new == "REGION: eu|us"
    assert "migrations once: bin/migrate" in text(as_dora, APP)


def test_what_is_wrong_is_said_at_the_field(as_dora: Client, hello: Application) -> None:
    page = as_dora.post(APP, commands(tasks="lock: true", parameters="PATH = x")).content.decode()

    assert "“lock” is no name of a task" in page
    assert "“PATH” means something to the shell" in page
    hello.refresh_from_db()
    assert "tasks" not in hello.settings
