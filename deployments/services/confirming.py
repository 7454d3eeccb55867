"""Whoever has a webhook's secret can say anything in GitHub's name. So GitHub itself is asked for a
deployment that is said to be created there, before anybody lends it their authority."""

from __future__ import annotations

from typing import Any

from deployments.exceptions import Invalid
from deployments.forges.github import deployments
from deployments.forges.github.access import App, Token
from deployments.models import Repository
from deployments.selectors import code
from deployments.services.creations import Creation

# What decides where what goes, and on whose authority.
DECIDES = {
    "uid": "who created it",
    "sha": "its commit",
    "environment": "its environment",
    "task": "its task",
    "payload": "its payload",
}
LEAKED = "make another secret in the settings of the app, under Webhook"


def ask(repository: Repository, remote_id: int) -> dict[str, Any] | None:
    """Return what GitHub says of it; None: it knows none of this number.

    Asks the network, so no transaction is open. Raises RepositoryAway where GitHub does not answer
    now, and another DeploymentError, with what to do, where it will not.
    """
    access = code.source_of(repository).access
    if not isinstance(access, Token | App):
        raise Invalid(
            f"Shipmate has no credential for {repository} at GitHub: set one in the settings of the"
            " app, under Repository, and GitHub is asked."
        )
    return deployments.read(access.caller(), remote_id)


def unknown(repository: Repository, told: Creation) -> str:
    """Say that GitHub knows nothing of it, and what to do."""
    return (
        f"GitHub knows no deployment {told.remote_id} of {repository}. It was deleted there, or"
        f" this delivery is forged, and somebody has the secret: then {LEAKED}."
    )


def denied(told: Creation, true: Creation) -> str:
    """Say in what GitHub says otherwise, and what to do; empty: in nothing that decides."""
    differs = [word for name, word in DECIDES.items() if getattr(told, name) != getattr(true, name)]
    if not differs:
        return ""
    return (
        f"GitHub says otherwise of deployment {told.remote_id}: {', '.join(differs)}. Unless"
        " that was changed there since, this delivery is forged, and somebody has the secret: then"
        f" {LEAKED}. GitHub's own is performed when it comes, or is sent again from there."
    )
