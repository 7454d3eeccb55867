"""Which machine this is. What a program has started on one can be followed there alone."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from deployments.durations import duration
from deployments.models import Deployment, PhaseRun, Worker
from deployments.services.lease import Lease
from deployments.services.moves import BEGUN

NAMES = "/proc/self/ns/pid"


def here() -> str:
    """Return this machine's own mark: of its state folder, and of the processes that it can see."""
    return _mark(Path(settings.SHIPMATE_STATE))


@cache
def _mark(state: Path) -> str:
    namespace = ""  # containers that share a folder do not see each other's processes
    with suppress(OSError):
        namespace = os.readlink(NAMES).strip("pid:[]")
    return f"{_kept(state / 'machine')}.{namespace}"


def _kept(file: Path) -> str:
    """Return what the file says; it is made once, whoever comes first.

    Where it is there nothing is written: a full disk must keep no worker from its work.
    """
    with suppress(FileNotFoundError):
        return file.read_text().strip()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = file.with_name(f".machine-{uuid.uuid4().hex}")
    made.write_text(uuid.uuid4().hex)
    made.chmod(0o600)
    with suppress(FileExistsError):
        os.link(made, file)
    made.unlink()
    return file.read_text().strip()


def frozen() -> dict[str, str]:
    """Return what a deployment remembers of the machine that it is carried out on."""
    return {"mark": here(), "name": socket.gethostname()}


def is_elsewhere(deployment: Deployment) -> bool:
    """Return whether its program was given to another machine."""
    bound = _bound(deployment)
    return bool(bound) and bound["mark"] != here()


def is_lost(deployment: Deployment) -> bool:
    """Return whether its machine has had no living worker for as long as a host may be away."""
    patient_until = timezone.now() - timedelta(seconds=settings.SHIPMATE_HOST_PATIENCE)
    living = Worker.objects.filter(machine=_bound(deployment)["mark"], role="deploy")
    recent = living.filter(seen_at__gt=patient_until).exists()
    return not recent and (deployment.lease_until or patient_until) <= patient_until


def give_up(deployment: Deployment, lease: Lease) -> str:
    """Write down that nobody can know what became of its program, and return that in words."""
    away = duration(settings.SHIPMATE_HOST_PATIENCE)
    note = (
        f"It was carried out on the machine “{_bound(deployment)['name']}”, where no worker of "
        f"Shipmate has been alive for {away}. What it started may still be running there: look, "
        "then retry."
    )
    with lease.fence():
        PhaseRun.objects.filter(deployment=deployment, status__in=BEGUN).update(
            status=PhaseRun.Status.ERROR, reason="lost", note=note, finished_at=timezone.now()
        )
    return note


def _bound(deployment: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = deployment.settings.get("machine") or {}
    return found
