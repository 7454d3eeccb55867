"""What the queue does is found by name, and what fails in it says nothing that is not masked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils.module_loading import import_string

from deployments import changes, tasks
from deployments.models import Change, Deployment, Person
from tests.deployments import build
from tests.deployments.services.conftest import SHA, copy, enqueue

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r'"((?:deployments|bots)\.tasks\.\w+)"')


def test_every_name_in_the_queue_is_a_function() -> None:
    sources = [*ROOT.glob("deployments/**/*.py"), *ROOT.glob("bots/**/*.py")]
    names = {name for source in sources for name in NAMED.findall(source.read_text("utf-8"))}

    assert {"deployments.tasks.run", "deployments.tasks.clear", "bots.tasks.tell"} <= names
    assert all(callable(import_string(name)) for name in names)


@pytest.mark.django_db
def test_a_number_that_is_none_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    tasks.run(404)
    tasks.clear(404)

    assert "A task for #404 failed: DoesNotExist" in caplog.text


@pytest.fixture
def queued(alice: Person) -> Deployment:
    app = build.application("plain", Path("/nowhere/plain.git"))
    return enqueue(build.environment(app, "here"), alice)


@pytest.fixture
def leaky_handler(queued: Deployment) -> Iterator[None]:
    def handler(change: Change) -> None:
        raise ValueError("hunter2hunter2")

    changes.subscribe(handler)
    yield
    changes._handlers.remove(handler)


@pytest.mark.django_db
@pytest.mark.usefixtures("leaky_handler")
def test_a_fault_is_told_by_its_place_and_not_by_its_text(
    queued: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.run(queued.pk)

    assert "ValueError" in caplog.text
    assert "in handler" in caplog.text
    assert "hunter2hunter2" not in caplog.text.replace('ValueError("hunter2hunter2")', "")


def _nonsense(execute: Any, sql: str, *rest: Any) -> Any:
    if "sshkey" in sql:
        raise RuntimeError("hunter2hunter2 is no table")
    return execute(sql, *rest)


@pytest.mark.django_db(transaction=True)
def test_a_fault_in_a_deployment_ends_it_without_its_text(
    queued: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.execute_wrapper(_nonsense):
        tasks.run(queued.pk)

    kept = copy(queued)
    assert (kept.status, kept.reason, kept.sha) == ("error", "lost", SHA)
    assert "builtins.RuntimeError" in kept.note
    assert "hunter2hunter2" not in kept.note
    assert 'raise RuntimeError("hunter2hunter2 is no table")' in caplog.text  # a line of code
    assert "RuntimeError: hunter2hunter2" not in caplog.text
