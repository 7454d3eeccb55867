"""Which secrets an environment's commands get. Their values are read by services alone."""

from __future__ import annotations

from django.db.models import Q

from deployments.models import Environment, Secret


def secrets_of(environment: Environment) -> list[Secret]:
    """Return them by their names; an environment's own goes before its application's."""
    found = Secret.objects.filter(
        Q(application=environment.application_id) | Q(environment=environment)
    )
    by_name = {secret.name: secret for secret in found if secret.application_id}
    by_name.update({secret.name: secret for secret in found if secret.environment_id})
    return sorted(by_name.values(), key=lambda secret: secret.name)


def marks(environment: Environment) -> dict[str, str]:
    """Return the fingerprint of each."""
    return {secret.name: secret.fingerprint for secret in secrets_of(environment)}
