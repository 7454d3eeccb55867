"""What the hosts really run. It is not always what last succeeded there: a deployment may fail
behind the switch, or be for some hosts only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, F

from deployments import providers
from deployments.forges.contract import Comparison
from deployments.models import Application, Deployment, Environment, Placement
from deployments.selectors import code, lookup

Row = tuple[int, int | None, int]
SHA = re.compile(r"[0-9a-f]{40}")
MOST = 5  # versions that are compared
BUT = {
    "failure": "its deployment failed",
    "error": "its deployment ended in an error",
    "cancelled": "its deployment was cancelled",
    "in_progress": "its deployment is still running",
}


@dataclass(frozen=True)
class Version:
    """One commit, and how many hosts run it."""

    deployment: Deployment | None  # the newest that brought it to one of them; None: nothing yet
    hosts: int

    @property
    def sha(self) -> str:
        return self.deployment.sha if self.deployment else ""

    @property
    def but(self) -> str:
        """Say what is to be known of it beside that it runs."""
        return BUT.get(self.deployment.status, "") if self.deployment else ""


@dataclass(frozen=True)
class Odd:
    """A host, or a cloud, that says something else than is on record."""

    host: str
    record: str
    says: str  # empty: that it runs nothing

    @property
    def claim(self) -> str:
        # A cloud may run what has a name of its own, such as v42.
        shown = self.says[:7] if SHA.fullmatch(self.says) else self.says
        return f"{self.host} says {shown or 'nothing'}"

    def __str__(self) -> str:
        return f"record says {self.record[:7]}, {self.claim}"


@dataclass(frozen=True)
class Running:
    """What runs in an environment: one version, several, or nothing."""

    versions: tuple[Version, ...] = ()  # newest first; hosts that run nothing yet come last
    odd: tuple[Odd, ...] = ()  # hosts that say something else

    @property
    def whole(self) -> Deployment | None:
        """Return what all hosts run: its newest deployment, however that ended."""
        return self.versions[0].deployment if len(self.versions) == 1 else None

    @property
    def is_mixed(self) -> bool:
        return len(self.versions) > 1

    @property
    def but(self) -> str:
        return self.versions[0].but if self.whole else ""

    @property
    def shas(self) -> list[str]:
        return [version.sha for version in self.versions if version.sha]


def of(environments: Sequence[Environment]) -> dict[int, Running]:
    """Return what runs in each, in three queries. Where there is no host it is what succeeded."""
    rows = placed(environments)
    hosted = {environment for environment, _, _ in rows}
    numbers = {number for _, number, _ in rows}
    numbers |= {e.current_id for e in environments if e.pk not in hosted}
    brought = Deployment.objects.select_related("person").in_bulk(numbers - {None})
    succeeded = {e.pk: brought.get(e.current_id or 0) for e in environments}
    odds = odd(environments)
    for environment in environments:
        if environment.pk not in hosted and (found := _odd_cloud(environment, succeeded)):
            odds[environment.pk] = (found,)
    return made(rows, brought, succeeded, odds)


def _odd_cloud(environment: Environment, runs: Mapping[int, Deployment | None]) -> Odd | None:
    """Return what the cloud said, once the record was made, if it is something else."""
    record, heard_at = runs[environment.pk], environment.heard_at
    if record is None or heard_at is None or environment.says == record.sha:
        return None
    if record.finished_at is not None and heard_at <= record.finished_at:
        return None
    label = providers.provider(environment.application.provider).label
    return Odd(label, record.sha, environment.says)


def made(
    rows: Iterable[Row],
    brought: Mapping[int, Deployment],
    succeeded: Mapping[int, Deployment | None],
    odds: Mapping[int, tuple[Odd, ...]],
) -> dict[int, Running]:
    """Put together what runs in each environment, from what is at hand."""
    found: dict[int, list[tuple[Deployment | None, int]]] = defaultdict(list)
    for environment, number, hosts in rows:
        found[environment].append((brought.get(number or 0), hosts))
    return {
        pk: Running(_versions(found.get(pk) or [(current, 0)]), odds.get(pk, ()))
        for pk, current in succeeded.items()
    }


def odd(environments: Sequence[Environment]) -> dict[int, tuple[Odd, ...]]:
    """Return the hosts of each that said something else, when last heard, than is on record."""
    heard = Placement.objects.filter(heard_at__isnull=False, current__isnull=False)
    found = lookup.in_environments(heard.exclude(says=F("current__sha")), environments)
    rows = found.order_by("host__name").values_list(
        "environment_id", "host__name", "current__sha", "says"
    )
    odds: dict[int, tuple[Odd, ...]] = defaultdict(tuple)
    for environment, host, record, says in rows:
        odds[environment] += (Odd(host, record, says),)
    return odds


def in_(environment: Environment) -> Running:
    return of([environment])[environment.pk]


def before(environment: Environment) -> Deployment | None:
    """Return what a deployment that begins now comes after; where hosts differ, what succeeded."""
    return in_(environment).whole or environment.current


def compared(application: Application, running: Running, head: str) -> Comparison | None:
    """Compare with what runs; with what lacks most where hosts differ. None: nothing runs."""
    found = [code.between(application, sha, head) for sha in running.shas[:MOST]]
    return max(found, key=lambda one: (one.ahead, one.behind), default=None)


def placed(environments: Sequence[Environment]) -> list[Row]:
    """Return environment, deployment, and how many hosts run that one."""
    found = lookup.in_environments(Placement.objects.order_by(), environments)
    rows = found.values_list("environment_id", "current_id").annotate(hosts=Count("pk"))
    return list(rows)


def _versions(rows: Iterable[tuple[Deployment | None, int]]) -> tuple[Version, ...]:
    by_sha: dict[str, Version] = {}
    for deployment, hosts in sorted(rows, key=_newest_first):
        sha = deployment.sha if deployment else ""
        known = by_sha.get(sha)
        by_sha[sha] = Version(
            known.deployment if known else deployment, (known.hosts if known else 0) + hosts
        )
    versions = tuple(by_sha.values())
    return versions if any(version.sha for version in versions) else ()


def _newest_first(row: tuple[Deployment | None, int]) -> int:
    return -row[0].pk if row[0] else 0
