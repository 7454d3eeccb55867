"""The one table that remembers, and those who follow it."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction

from deployments.models import Application, Change, Deployment, Environment, Person

Handler = Callable[[Change], None]
_handlers: list[Handler] = []


def subscribe(handler: Handler) -> None:
    """Have `handler` called with each Change, inside the transaction that records it.

    A handler only leaves a note for later, such as a queued task: what it writes is committed or
    lost together with the Change.
    """
    if handler not in _handlers:
        _handlers.append(handler)


def record(
    verb: str,
    *,
    person: Person | None = None,
    via: str = "",
    deployment: Deployment | None = None,
    environment: Environment | None = None,
    application: Application | None = None,
    subject: str = "",
    topic: str = "",
    old: str = "",
    new: str = "",
    reason: str = "",
    note: str = "",
) -> Change:
    """Add a Change. Must be called inside the transaction that makes it true."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A Change is recorded inside the transaction that makes it true.")
    if deployment is not None and environment is None:
        environment = deployment.environment
    if environment is not None and application is None:
        application = environment.application
    change = Change.objects.create(
        person=person,
        via=via,
        verb=verb,
        deployment=deployment,
        environment=environment,
        application=application,
        subject=subject[:200],
        topic=topic,
        old=old[:200],
        new=new[:200],
        reason=reason,
        note=note,
    )
    for handler in _handlers:
        handler(change)
    return change
