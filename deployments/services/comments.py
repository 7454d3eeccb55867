"""What people say about a deployment."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from deployments import changes, rights, typed
from deployments.exceptions import Invalid
from deployments.models import Comment, Deployment, Person

LONGEST = 10_000


def add(
    deployment: Deployment, person: Person, text: str, *, via: str, key: str | None = None
) -> Comment:
    """Keep a comment with the deployment; whoever follows it shows it.

    The same key gives back the comment that it made before.
    """
    rights.require(person, "see", deployment.environment)
    said = typed.lines(text)
    if not said or len(said) > LONGEST:
        raise Invalid(f"A comment has between 1 and {LONGEST:,} characters.")
    with transaction.atomic():
        row = {"deployment": deployment, "person": person, "via": via, "text": said}
        comment, is_new = _kept(key, row)
        if not is_new:
            return comment
        changes.record(
            "deployment.comment",
            deployment=deployment,
            person=person,
            via=via,
            subject=str(comment.pk),
        )
    return comment


def _kept(key: str | None, row: dict[str, Any]) -> tuple[Comment, bool]:
    if key is None:
        return Comment.objects.create(**row), True
    return Comment.objects.get_or_create(key=key, defaults=row)
