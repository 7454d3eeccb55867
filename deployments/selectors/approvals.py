"""What waits for somebody's word, who may give it, and on whose authority a deployment goes."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from deployments import rights
from deployments.models import (
    Approval,
    Deployment,
    Environment,
    ForgeAccount,
    ForgeDeployment,
    Person,
    Role,
)

NEEDED: tuple[rights.Right, ...] = ("approve", "deploy")
NOT_ONES_OWN = "asked for it, and another approves it"


def of(deployment: Deployment) -> Approval | None:
    return Approval.objects.select_related("person").filter(deployment=deployment).first()


def open_for(deployment: Deployment) -> Approval | None:
    """Return what is still to be answered."""
    found = of(deployment) if deployment.status == Deployment.Status.PENDING else None
    return found if found is not None and found.approved is None else None


def authority(deployment: Deployment) -> Person:
    """Return whose rights count: who approved it answers for it in the place of who asked."""
    found = of(deployment)
    if found is not None and found.approved and found.person is not None:
        return found.person
    return deployment.person


def lost(deployment: Deployment) -> str:
    """Say why who approved it may not any more, and who may; empty: they may, or nobody had to."""
    found, environment = of(deployment), deployment.environment
    if found is None or not found.approved or found.person is None:
        return ""
    if rights.may(found.person, "approve", environment):
        return ""
    return rights.refusal(found.person, "approve", environment)


def refusal(deployment: Deployment, person: Person) -> str:
    """Say why the person may not approve or reject it, and who may; empty: they may."""
    environment = deployment.environment
    for right in NEEDED:
        if not rights.may(person, right, environment):
            return rights.refusal(person, right, environment)
    if person.pk in askers(deployment):
        others = ", ".join(each.username for each in who_may(deployment)[:3])
        return f"{person} {NOT_ONES_OWN}. Ask {others or 'an administrator to name one'}."
    return ""


def who_may(deployment: Deployment) -> list[Person]:
    """Return those who may give it, by name."""
    environment, own = deployment.environment, askers(deployment)
    may_deploy = rights.holders("deploy", environment)
    found = rights.holders("approve", environment).filter(pk__in=may_deploy.values("pk"))
    return [person for person in found if person.pk not in own]


def askers(deployment: Deployment) -> set[int]:
    """Return who asked for it, as far as that is known now: whom it says, and whose account."""
    made = created_at_forge(deployment)
    found = {deployment.person_id}
    if made is not None:
        account = Q(forge_accounts__base_url=made.base_url, forge_accounts__uid=made.uid)
        found |= set(Person.objects.filter(account).values_list("pk", flat=True))
    return found


def created_at_forge(deployment: Deployment) -> ForgeDeployment | None:
    """Return what it was created as at GitHub, if it was."""
    return ForgeDeployment.objects.filter(deployment=deployment).first()


def among(person: Person, going: Iterable[Deployment]) -> list[Deployment]:
    """Return those that wait for this person's word, in as many queries for one as for all."""
    waits = [one for one in going if one.is_for_approval and one.person_id != person.pk]
    if not waits:
        return []
    roles = rights.roles_of(person)
    own = _created_by(person, waits)
    return [one for one in waits if one.pk not in own and _may(person, one.environment, roles)]


def _may(person: Person, environment: Environment, roles: list[Role]) -> bool:
    return all(rights.may(person, right, environment, roles) for right in NEEDED)


def _created_by(person: Person, waits: list[Deployment]) -> set[int]:
    """Return the numbers of those that an account of the person created at GitHub."""
    account = ForgeAccount.objects.filter(
        person=person, base_url=OuterRef("base_url"), uid=OuterRef("uid")
    )
    made = ForgeDeployment.objects.filter(Exists(account), deployment__in=waits)
    return set(made.values_list("deployment", flat=True))
