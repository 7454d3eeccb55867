"""The keys that all machines of an installation share, known again by marks in the database."""

from __future__ import annotations

from django.db import transaction

from deployments import vault
from deployments.exceptions import DeploymentError
from deployments.models import SharedKey

SIGNING, SECRETS = "signing", "secrets"
TEXT = "shipmate"  # what the marks are made of: anything that all know


def remember() -> None:
    """Leave the marks of this machine's keys where nobody has left any.

    Where this machine has a newer key in front, and still the older one, the mark is the newer's:
    whoever lacks that would not read the secrets that are saved from now on.
    """
    with transaction.atomic():
        first = {"mark": vault.fingerprint(TEXT)}
        SharedKey.objects.get_or_create(name=SIGNING, defaults=first)
        row, is_new = SharedKey.objects.select_for_update().get_or_create(
            name=SECRETS, defaults={"mark": vault.encrypt(TEXT).decode()}
        )
        if not is_new and _opens(row.mark):
            newer = vault.rotate(row.mark.encode()).decode()
            SharedKey.objects.filter(pk=row.pk).update(mark=newer)


def renew() -> None:
    """Have this machine's keys be the installation's, whatever was before."""
    SharedKey.objects.all().delete()
    remember()


def strange() -> list[str]:
    """Return the names of this machine's keys that are not the installation's."""
    marks = dict(SharedKey.objects.values_list("name", "mark"))
    found = []
    if marks.get(SIGNING, vault.fingerprint(TEXT)) != vault.fingerprint(TEXT):
        found.append(SIGNING)
    if SECRETS in marks and not _opens(marks[SECRETS]):
        found.append(SECRETS)
    return found


def _opens(mark: str) -> bool:
    try:
        return vault.decrypt(mark.encode()) == TEXT
    except DeploymentError:
        return False
