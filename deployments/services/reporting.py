"""What a forge is told of a deployment: nothing that is secret, nobody's address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from deployments.forges.github import marker
from deployments.forges.github.deployments import Status, Wish, short
from deployments.models import Deployment, ForgeReport, Person
from deployments.runner.masking import mask_text
from deployments.selectors.told import Told

MAIL = re.compile(r"([\w.+-]+)@[\w-]+(?:\.[\w-]+)+")
WORDS = {
    "pending": "It waits.",
    "queued": "It waits for its turn.",
    "in_progress": "A worker began.",
    "success": "It succeeded on all hosts asked.",
    "failure": "It failed.",
    "error": "It ended in an error.",
}


def wish(report: ForgeReport, secrets: Sequence[str]) -> Wish:
    """Return what is to be made: of the very commit, whatever its checks say, merging nothing."""
    deployment = report.deployment
    why = f": {deployment.why}" if deployment.why else ""
    return Wish(
        ref=deployment.sha,
        environment=report.place,
        task=deployment.task,
        description=_shown(f"#{deployment.pk} by {_name(deployment.person)}{why}", secrets),
        payload=payload(deployment),
        production=deployment.environment.production,
    )


def status(report: ForgeReport, told: Told, secrets: Sequence[str]) -> Status:
    """Return one state with where to read on.

    What it supersedes is told by ourselves: GitHub would leave production out, and take a task, or
    a release to some hosts, for one that supersedes.
    """
    deployment, words = report.deployment, told.note or WORDS.get(told.state, "")
    return Status(
        told.state,
        _shown(words, secrets),
        page(deployment),
        _address(deployment.environment.url),
        _place(report),
        auto_inactive=False,
    )


def _address(url: str) -> str:
    """Return an address that GitHub takes: for one of ftp it would refuse the whole status."""
    return url if url.lower().startswith(("https://", "http://")) else ""


def _place(report: ForgeReport) -> str:
    """Return what its environment is called there; of what others created, that stays theirs."""
    return "" if hasattr(report.deployment, "created_at_forge") else report.place


def payload(deployment: Deployment) -> dict[str, Any]:
    """Return what goes along: our number and mark, and what old bots read of a payload."""
    name = _name(deployment.person)
    return {
        marker.KEY: marker.made(deployment.pk, deployment.created_at),
        "number": deployment.pk,
        "name": deployment.environment.application.name,
        "environment": deployment.environment.name,
        "ref": deployment.ref,
        "kind": deployment.kind,
        "hosts": ",".join(deployment.hosts),
        "url": page(deployment),
        "actor": name,
        "notify": {"user_name": name},
    }


def page(deployment: Deployment) -> str:
    return f"{settings.SHIPMATE_URL}{deployment.get_absolute_url()}"


def _name(person: Person) -> str:
    return without_mails(str(person))


def _shown(text: str, secrets: Sequence[str]) -> str:
    """Mask before it is cut: half a secret would not be known again."""
    return short(without_mails(mask_text(text, secrets)))


def without_mails(text: str) -> str:
    """Leave of each mail address the name: who may read a repository may be anybody."""
    return MAIL.sub(r"\1", text)
