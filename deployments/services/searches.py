"""Searches that a person keeps for the next time. Nobody else sees them."""

from __future__ import annotations

from deployments.exceptions import Invalid
from deployments.models import Person, SavedSearch

MOST = 30
LONGEST_NAME, LONGEST_TEXT = 60, 500


def save(person: Person, name: str, text: str) -> SavedSearch:
    """Keep a search; one of the same name gives way to it."""
    name, text = " ".join(name.split()), text.strip()
    if not text:
        raise Invalid("Search for something first: an empty search is the whole history.")
    if not name:
        raise Invalid("Give the search a name by which you find it again.")
    if len(name) > LONGEST_NAME or len(text) > LONGEST_TEXT:
        raise Invalid(
            f"A name has at most {LONGEST_NAME} characters, a search at most {LONGEST_TEXT}."
        )
    others = SavedSearch.objects.filter(person=person).exclude(name=name)
    if others.count() >= MOST:
        raise Invalid(f"You keep {MOST} searches already; forget one first.")
    saved, _ = SavedSearch.objects.update_or_create(
        person=person, name=name, defaults={"text": text}
    )
    return saved


def forget(person: Person, name: str) -> None:
    SavedSearch.objects.filter(person=person, name=name).delete()
