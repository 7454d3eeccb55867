"""A deployment carried out by the worker that holds it. The only try/finally around the work.

Whoever claims it goes on from what is known: a phase run that ended is not done again, one that
was begun is attached to, the others are started.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from deployments.blockers import blockers, refusals
from deployments.exceptions import DeploymentError
from deployments.models import Deployment
from deployments.providers.contract import HERE, Phase
from deployments.runner.fanout import Fleet
from deployments.runner.hosts import Here, Target
from deployments.runner.masking import mask_text
from deployments.runner.room import is_want_of_room
from deployments.selectors import approvals, checks, running
from deployments.selectors.secrets import marks
from deployments.services import checks as heard
from deployments.services import (
    credentials,
    life,
    machines,
    pausing,
    plan,
    rolling,
    truth,
    undoing,
    workers,
    workplaces,
)
from deployments.services.lease import Lease, LeaseLost
from deployments.services.logs import LogWriter
from deployments.services.moves import claim, move
from deployments.services.verdict import Paused, Stopped, Verdict
from deployments.services.work import Work, are_begun

Status = Deployment.Status
DATABASE_AWAY = (OperationalError, InterfaceError)
MAY_RUN = "What it had begun on hosts may still be running there: look, then retry."
CLAIMS = 40  # so many workers may find this machine without room before that is how it ends
log = logging.getLogger(__name__)


def run(number: int) -> None:
    """Take the deployment if it is to be had, and carry it to its end."""
    try:
        with life.shown():
            _take(number)
    except LeaseLost:
        log.warning("#%s was taken over by another worker", number)
    except DATABASE_AWAY as error:
        # Nothing is said of it: a worker goes on from what is known.
        log.warning("#%s was left alone, the database is away: %s", number, type(error).__name__)
        connection.close()
    except NoRoom as error:
        log.warning("#%s was left alone, this machine has no room: %s", number, error)


def _take(number: int) -> None:
    # What belongs to it is read after the claim: until then the run before may change it.
    deployment = Deployment.objects.filter(pk=number).first()
    if deployment is None or not _is_for_this_machine(deployment):
        return
    if claim(deployment, workers.name()):
        _carry(deployment)


class NoRoom(Exception):
    """This machine lacks memory, disk or threads now, which says nothing of the hosts."""


def _is_for_this_machine(deployment: Deployment) -> bool:
    """Leave a program to the machine that it runs on, until that has been silent for too long."""
    return not machines.is_elsewhere(deployment) or machines.is_lost(deployment)


def _carry(deployment: Deployment) -> None:
    try:
        with Lease(deployment) as lease:
            verdict = _perform(deployment, lease)
            lease.check()
            places = workplaces.left(deployment)
            if places and not are_begun(deployment):
                for place in places:
                    workplaces.remove(place)
            _end(deployment, verdict)
    except Paused:
        pausing.begin(deployment)


def _perform(deployment: Deployment, lease: Lease) -> Verdict:
    """Do the work and judge it; whatever goes wrong becomes a verdict in words."""
    secrets: dict[str, str] = {}
    try:
        _freeze(deployment, lease)
        if machines.is_elsewhere(deployment):
            raise DeploymentError(machines.give_up(deployment, lease), code="lost")
        secrets.update(_secrets(deployment))
        verdict = _deploy(deployment, lease, secrets)
    except (LeaseLost, Paused, *DATABASE_AWAY):
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, the deployment must end
        verdict = _broken_off(deployment, error)
    return replace(verdict, note=mask_text(verdict.note, secrets.values()))


def _broken_off(deployment: Deployment, error: Exception) -> Verdict:
    """Judge what kept it from its end. Raises NoRoom where another worker may have some."""
    want = error.__cause__ if isinstance(error, DeploymentError) else error
    if want is not None and is_want_of_room(want):
        if deployment.epoch <= CLAIMS:
            raise NoRoom(_kind(want)) from error
        return _without_room(want)
    if isinstance(error, DeploymentError):
        return Verdict(Status.ERROR, _reason(error), _with_what_runs(deployment, str(error)))
    return _own_fault(deployment, error)


def _with_what_runs(deployment: Deployment, text: str) -> str:
    """Say beside why it ends that nobody looks any more at what it has begun."""
    return f"{text} {MAY_RUN}" if are_begun(deployment) else text


def _kind(error: BaseException) -> str:
    """Return what is wanted, without the error's text: it may hold what nothing has masked."""
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else type(error).__name__


def _without_room(error: BaseException) -> Verdict:
    text = f"Shipmate's own machine had no room for it, again and again ({_kind(error)}). Give its"
    text += " workers more of that: memory, disk, threads, open files. Hosts may be in between."
    return Verdict(Status.ERROR, "lost", text)


def _own_fault(deployment: Deployment, error: Exception) -> Verdict:
    """Log where it happened, without the error's text: it may hold what nothing has masked."""
    kind = f"{type(error).__module__}.{type(error).__name__}"
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("#%s ended in a fault of Shipmate's own: %s\n%s", deployment.pk, kind, where)
    text = f"Shipmate itself failed ({kind}); its own log says more. Hosts may be in between."
    return Verdict(Status.ERROR, "lost", text)


def _secrets(deployment: Deployment) -> dict[str, str]:
    """Return the secrets that its commands were started with, also to mask what they print."""
    values = credentials.values(deployment.environment)
    today = marks(deployment.environment)
    if any(today.get(name) != mark for name, mark in deployment.settings["secrets"].items()):
        text = "A secret was changed while this deployment was under way and no worker held it."
        text += " What its commands print cannot be masked any more."
        raise DeploymentError(text, code="settings")
    return values


def _freeze(deployment: Deployment, lease: Lease) -> None:
    """Decide once what is done. A worker that takes over finds it decided."""
    if deployment.settings:
        return
    environment, person = deployment.environment, approvals.authority(deployment)
    hosts, sha = deployment.hosts, _judged(deployment)
    if checks.waits(deployment) or checks.named(deployment):
        heard.freshen(environment.application, sha)
    judged = "" if deployment.forced else sha
    found = refusals(blockers(environment, person, hosts=hosts, fetches=False, sha=judged))
    # Whom a lock keeps out was decided with the claim: who asked, whoever approved it.
    said = [str(blocker) for blocker in found if blocker.code != "locked"]
    against = list(filter(None, [*said, approvals.lost(deployment)]))
    if against:
        raise DeploymentError(" ".join(against), code="settings")
    values: dict[str, Any] = {
        "settings": plan.freeze(deployment),
        "previous": running.before(environment),
    }
    if deployment.forced:
        values["forced_past"] = checks.problems(environment, sha)
    is_gated = deployment.when_green or checks.named(deployment)
    if is_gated and (amiss := checks.amiss(deployment)):
        raise DeploymentError(
            f"{sha[:7]} is not green any more: {'; '.join(amiss)}.", code="settings"
        )
    lease.write(**values)
    for name, value in values.items():
        setattr(deployment, name, value)


def _judged(deployment: Deployment) -> str:
    """Return the commit whose checks count now: not that of a way back, nor what runs already."""
    is_back = deployment.kind == Deployment.Kind.ROLLBACK
    return "" if is_back or deployment.is_task else deployment.sha


def _deploy(deployment: Deployment, lease: Lease, secrets: dict[str, str]) -> Verdict:
    planned = plan.phases(deployment)
    plan.lay_out(deployment, planned)
    writer = LogWriter(deployment, lease, [*secrets.values(), *_given(deployment)])
    with Fleet(_places(deployment), patience=settings.SHIPMATE_HOST_PATIENCE) as fleet:
        try:
            verdict = rolling.carry_out(Work(deployment, lease, writer, fleet, secrets), planned)
        except Stopped as stopped:
            verdict = stopped.verdict
        except Paused:
            writer.flush()
            raise
        # Only where it is over: a worker that goes on with it may need the uploads.
        writer.flush()
        _tidy(fleet, deployment, planned)
    return verdict


def _tidy(fleet: Fleet, deployment: Deployment, planned: list[Phase]) -> None:
    uploads = [phase.upload for phase in planned if phase.upload]
    if plan.runs_here(deployment):
        fleet.tidy([HERE], [])
    elif uploads:
        fleet.tidy([host["name"] for host in deployment.settings["hosts"]], uploads)


def _places(deployment: Deployment) -> Sequence[Target | Here]:
    """Return where its phases run."""
    if plan.runs_here(deployment):
        return [workplaces.here()]
    if not workplaces.key_of(deployment):
        text = f"{deployment.environment} has no SSH key any more. Make one on its settings page."
        raise DeploymentError(text, code="settings")
    return plan.targets(deployment)


def _given(deployment: Deployment) -> list[str]:
    """Return what programs on this machine are given beside the secrets, and might print."""
    return [workplaces.key_of(deployment)] if plan.runs_here(deployment) else []


def _end(deployment: Deployment, verdict: Verdict) -> None:
    """Say how it ended, if this worker still holds it."""
    deployment.refresh_from_db(fields=["stop_by", "stop_at"])
    person = deployment.stop_by if verdict.status == Status.CANCELLED else None
    fields: dict[str, Any] = {"progress": 100} if verdict.status == Status.SUCCESS else {}
    fields |= {"reason": verdict.reason, "note": verdict.note, "person": person}
    way = undoing.way_back(deployment, verdict)
    with transaction.atomic():
        if move(deployment, verdict.status, **fields) and way is not None:
            undoing.ask(deployment, way)
    truth.ask_soon(deployment.environment)


def _reason(error: DeploymentError) -> str:
    known = ("unreachable", "host_key", "lost", "forge", "settings")
    return {"away": "forge"}.get(error.code, error.code if error.code in known else "settings")
