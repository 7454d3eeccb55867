"""What people ask of deployments: start, again, back, stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from deployments import changes, lines, rights, typed
from deployments.blockers import blockers, chosen, runs_here
from deployments.exceptions import DeploymentError, Invalid, Refused, RepositoryAway
from deployments.forges.contract import Resolved
from deployments.models import Deployment, Environment, Person
from deployments.providers.contract import RELEASE
from deployments.selectors import checks, code, phases, releases, tasks
from deployments.services import gates, merging, queue
from deployments.services.looking import Look, More, Wish, look, offered, refuse, unheard, untold
from deployments.services.moves import move

Status = Deployment.Status
Kind = Deployment.Kind
Wait = Deployment.Wait

AGAIN = frozenset({Status.FAILURE, Status.ERROR, Status.CANCELLED})


@dataclass(frozen=True)
class Door:
    """Who asks, by which door, and the key under which the same request counts once.

    `asked`: a fingerprint of all that was sent with the key, where the door can tell.
    """

    person: Person
    via: str
    key: str = ""
    asked: str = ""

    @property
    def unique(self) -> str | None:
        """A key is one person's own: another's cannot be met by chance or by guess."""
        if not self.key:
            return None
        key = self.key if len(self.key) < 64 else sha256(self.key.encode()).hexdigest()
        return f"{self.person.pk}:{key}"


def request(environment: Environment, ref: str, door: Door, **more: Unpack[More]) -> Deployment:
    """Ask for a ref to be deployed, or for a task to be run. Raises Refused with every reason.

    A repository that cannot be reached leaves the deployment pending: the sweeper asks again.
    """
    known = find_by_key(door)
    if known is not None:
        return known
    wish = Wish(ref, **more)
    found = look(environment, door.person, wish)
    resolved = found.resolved
    merge = found.merge
    kept = _merging(environment, wish, found)
    # Nobody can tell whether the ref has moved: what somebody looked at is what is deployed.
    pinned = "" if kept else wish.expected_sha[:40]
    return create(
        environment,
        door,
        ref=resolved.ref if resolved else pinned or ref,
        sha=resolved.sha if resolved and not merge else "",
        subject=subject_of(environment, resolved),
        **kept,
        hosts=list(wish.hosts),
        task=wish.task,
        parameters=tasks.spelled(environment, wish.parameters),
        forced=wish.force,
        forced_past=list(found.forced_past),
        why=typed.reason(wish.why),
        when_green=wish.when_green or None,
        note=merging.note(merge) if merge else found.away or found.red,
        **gated(found.red),
    )


def _merging(environment: Environment, wish: Wish, found: Look) -> dict[str, Any]:
    """Return what is kept of a merge that comes first, or that is to be decided on."""
    if found.merge is not None:
        expects = bool(wish.expected_sha)
        kept = merging.written(found.merge, expects=expects, named=tuple(wish.named))
        return {"merging": kept, "waits_for": Deployment.Wait.MERGE}
    undecided = found.away and wish.merges and environment.application.auto_merge
    looked_at = wish.expected_sha[:40] if undecided else ""
    if undecided or wish.named:
        return {"merging": merging.only_named(wish.named, looked_at)}
    return {}


def gated(red: str) -> dict[str, Any]:
    """Return what is kept of one that waits for its checks; nothing, if it does not."""
    now = timezone.now()
    if not red:
        return {}
    return {"waits_for": Wait.CHECKS, "waits_since": now, "look_at": gates.next_look(now)}


def retry(deployment: Deployment, door: Door, *, failed_hosts: bool = False) -> Deployment:
    """Deploy again what failed, erred or was cancelled: the same commit, today's settings.

    `failed_hosts`: only to the hosts where it did not end well.
    """
    known = find_by_key(door)
    if known is not None:
        return known
    _require_again(deployment)
    hosts = hosts_again(deployment) if failed_hosts else deployment.hosts
    kept = deployment.parent if deployment.kind == Kind.ROLLBACK else None
    if kept is not None:
        return rollback(deployment.environment, door, to=kept, hosts=hosts)
    if not deployment.sha:
        return _ask_anew(deployment, door)
    away = refuse_retry(deployment, door.person, hosts)
    named, green = checks.named(deployment), bool(deployment.when_green)
    is_gated = (green or named) and not away
    place, sha = deployment.environment, deployment.sha
    red = gates.ahead(place, sha, named, always=green) if is_gated else ""
    return create(
        deployment.environment,
        door,
        note=away or red,
        kind=Kind.RETRY,
        parent=deployment,
        ref=deployment.ref,
        sha=deployment.sha,
        subject=deployment.subject,
        hosts=hosts,
        why=deployment.why,
        task=deployment.task,
        parameters=deployment.parameters,
        when_green=deployment.when_green,
        merging=merging.only_named(named) or None,
        **gated(red),
    )


def _ask_anew(deployment: Deployment, door: Door) -> Deployment:
    """Ask again for what ended before anybody knew its commit."""
    return request(
        deployment.environment,
        deployment.ref,
        door,
        hosts=deployment.hosts,
        why=deployment.why,
        parameters=deployment.parameters,
        merge=deployment.merging is not None,
        named=checks.named(deployment),
        when_green=bool(deployment.when_green),
    )


def _require_again(deployment: Deployment) -> None:
    """Refuse to retry what has not ended, or ended well."""
    if deployment.status not in AGAIN:
        place = deployment.environment
        raise Invalid(
            f"#{deployment.pk} {state_words(deployment)}; only what failed, erred or was cancelled "
            f"is retried. To deploy it anew: "
            f"{lines.deploy(place.application.name, deployment.ref, place.name)}"
        )


def hosts_again(deployment: Deployment) -> list[str]:
    """Return what a retry of the failed hosts is for: none, as everywhere, is all of them."""
    names = [host["name"] for host in deployment.settings.get("hosts", [])]
    failed = phases.failed_hosts(deployment)
    if not failed:
        raise Invalid(
            f"No host of #{deployment.pk} has failed by itself. To deploy all of it again: "
            f"{lines.retry(deployment.pk)}"
        )
    return deployment.hosts if failed == names else failed


def rollback(
    environment: Environment,
    door: Door,
    to: Deployment | None = None,
    *,
    hosts: Sequence[str] = (),
) -> Deployment:
    """Return to what ran before, or to the given deployment, which must have succeeded.

    `hosts`: names and roles of those that return; none: all.
    """
    known = find_by_key(door)
    if known is not None:
        return known
    target = to or releases.before_current(environment)
    if target is None:
        raise Invalid(f"Nothing ran in {environment} before what runs now; there is no way back.")
    require_release(environment, target)
    away = refuse_rollback(environment, target, door.person, hosts)
    return create(
        environment,
        door,
        note=away,
        kind=Kind.ROLLBACK,
        parent=target,
        ref=target.ref,
        sha=target.sha,
        subject=target.subject,
        hosts=list(hosts),
        why=f"return to #{target.pk}",
    )


def require_release(environment: Environment, target: Deployment) -> None:
    """Refuse to go back to what never ran there."""
    if target.environment_id != environment.pk or target.status != Status.SUCCESS:
        raise Invalid(f"#{target.pk} never ran in {environment}; choose one that succeeded there.")


def refuse_retry(deployment: Deployment, person: Person, hosts: Sequence[str] | None = None) -> str:
    """Refuse with every reason, or return why it has to wait for its code or its forge.

    The forge is asked what checks say now: what is kept of them may be long over. One that is away
    is waited for, and asked then.
    """
    environment, task = deployment.environment, deployment.task
    hosts = deployment.hosts if hosts is None else list(hosts)
    needs_code = task == RELEASE or runs_here(environment)
    fetches = needs_code and not code.has(environment.application, deployment.sha)
    wrong = list(tasks.unfit(environment, task, deployment.parameters))
    if task != RELEASE:
        wrong += tasks.refusals(environment, hosts, deployment.sha)
    judged = deployment.sha if task == RELEASE and not deployment.when_green else ""
    silence = unheard(environment, judged) if judged else None
    is_away = isinstance(silence, RepositoryAway)
    wrong += [untold(judged, silence)] if silence and not is_away else []
    sha = "" if silence else judged
    found = blockers(environment, person, hosts=hosts, fetches=fetches, sha=sha)
    wish = _again(deployment, hosts)
    waits = refuse(found, wrong, offered(environment, wish, found, wrong))
    return waits or (str(silence) if is_away else "")


def _again(deployment: Deployment, hosts: Sequence[str]) -> Wish:
    """Return what would be wished to deploy the same commit anew."""
    ref, why, given = deployment.sha[:7], deployment.why, deployment.parameters
    return Wish(ref, hosts=hosts, why=why, task=deployment.task, parameters=given)


def refuse_rollback(
    environment: Environment, target: Deployment, person: Person, hosts: Sequence[str] = ()
) -> str:
    """Refuse with every reason, or return why it has to wait for its code.

    Where the hosts keep the release no code moves: a repository that is away is not in the way
    then, and not even told of. Going back must work when much else does not.
    """
    path = environment.effective_settings.get("path", "")
    placed = list(environment.placements.select_related("host"))
    names = [placement.host.name for placement in chosen(placed, list(hosts))]
    is_kept = releases.lies_there(releases.origin(target), path, names)
    fetches = not is_kept and not code.has(environment.application, target.sha)
    return refuse(blockers(environment, person, hosts=list(hosts), fetches=fetches))


def cancel(deployment: Deployment, door: Door) -> Deployment:
    """Stop it. One that runs is stopped by its worker, which says when nothing is left."""
    require_cancel(deployment, door.person)
    note = f"cancelled by {door.person}"
    while deployment.status in (Status.PENDING, Status.QUEUED):
        if move(deployment, Status.CANCELLED, note=note, person=door.person, via=door.via):
            return deployment
        deployment.refresh_from_db()  # it has gone on meanwhile
    _ask_to_stop(deployment, door)
    return deployment


def require_cancel(deployment: Deployment, person: Person) -> None:
    """Refuse who may not cancel it: another's takes more than one's own."""
    right: rights.Right = "deploy" if deployment.person_id == person.pk else "force"
    rights.require(person, right, deployment.environment)


def state_words(deployment: Deployment) -> str:
    """Say the state in the middle of a sentence."""
    return {
        Status.PENDING: "waits",
        Status.QUEUED: "is queued",
        Status.IN_PROGRESS: "is running",
        Status.SUCCESS: "succeeded",
        Status.FAILURE: "failed",
        Status.ERROR: "ended in an error",
        Status.CANCELLED: "was cancelled",
    }[Status(deployment.status)]


def create(environment: Environment, door: Door, *, note: str = "", **fields: Any) -> Deployment:
    """Write the deployment and its Change; queue it unless it waits for something (the note)."""
    try:
        with transaction.atomic():
            queue.settle(environment.pk)  # nobody renames or archives it in between
            deployment = Deployment.objects.create(
                environment=environment,
                person=door.person,
                via=door.via,
                key=door.unique,
                asked=door.asked or None,
                note=note,
                **fields,
            )
            changes.record(
                "deployment.status",
                deployment=deployment,
                person=door.person,
                via=door.via,
                new=Status.PENDING,
                note=note,
            )
            _record_force(deployment, door)
            if deployment.waits_for == Wait.CHECKS:
                gates.note_red(deployment, door.person)
            if not note:
                move(deployment, Status.QUEUED, note=gates.GREEN if deployment.when_green else "")
            elif deployment.waits_for == Wait.MERGE:
                queue.ring_to_clear(deployment)
    except IntegrityError:
        known = find_by_key(door)
        if known is None:
            raise
        return known
    return deployment


def _record_force(deployment: Deployment, door: Door) -> None:
    """Remember for ever who went past the checks, and past which."""
    if deployment.forced:
        changes.record(
            "deployment.forced",
            deployment=deployment,
            person=door.person,
            via=door.via,
            note="; ".join(deployment.forced_past),
        )


def find_by_key(door: Door) -> Deployment | None:
    """Return what the same request made before. Raises Refused if the key was another's."""
    known = Deployment.objects.filter(key=door.unique).first() if door.key else None
    if known is not None and door.asked and door.asked != known.asked:
        raise another(known)
    return known


def another(made: object) -> Refused:
    """Return why a key does not count that another request came with."""
    said = f"This Idempotency-Key was sent with another request, which made {made}."
    return Refused([f"{said} Each request takes a key of its own."])


def subject_of(environment: Environment, resolved: Resolved | None) -> str:
    """Return the commit's first line; a deployment does not fail for want of it."""
    if resolved is None:
        return ""
    try:
        found = code.commits(environment.application, resolved.sha, 1)
    except DeploymentError:
        return ""
    return found[0].subject[:200] if found else ""


def _ask_to_stop(deployment: Deployment, door: Door) -> None:
    """Leave the wish for its worker. One that has ended meanwhile cannot be stopped."""
    with transaction.atomic():
        asked = Deployment.objects.filter(
            pk=deployment.pk, status=Status.IN_PROGRESS, stop_at=None
        ).update(stop_by=door.person, stop_at=timezone.now())
        if asked:
            changes.record(
                "deployment.stopping", deployment=deployment, person=door.person, via=door.via
            )
            if deployment.is_paused:
                queue.ring(deployment)  # no worker holds it that could see the wish
    deployment.refresh_from_db()
    if deployment.is_finished and not asked:
        raise Invalid(f"#{deployment.pk} {state_words(deployment)}; there is nothing to cancel.")
