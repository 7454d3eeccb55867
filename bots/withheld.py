"""What of the lines that are offered a reader may not say, and who can."""

from __future__ import annotations

from collections.abc import Collection

from bots import tongue
from deployments import rights
from deployments.lines import spoken
from deployments.models import Deployment, Person
from deployments.rights import Right
from deployments.selectors import people

ACTS = ("deploy", "promote", "rollback", "retry", "cancel", "lock", "unlock", "approve", "reject")


def acts(line: str) -> bool:
    """Return whether a line does something that takes more than to look."""
    first = line.split(" ")[0].partition(":")[0].rstrip("!").lower()
    return first in {spoken(word, tongue.verb()) for word in ACTS}


def from_everywhere(reader: Person) -> str:
    """Say who may deploy, to whoever may deploy nothing; empty: the reader may something."""
    return "" if rights.may_somewhere(reader, "deploy") else rights.who_can("deploy")


def of_each(deployments: Collection[Deployment], reader: Person) -> dict[int, str]:
    """Say of each deployment on which the reader may not act who can, in three queries at most."""
    roles = rights.roles_of(reader)
    takes = {one.pk: (_right(one, reader), one.environment) for one in deployments}
    lacking = {
        number: asked for number, asked in takes.items() if not rights.may(reader, *asked, roles)
    }
    said = people.who_can(lacking.values())
    return {number: said[right, environment.pk] for number, (right, environment) in lacking.items()}


def _right(deployment: Deployment, reader: Person) -> Right:
    """Return what its next steps take: to cancel another's takes more than to deploy."""
    is_own = deployment.person_id == reader.pk
    return "deploy" if deployment.is_finished or is_own else "force"
