"""What checks say of a commit: statuses and check runs, which GitHub keeps apart, as one list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from deployments.forges import git
from deployments.forges.contract import Check
from deployments.forges.github import client
from deployments.forges.github.client import Caller

# What a run that has ended means to whoever waits for it, as GitHub's own branch rules take it.
CONCLUSIONS = {
    "success": "success",
    "neutral": "success",
    "skipped": "success",
    "failure": "failure",
    "timed_out": "failure",
    "action_required": "failure",
}
WORST = ("failure", "error", "pending", "success")
STATUS, SEVERAL = "status", "several"  # sources; a run's is its suite


def checks(caller: Caller, sha: str) -> tuple[Check, ...]:
    """Return every check by its name; of two of one name the worse one counts."""
    at = f"{caller.place.url}/commits/{git.full_sha(sha)}"
    found: dict[str, Check] = {}
    for check in (*_statuses(caller, at), *_runs(caller, at)):
        known = found.get(check.context)
        found[check.context] = _worse(known, check) if known else check
    return tuple(found[name] for name in sorted(found))


def of_status(said: Mapping[str, Any]) -> Check:
    """Return a status as the API and the event `status` have it."""
    return Check(
        str(said["context"]), _state(said["state"]), said.get("description") or "",
        said.get("target_url") or "", STATUS, client.moment(said.get("updated_at")),
    )  # fmt: skip


def of_run(said: Mapping[str, Any]) -> Check:
    """Return a check run as the API and the event `check_run` have it."""
    output, suite = said.get("output") or {}, said.get("check_suite") or {}
    url = said.get("details_url") or said.get("html_url") or ""
    at = said.get("completed_at") or said.get("started_at")
    source = f"run {suite.get('id', '')}".strip()[:40]
    title = output.get("title") or ""
    return Check(str(said["name"]), _run_state(said), title, url, source, client.moment(at))


def _worse(one: Check, other: Check) -> Check:
    worse = min(one, other, key=lambda check: WORST.index(check.state))
    moments = [check.said_at for check in (one, other) if check.said_at]
    return replace(worse, source=SEVERAL, said_at=max(moments, default=None))


def _statuses(caller: Caller, at: str) -> Iterator[Check]:
    for page in client.pages(caller, f"{at}/status"):
        for each in _listed(page, "statuses"):
            yield of_status(each)


def _runs(caller: Caller, at: str) -> Iterator[Check]:
    for page in client.pages(caller, f"{at}/check-runs", {"filter": "latest"}):
        for each in _listed(page, "check_runs"):
            yield of_run(each)


def _listed(page: Any, name: str) -> Iterable[Mapping[str, Any]]:
    found = page.get(name, []) if isinstance(page, dict) else []
    return [each for each in found if isinstance(each, dict)]


def _state(said: object) -> str:
    return str(said) if said in WORST else "error"


def _run_state(run: Mapping[str, Any]) -> str:
    if run.get("status") != "completed":
        return "pending"
    return CONCLUSIONS.get(str(run.get("conclusion")), "error")
