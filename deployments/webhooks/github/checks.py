"""A check has said something of a commit: deployments that wait with it are looked at again."""

from __future__ import annotations

from deployments.models import Deployment, Repository
from deployments.services import queue
from deployments.webhooks.github.payload import NotHandled, Payload, text


def status(repository: Repository, payload: Payload) -> str:
    said = text(payload, "state") or "something"
    return _look(repository, text(payload, "context") or "A check", said, text(payload, "sha"))


def check_run(repository: Repository, payload: Payload) -> str:
    return _of(repository, payload, "check_run", text(payload, "check_run", "name"))


def check_suite(repository: Repository, payload: Payload) -> str:
    return _of(repository, payload, "check_suite", text(payload, "check_suite", "app", "name"))


def workflow_run(repository: Repository, payload: Payload) -> str:
    return _of(repository, payload, "workflow_run", text(payload, "workflow_run", "name"))


def _of(repository: Repository, payload: Payload, key: str, name: str) -> str:
    said = text(payload, key, "conclusion") or text(payload, key, "status") or "something"
    return _look(repository, name or "A check", said, text(payload, key, "head_sha"))


def _look(repository: Repository, name: str, said: str, sha: str) -> str:
    """Ring for what waits with this commit."""
    if not sha:
        raise NotHandled("Kept; it names no commit, so nothing is looked at again.")
    waiting = Deployment.objects.filter(
        environment__application__repository=repository, status="pending", sha=sha.lower()
    )
    rung = list(waiting.order_by("pk"))
    for deployment in rung:
        queue.ring_to_clear(deployment)
    numbers = ", ".join(f"#{deployment.pk}" for deployment in rung)
    then = f"Looked at again: {numbers}." if rung else "No deployment waits for that."
    return f"{name} says {said} of {sha[:7]}. {then}"
