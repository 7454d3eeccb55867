"""What waits for its checks: how it stands, when the forge is asked again, who is told of what."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from deployments import changes
from deployments.exceptions import RepositoryAway
from deployments.models import Deployment, Environment, Person
from deployments.selectors import checks
from deployments.selectors.checks import Gate
from deployments.services import checks as heard

FIRST, LONGEST = 15.0, 120.0  # seconds between two questions to the forge
SHARE = 8  # it is asked again after this part of the time that it has waited
RED, SILENT = "deployment.check_failed", "deployment.check_missing"
GREEN = "Its checks have passed."
MINUTE = 60
FEW = 8  # checks that are named


def ahead(
    environment: Environment, sha: str, named: Sequence[str] = (), *, always: bool = True
) -> str:
    """Ask what keeps the commit from being green, in a sentence; empty: nothing.

    `always`: whatever the environment asks for.
    """
    trouble = _ask(environment, sha)
    counts = always or environment.checks != "none"
    found = checks.gates_with(environment, sha, named, counts=counts)
    amiss = checks.standing(found, counts=counts)
    return _sentence(sha, amiss, trouble) if amiss or trouble else ""


def _sentence(sha: str, amiss: Sequence[str], more: str) -> str:
    """Say what it waits for, and what else is to be known: a forge that is away, for one."""
    listed = f": {'; '.join(amiss)}" if amiss else ""
    return f"{sha[:7]} waits for its checks{listed}. {more}".strip()


def look(deployment: Deployment) -> str:
    """Return what keeps a deployment waiting for its checks; empty: they have passed.

    The forge is asked when that is due, and before it is believed that all is well.
    """
    environment, sha = deployment.environment, deployment.sha
    amiss, trouble = checks.amiss(deployment), ""
    if is_due(deployment) or not amiss:
        _ask_later(deployment)  # before it answers: what is told meanwhile has it asked again
        trouble = _ask(environment, sha)
        amiss = checks.amiss(deployment)
    if not amiss and not trouble:
        return ""
    found = checks.gates_of(deployment)
    _tell_of_red(deployment, found)
    missing = "" if trouble else _missing(deployment, found)
    if missing:
        _tell(deployment, SILENT, "", missing)
        amiss = checks.standing([gate for gate in found if gate.state], counts=False)
    return _sentence(sha, amiss, trouble or missing)


def note_red(deployment: Deployment, by: Person) -> None:
    """Note what is red when it is asked for: who asks sees it, and is not told of it again."""
    for gate in checks.gates_of(deployment):
        if gate.is_red:
            _record(deployment, RED, gate.context, gate.text, by)


def due() -> Q:
    """Return what is true of a pending one that is to be looked at by the clock."""
    return Q(look_at=None) | Q(look_at__lte=timezone.now())


def is_due(deployment: Deployment) -> bool:
    return deployment.look_at is None or deployment.look_at <= timezone.now()


def next_look(since: datetime | None) -> datetime:
    """Return when the forge is asked again: seldom about what has waited long, not all at once."""
    now = timezone.now()
    waited = (now - since).total_seconds() if since else 0.0
    pause = min(max(FIRST, waited / SHARE), LONGEST)
    return now + timedelta(seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311  no secret


def _ask(environment: Environment, sha: str) -> str:
    """Ask the forge; return why it did not answer."""
    try:
        heard.ask(environment.application, sha)
    except RepositoryAway as error:
        return str(error)
    return ""


def _ask_later(deployment: Deployment) -> None:
    since = deployment.waits_since if deployment.waits_for == Deployment.Wait.CHECKS else None
    deployment.look_at = next_look(since)
    Deployment.objects.filter(pk=deployment.pk).update(look_at=deployment.look_at)


def _missing(deployment: Deployment, found: Sequence[Gate]) -> str:
    """Say so where nobody has reported a check for a while: its name may be wrong."""
    patience, since = settings.SHIPMATE_CHECK_PATIENCE, deployment.waits_since
    if deployment.waits_for != Deployment.Wait.CHECKS or since is None:
        return ""
    if (timezone.now() - since).total_seconds() < patience:
        return ""
    missing = [gate.context for gate in found if not gate.state]
    if missing or not found:
        return _never_came(deployment, missing, _length(patience))
    return ""


def _length(seconds: int) -> str:
    return f"over {seconds // 60} min" if seconds >= MINUTE else f"over {seconds} s"


def _never_came(deployment: Deployment, missing: Sequence[str], length: str) -> str:
    repository = deployment.environment.application.repository
    there = checks.names(repository, deployment.sha)
    if not missing:
        return f"No check has been reported for {length}; does anything check this commit?"
    verb, whose = ("has", "its name") if len(missing) == 1 else ("have", "their names")
    asks = f"{', '.join(missing)} {verb} not been reported for {length}; is {whose} right?"
    asks = asks if len(missing) == 1 else asks.replace("; is ", "; are ")
    near = dict.fromkeys(one for name in missing for one in get_close_matches(name, there))
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    listed = ", ".join(there[:FEW]) + (f" and {len(there) - FEW} more" if len(there) > FEW else "")
    return f"{asks}{meant} Reported on this commit: {listed or 'nothing'}."


def _tell_of_red(deployment: Deployment, found: Sequence[Gate]) -> None:
    """Tell once of each check that has failed; it may turn green, so it is waited for."""
    for gate in found:
        if gate.is_red:
            _tell(deployment, RED, gate.context, gate.text)


def _tell(deployment: Deployment, verb: str, subject: str, note: str) -> None:
    if not _is_told(deployment, verb, subject):
        with transaction.atomic():
            # One at a time: of two workers the second finds that it was told.
            Deployment.objects.select_for_update().get(pk=deployment.pk)
            if not _is_told(deployment, verb, subject):
                _record(deployment, verb, subject, note)


def _is_told(deployment: Deployment, verb: str, subject: str) -> bool:
    return deployment.changes.filter(verb=verb, subject=subject[:200]).exists()


def _record(deployment: Deployment, verb: str, subject: str, note: str, *by: Person) -> None:
    more: dict[str, Any] = {"person": by[0]} if by else {}
    changes.record(verb, deployment=deployment, subject=subject, note=note, **more)
