"""Stars: the applications that a person wants first on the board. Nobody else sees them."""

from __future__ import annotations

from deployments.models import Application, Person, Star


def give(person: Person, application: Application) -> None:
    Star.objects.get_or_create(person=person, application=application)


def take(person: Person, application: Application) -> None:
    Star.objects.filter(person=person, application=application).delete()
