"""A pending deployment is looked at again: it goes on, waits on, or ends in time."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from deployments import changes
from deployments.blockers import blockers, refusals
from deployments.exceptions import DeploymentError, RepositoryAway
from deployments.models import Deployment
from deployments.selectors import approvals, checks, code, merges
from deployments.services import gates, merging, queue
from deployments.services.lifecycle import subject_of
from deployments.services.moves import move

Status = Deployment.Status
Wait = Deployment.Wait

GRACE = 120  # seconds that whoever looks again has before the sweeper ends it
LATE = {
    Wait.APPROVAL: "Nobody approved it in time.",
    Wait.REPOSITORY: "Its repository could not be asked in time.",
    Wait.MERGE: "Nobody merged into it in time.",
    Wait.CHECKS: "Its checks have not passed in time.",
}


class Waits(Exception):
    """It cannot go on yet; for what, and in a sentence."""

    def __init__(self, wait: str, text: str) -> None:
        super().__init__(text)
        self.wait, self.text = wait, text


class Ends(Exception):
    """It can never go on; the reason, a code, and in a sentence."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason, self.text = reason, text


def clear(deployment: Deployment) -> None:
    """Look again whether a pending deployment can go on; queue it then, or end it in time."""
    if deployment.status != Status.PENDING:
        return
    try:
        _go_through(deployment)
    except Waits as wait:
        _wait_on(deployment, Waits(wait.wait, merges.said(deployment, wait.text)))
    except RepositoryAway as error:
        _wait_on(deployment, Waits(Wait.REPOSITORY, str(error)))
    except DeploymentError as error:
        move(deployment, Status.ERROR, reason="forge", note=str(error))
    except Ends as end:
        move(deployment, Status.ERROR, reason=end.reason, note=end.text)
    else:
        waited_for_green = deployment.when_green or deployment.waits_for == Wait.CHECKS
        note = merges.told(deployment) or (gates.GREEN if waited_for_green else "")
        move(deployment, Status.QUEUED, note=note)


def overdue() -> Q:
    """Return what is true of a pending one for which the time is over: most have some left."""
    now, found = timezone.now(), Q()
    for wait in Wait:
        limit = now - timedelta(seconds=patience(wait))
        for_it = Q(waits_for=wait) | (Q(waits_for=None) if wait == Wait.REPOSITORY else Q())
        since = Q(waits_since__lt=limit) | Q(waits_since=None, created_at__lt=limit)
        found |= for_it & since
    return found


def end_if_late(deployment: Deployment, grace: float = GRACE) -> bool:
    """End what has waited longer than there is time for; nobody looks again for an approval.

    Somebody may have answered since it was read: of that word and the end of its time the first
    one counts.
    """
    if not _is_late(deployment, grace):
        return False
    with transaction.atomic():
        queue.settle(deployment.environment_id)  # as whoever approves does
        now = Deployment.objects.select_for_update(of=("self",)).get(pk=deployment.pk)
        return _is_late(now, grace) and _end_as_late(deployment, _wait(now))


def _is_late(deployment: Deployment, grace: float) -> bool:
    wait = _wait(deployment)
    allowed = patience(wait) + (0 if wait == Wait.APPROVAL else grace)
    return deployment.status == Status.PENDING and waited(deployment) > allowed


def _end_as_late(deployment: Deployment, wait: Wait) -> bool:
    reason = "settings" if wait in (Wait.CHECKS, Wait.APPROVAL) else "forge"
    said = "" if wait == Wait.APPROVAL else deployment.note
    return move(deployment, Status.ERROR, reason=reason, note=said or LATE[wait])


def _wait(deployment: Deployment) -> Wait:
    return Wait(deployment.waits_for or Wait.REPOSITORY)


def patience(wait: str) -> float:
    """How long a deployment waits for such a thing, in seconds."""
    if wait in (Wait.REPOSITORY, Wait.MERGE):
        return float(settings.SHIPMATE_PENDING_DEADLINE)
    return float(settings.SHIPMATE_WAITING_DEADLINE)


def waited(deployment: Deployment) -> float:
    """For how long it has waited for what it waits for now, in seconds."""
    since = deployment.waits_since or deployment.created_at
    return (timezone.now() - since).total_seconds()


def _go_through(deployment: Deployment) -> None:
    """Go through all that it needs, in order. Raises Waits or Ends at the first that is amiss."""
    _need_approval(deployment)
    _merge_first(deployment)
    _know_its_commit(deployment)
    _need_checks(deployment)
    _need_nothing_else(deployment)


def _need_approval(deployment: Deployment) -> None:
    """Wait for somebody's word, where it takes one."""
    unanswered = approvals.open_for(deployment)
    if unanswered is not None:
        raise Waits(Wait.APPROVAL, unanswered.because)


def _merge_first(deployment: Deployment) -> None:
    """Merge the default branch into its own; not for whoever may not begin it any more."""
    if merging.is_due(deployment):
        _need_nothing_else(deployment)
        merging.perform(deployment)


def _know_its_commit(deployment: Deployment) -> None:
    """Decide its commit, for ever: what it waits for next is asked of that."""
    if deployment.waits_for == Wait.CHECKS and deployment.sha:
        return
    application = deployment.environment.application
    resolved = code.resolve(application, deployment.sha or deployment.ref)
    if deployment.sha and deployment.subject:
        return
    values = {
        "sha": resolved.sha,
        "ref": deployment.ref if deployment.sha else resolved.ref,
        "subject": deployment.subject or subject_of(deployment.environment, resolved),
    }
    undecided = Q(sha="") | Q(sha=resolved.sha)
    waiting = Deployment.objects.filter(undecided, pk=deployment.pk, status=Status.PENDING)
    waiting.update(**values)
    deployment.refresh_from_db(fields=["sha", "ref", "subject"])


def _need_checks(deployment: Deployment) -> None:
    """Wait for the checks that it or its environment asks for, unless somebody went past them."""
    text = gates.look(deployment) if checks.waits(deployment) or checks.named(deployment) else ""
    if text:
        raise Waits(Wait.CHECKS, text)


def _need_nothing_else(deployment: Deployment) -> None:
    """End what may not begin any more: much may have changed while it waited.

    Somebody's lock is no end: it keeps its turn until that is opened.
    """
    environment, hosts = deployment.environment, list(deployment.hosts)
    person = approvals.authority(deployment)
    found = blockers(environment, person, hosts=hosts, fetches=False)
    against = [str(blocker) for blocker in refusals(found) if blocker.code != "locked"]
    against += filter(None, [approvals.lost(deployment)])
    if against:
        raise Ends("settings", " ".join(against))


def _wait_on(deployment: Deployment, wait: Waits) -> None:
    """Keep the newest reason; end what has waited too long."""
    old = deployment.waits_for or Wait.REPOSITORY
    if wait.wait != old:
        now: dict[str, object] = {"waits_for": wait.wait, "waits_since": timezone.now()}
        if wait.wait != Wait.CHECKS:
            now["look_at"] = None
        _keep(deployment, wait, **now)
    elif waited(deployment) > patience(wait.wait):
        deployment.note = wait.text
        end_if_late(deployment, grace=0)
    elif wait.text != deployment.note:
        _keep(deployment, wait)


def _keep(deployment: Deployment, wait: Waits, **values: object) -> None:
    """Write it, and tell whoever follows that it waits for something else now."""
    same = Deployment.objects.filter(pk=deployment.pk, status=Status.PENDING, note=deployment.note)
    with transaction.atomic():
        if same.update(note=wait.text, **values):
            changes.record("deployment.waits", deployment=deployment, new=wait.wait, note=wait.text)
