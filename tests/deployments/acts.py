"""What people do with deployments, one for each cell of the right × role table, with what has to be
there before. Pages and chat are asked the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from deployments.models import (
    Application,
    Change,
    CommitStatus,
    Deployment,
    Environment,
    Person,
    Role,
)
from deployments.rights import RANK, Right
from deployments.services import approvals, locks
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.servers.repositories import Repository

Before = Callable[[Environment, Person, Repository], Deployment | None]


# The table of docs/security.md, written out: what the code says of itself proves nothing.
HOLD: dict[str, tuple[str, ...]] = {
    "deploy": ("deployer", "maintainer", "admin"),
    "force": ("maintainer", "admin"),
    "approve": ("maintainer", "admin"),
}


def tip(code: Repository, ref: str = "main") -> str:
    return code.git("rev-parse", f"{ref}^{{commit}}").strip()


def nothing(*_: object) -> None:
    return None


def failed(environment: Environment, person: Person, code: Repository) -> Deployment:
    return build.deployment(environment, build.maker(), tip(code), status="failure")


def two_releases(environment: Environment, person: Person, code: Repository) -> Deployment:
    first = build.live(environment, build.maker(), tip(code, "v2"))
    build.live(environment, build.maker(), tip(code))
    return first


def own_waits(environment: Environment, person: Person, code: Repository) -> Deployment:
    return build.deployment(environment, person, tip(code), status="queued")


def anothers_waits(environment: Environment, person: Person, code: Repository) -> Deployment:
    return build.deployment(environment, build.maker(), tip(code), status="queued")


def anothers_asked(environment: Environment, person: Person, code: Repository) -> Deployment:
    made = build.deployment(environment, build.maker(), tip(code), status="pending")
    with transaction.atomic():
        approvals.ask(made, "It is old.")
    return made


def own_lock(environment: Environment, person: Person, code: Repository) -> None:
    lock = locks.take(environment, Door(build.maker(), "web"))
    type(lock)._default_manager.filter(pk=lock.pk).update(person=person)


def anothers_lock(environment: Environment, person: Person, code: Repository) -> None:
    locks.take(environment, Door(build.maker(), "web"))


def red_checks(environment: Environment, person: Person, code: Repository) -> None:
    Environment.objects.filter(pk=environment.pk).update(checks="all")
    CommitStatus.objects.create(
        repository=environment.application.repository,
        sha=tip(code),
        context="ci/test",
        state="failure",
    )


@dataclass(frozen=True)
class Act:
    name: str
    right: Right
    before: Before
    address: str  # {n}: the number of the deployment that was there before
    data: dict[str, str]
    line: str  # the same in chat

    def __str__(self) -> str:
        return self.name

    def allowed(self, role: str) -> bool:
        return role in HOLD[self.right]


QA, THIS = "/apps/hello/qa/", "/deployments/{n}/"
ACTS = [
    Act("deploy", "deploy", nothing, f"{QA}deploy/", {"ref": "main"}, "deploy hello to qa"),
    Act("retry", "deploy", failed, f"{THIS}retry/", {}, "retry #{n}"),
    Act("rollback", "deploy", two_releases, f"{QA}rollback/", {"to": "{n}"},
        "rollback hello in qa to #{n}"),
    Act("cancel one's own", "deploy", own_waits, f"{THIS}cancel/", {}, "cancel #{n}"),
    Act("cancel another's", "force", anothers_waits, f"{THIS}cancel/", {}, "cancel #{n}"),
    Act("approve another's", "approve", anothers_asked, f"{THIS}approve/", {}, "approve #{n}"),
    Act("reject another's", "approve", anothers_asked, f"{THIS}reject/", {"because": "no"},
        "reject #{n} because no"),
    Act("lock", "deploy", nothing, f"{QA}lock/", {}, "lock hello in qa"),
    Act("unlock one's own", "deploy", own_lock, f"{QA}unlock/", {}, "unlock hello in qa"),
    Act("unlock another's", "force", anothers_lock, f"{QA}unlock/", {}, "unlock hello in qa"),
    Act("force past checks", "force", red_checks, f"{QA}deploy/", {"ref": "main", "force": "on"},
        "deploy! hello to qa"),
]  # fmt: skip
ROLES = ["nobody", *RANK]


def somebody(role: str, scope: Application | Environment | None = None) -> Person:
    """Make a person with that role everywhere, for an app or in one environment."""
    made = Person.objects.create_user("somebody", name="Somebody")
    if role in RANK:
        where = {"application" if isinstance(scope, Application) else "environment": scope}
        Role.objects.create(person=made, name=role, **where)
    return made


def scopes(environment: Environment) -> dict[str, Application | Environment]:
    """Return where a role may have been given, by whether it covers the environment."""
    app = environment.application
    other = Application.objects.create(name="other", repository=app.repository)
    return {
        "its app": app,
        "itself": environment,
        "its sibling": app.environments.exclude(pk=environment.pk)[0],
        "another app": other,
    }


COVERING = ("its app", "itself")
SCOPES = (*COVERING, "its sibling", "another app")


def acted() -> int:
    """Count what was done to deployments and locks; what is only said in chat does not count."""
    return Change.objects.filter(verb__regex=r"^(deployment|lock)\.").count()
