"""The code has moved: the repository is asked soon, and what waits for it is looked at again."""

from __future__ import annotations

from deployments.forges.github.pulls import of as of_pull
from deployments.models import Deployment, Repository
from deployments.services import drifts, pulls, queue
from deployments.webhooks.github.payload import NotHandled, Payload, at, number, text

MOVED = {
    "opened": "was opened",
    "reopened": "was opened again",
    "synchronize": "has new commits",
    "closed": "was closed without being merged",
}
NO_APP = "No app takes its code from there."


def push(repository: Repository, payload: Payload) -> str:
    ref = text(payload, "ref").removeprefix("refs/heads/").removeprefix("refs/tags/") or "A ref"
    if at(payload, "deleted") is True:
        return f"{ref} is gone. {_look(repository)}"
    return f"{ref} is at {text(payload, 'after')[:7] or 'another commit'} now. {_look(repository)}"


def create(repository: Repository, payload: Payload) -> str:
    return f"{_named(payload)} is new. {_look(repository)}"


def delete(repository: Repository, payload: Payload) -> str:
    return f"{_named(payload)} is gone. {_look(repository)}"


def pull_request(repository: Repository, payload: Payload) -> str:
    """Say what became of it; whatever else people do to one moves no code."""
    action = text(payload, "action")
    if (told := of_pull(at(payload, "pull_request"))) is not None:
        pulls.hear(repository, told)
    title = (
        f"Pull request #{number(payload, 'number') or number(payload, 'pull_request', 'number')}"
    )
    if action == "closed" and at(payload, "pull_request", "merged") is True:
        into = text(payload, "pull_request", "base", "ref") or "its base"
        return f"{title} was merged into {into}. {_look(repository)}"
    if action == "edited":
        return f"{title} is called “{text(payload, 'pull_request', 'title')}” now."
    if action not in MOVED:
        raise NotHandled(f"Kept; nothing here does anything with “{action}” of a pull request.")
    head = text(payload, "pull_request", "head", "sha")[:7] or "another commit"
    return f"{title} {MOVED[action]}, at {head}. {_look(repository)}"


def _named(payload: Payload) -> str:
    return f"The {text(payload, 'ref_type') or 'ref'} {text(payload, 'ref')}".strip()


def _look(repository: Repository) -> str:
    """Have the repository asked, and what has waited for its code cleared."""
    apps = drifts.look_soon(repository)
    waiting = Deployment.objects.filter(
        environment__application__in=apps, status="pending", sha=""
    ).order_by("pk")
    rung = list(waiting)
    for deployment in rung:
        queue.ring_to_clear(deployment)
    if not apps:
        return NO_APP
    names = ", ".join(app.name for app in apps)
    waits = "".join(f" #{deployment.pk} is looked at again." for deployment in rung)
    return f"What {names} lacks is counted anew within seconds.{waits}"
