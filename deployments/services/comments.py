"""What people say about a deployment."""

from __future__ import annotations

from django.db import transaction

from deployments import changes, rights, typed
from deployments.exceptions import Invalid
from deployments.models import Comment, Deployment, Person

LONGEST = 10_000


def add(deployment: Deployment, person: Person, text: str, *, via: str) -> Comment:
    """Keep a comment with the deployment; whoever follows it shows it."""
    rights.require(person, "see", deployment.environment)
    said = typed.lines(text)
    if not said or len(said) > LONGEST:
        raise Invalid(f"A comment has between 1 and {LONGEST:,} characters.")
    with transaction.atomic():
        comment = Comment.objects.create(deployment=deployment, person=person, via=via, text=said)
        changes.record(
            "deployment.comment",
            deployment=deployment,
            person=person,
            via=via,
            subject=str(comment.pk),
        )
    return comment
