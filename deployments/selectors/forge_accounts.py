"""Whose account at a forge this is, by proof."""

from __future__ import annotations

from deployments.models import Person


def person_of(base_url: str, uid: int) -> Person | None:
    """Return the person who proved that this account is theirs, if they may still act.

    `base_url`: of the forge's API, as `forges.github.places` writes it.
    """
    found = Person.objects.filter(
        forge_accounts__base_url=base_url.rstrip("/"), forge_accounts__uid=uid, is_active=True
    )
    return found.first()
