"""What checks say of a commit: statuses and check runs, which GitHub keeps apart, as one list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


def checks(caller: Caller, sha: str) -> tuple[Check, ...]:
    """Return every check by its name; of two of one name the worse one counts."""
    at = f"{caller.place.url}/commits/{git.full_sha(sha)}"
    found: dict[str, Check] = {}
    for check in (*_statuses(caller, at), *_runs(caller, at)):
        known = found.get(check.context)
        if known is None or WORST.index(check.state) < WORST.index(known.state):
            found[check.context] = check
    return tuple(found[name] for name in sorted(found))


def _statuses(caller: Caller, at: str) -> Iterator[Check]:
    for page in client.pages(caller, f"{at}/status"):
        for each in _listed(page, "statuses"):
            yield Check(
                str(each["context"]), _state(each["state"]),
                each.get("description") or "", each.get("target_url") or "",
            )  # fmt: skip


def _runs(caller: Caller, at: str) -> Iterator[Check]:
    for page in client.pages(caller, f"{at}/check-runs", {"filter": "latest"}):
        for each in _listed(page, "check_runs"):
            output = each.get("output") or {}
            url = each.get("details_url") or each.get("html_url") or ""
            yield Check(str(each["name"]), _run_state(each), output.get("title") or "", url)


def _listed(page: Any, name: str) -> Iterable[Mapping[str, Any]]:
    found = page.get(name, []) if isinstance(page, dict) else []
    return [each for each in found if isinstance(each, dict)]


def _state(said: object) -> str:
    return str(said) if said in WORST else "error"


def _run_state(run: Mapping[str, Any]) -> str:
    if run.get("status") != "completed":
        return "pending"
    return CONCLUSIONS.get(str(run.get("conclusion")), "error")
