"""A check has said something of a commit: it is kept, and what waits with it is looked at again."""

from __future__ import annotations

import re

from deployments.forges.contract import Check
from deployments.forges.github.checks import of_run, of_status
from deployments.models import Repository
from deployments.services import checks, queue
from deployments.webhooks.github.payload import NotHandled, Payload, at, text

SHA = re.compile(r"[0-9a-f]{40}")
TELLING = ("created", "completed")  # actions of a run; others are about a word that was said before


def status(repository: Repository, payload: Payload) -> str:
    said = text(payload, "state") or "something"
    sha = text(payload, "sha").lower()
    told = _of_status(payload)
    return _look(repository, text(payload, "context") or "A check", said, sha, told)


def check_run(repository: Repository, payload: Payload) -> str:
    told = _of_run(payload)
    return _of(repository, payload, "check_run", text(payload, "check_run", "name"), told)


def check_suite(repository: Repository, payload: Payload) -> str:
    return _of(repository, payload, "check_suite", text(payload, "check_suite", "app", "name"))


def workflow_run(repository: Repository, payload: Payload) -> str:
    return _of(repository, payload, "workflow_run", text(payload, "workflow_run", "name"))


def _of_status(payload: Payload) -> Check | None:
    """Return the status, where the body says all of it."""
    said = {
        name: text(payload, name, longest=1_000)
        for name in ("context", "state", "description", "target_url", "updated_at")
    }
    return of_status(said) if all(said[it] for it in ("context", "state", "updated_at")) else None


def _of_run(payload: Payload) -> Check | None:
    """Return the run, where the body says all of it."""
    said = {
        name: text(payload, "check_run", name, longest=1_000)
        for name in ("name", "status", "conclusion", "details_url", "html_url", "started_at")
    }
    suite = at(payload, "check_run", "check_suite", "id")
    if text(payload, "action") not in TELLING or not isinstance(suite, int):
        return None
    if not said["name"] or not said["status"]:
        return None
    more = {
        "completed_at": text(payload, "check_run", "completed_at"),
        "check_suite": {"id": suite},
        "output": {"title": text(payload, "check_run", "output", "title", longest=1_000)},
    }
    return of_run({**said, **more})


def _of(
    repository: Repository, payload: Payload, key: str, name: str, told: Check | None = None
) -> str:
    said = text(payload, key, "conclusion") or text(payload, key, "status") or "something"
    sha = text(payload, key, "head_sha").lower()
    return _look(repository, name or "A check", said, sha, told)


def _look(repository: Repository, name: str, said: str, sha: str, told: Check | None) -> str:
    """Keep what is told; GitHub is asked by what waits with the commit where that is not all."""
    if not sha:
        raise NotHandled("Kept; it names no commit, so nothing is looked at again.")
    is_whole = told is not None and SHA.fullmatch(sha) is not None
    is_known = is_whole and told is not None and checks.hear(repository, sha, told)
    rung = queue.ring_for_commit(repository.pk, sha, ask=not is_known)
    numbers = ", ".join(f"#{deployment.pk}" for deployment in rung)
    then = f"Looked at again: {numbers}." if rung else "No deployment waits for that."
    return f"{name} says {said} of {sha[:7]}. {then}"
