"""What a deployment would do, before anybody asks for it, and the facts that this stands on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from django.db.models import Q

from deployments import rights
from deployments.blockers import Blocker, blockers, chosen
from deployments.exceptions import Refused
from deployments.models import CommitStatus, Deployment, Environment, Person, Secret
from deployments.providers.contract import RELEASE
from deployments.selectors import code, environments, locks, running, tasks
from deployments.selectors.environments import Review
from deployments.selectors.running import Running

Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody wants to know the outcome of; the words of a deployment."""

    environment: Environment
    ref: str = ""
    hosts: Sequence[str] = ()
    task: str = RELEASE
    parameters: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    force: bool = False
    when_green: bool = False


@dataclass(frozen=True)
class Preview:
    """Everything that would happen, and every reason why it would not."""

    asked: Asked
    review: Review
    running: Running
    checks: dict[str, str]  # by context, what each says of the commit
    blockers: list[Blocker]
    facts: Facts


def preview(asked: Asked, person: Person) -> Preview:
    """Look, and do nothing. Raises what is wrong with what was asked."""
    here = asked.environment
    if asked.force:
        rights.require(person, "force", here, doing="go past the checks of")
    asked = replace(asked, parameters=tasks.spelled(here, asked.parameters))
    wrong = list(tasks.unfit(here, asked.task, asked.parameters))
    if asked.when_green and asked.force:
        wrong.append("Past its checks it does not wait for them: say one of the two.")
    if wrong:
        raise Refused(wrong)
    runs = running.in_(here)
    review = environments.review(here, runs, asked.ref, asked.hosts, asked.task)
    sha = review.resolved.sha
    return Preview(
        asked, review, runs, _checks(here, sha), _blockers(asked, sha, person), facts(asked, sha)
    )


def _blockers(asked: Asked, sha: str, person: Person) -> list[Blocker]:
    here, is_release = asked.environment, asked.task == RELEASE
    return blockers(
        here,
        person,
        hosts=list(asked.hosts),
        fetches=is_release and not code.has(here.application, sha),
        sha=sha if is_release and not (asked.force or asked.when_green) else "",
    )


def facts(asked: Asked, sha: str) -> Facts:
    """Return what a plan stands on, each by a name, as JSON keeps it."""
    here = asked.environment
    placed = chosen(environments.placements_of(here), list(asked.hosts))
    lock = locks.in_(here)
    found: Facts = {
        "commit": sha,
        "runs": {one.host.name: one.current_id for one in placed},
        "on its way": [one.pk for one in _unfinished(here)],
        "hosts": {
            one.host.name: [
                one.host.address, one.host.port, one.host.user, one.host.host_keys, one.roles,
            ]
            for one in placed
        },
        "settings": {**here.effective_settings, "provider": here.application.provider},
        "secrets": _secrets(here),
        "rules": [here.checks, here.required_contexts, here.deploys],
        "checks": {} if asked.when_green else _checks(here, sha),
        "lock": lock.pk if lock else None,
    }  # fmt: skip
    return {name: _kept(name, value) for name, value in found.items()}


def moved(asked: Asked, before: Facts, now: Facts, reader: Person) -> list[str]:
    """Name every fact that is no longer what it was, each in a sentence."""
    return [
        sentence
        for name, value in now.items()
        if value != before.get(name)
        for sentence in _moved(name, asked, before.get(name), value, reader)
    ]


def _moved(name: str, asked: Asked, before: Any, now: Any, reader: Person) -> Iterator[str]:
    here = asked.environment
    match name:
        case "commit":
            what = asked.ref or "The default branch"
            yield f"{what} is at {now[:7]} now, not at {before[:7]}."
        case "runs":
            switched = {now[host] for host in now if before.get(host, now[host]) != now[host]}
            shown = ", ".join(sorted(f"#{n}" if n else "nothing" for n in switched))
            if shown:
                yield f"{here} runs {shown} now, not what ran when it was planned."
        case "on its way":
            new = ", ".join(f"#{number}" for number in now if number not in before)
            yield f"{new or 'Nothing'} is on its way to {here} now."
        case "lock":
            lock = locks.in_(here)
            yield locks.claim(lock, reader) if lock else f"{here} is not locked any more."
        case "checks":
            for check in _differing(before, now):
                was, is_ = before.get(check, "missing"), now.get(check, "missing")
                yield f"The check {check} is {is_} now, not {was}."
        case "rules":
            yield f"What {here} asks of who deploys, or of checks, has changed."
        case _:
            yield f"The {name} of {here} have changed: {', '.join(_differing(before, now))}."


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in {*before, *now} if before.get(key) != now.get(key))


def _kept(name: str, value: Any) -> Any:
    """Return the value as it is kept: long ones as a mark that tells one from another."""
    if name in ("settings", "hosts"):
        return {key: _mark(part) for key, part in value.items()}
    return value


def _mark(value: Any) -> str:
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _secrets(environment: Environment) -> dict[str, str]:
    """Return the fingerprints of secrets and key; its own secret goes before its app's."""
    here = Q(environment=environment) | Q(application=environment.application_id)
    rows = Secret.objects.filter(here)
    ranked = sorted(rows, key=lambda secret: secret.environment_id is not None)
    key = getattr(environment, "ssh_key", None)
    found = {secret.name: secret.fingerprint for secret in ranked}
    return {**found, "SSH key": key.fingerprint if key else ""}


def _checks(environment: Environment, sha: str) -> dict[str, str]:
    repository = environment.application.repository_id
    rows = CommitStatus.objects.filter(repository=repository, sha=sha).order_by("context")
    return {row.context: row.state for row in rows}


def _unfinished(environment: Environment) -> list[Deployment]:
    waiting = Deployment.objects.filter(environment=environment)
    return list(waiting.filter(status__in=["pending", "queued", "in_progress"]).order_by("pk"))
