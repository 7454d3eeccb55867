"""What waits for somebody's word, who may give it, and on whose authority a deployment goes."""

from __future__ import annotations

from django.db.models import Q

from deployments import rights
from deployments.models import Approval, Deployment, ForgeDeployment, Person

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


def refusal(deployment: Deployment, person: Person) -> str:
    """Say why the person may not approve or reject it, and who may; empty: they may."""
    environment = deployment.environment
    needed: tuple[rights.Right, ...] = ("approve", "deploy")
    for right in needed:
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
    made = ForgeDeployment.objects.filter(deployment=deployment).first()
    found = {deployment.person_id}
    if made is not None:
        account = Q(forge_accounts__base_url=made.base_url, forge_accounts__uid=made.uid)
        found |= set(Person.objects.filter(account).values_list("pk", flat=True))
    return found


def waiting_for(person: Person) -> list[Deployment]:
    """Return what the person may approve or reject now, oldest first."""
    if not rights.may_somewhere(person, "approve"):
        return []
    waits = Approval.objects.filter(approved=None, deployment__status="pending")
    found = Deployment.objects.filter(approval__in=waits).select_related(
        "environment__application", "person", "approval"
    )
    return [one for one in found.order_by("pk") if not refusal(one, person)]
