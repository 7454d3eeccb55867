"""What changed from what to what, one Change for each value; and the models' own rules in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model

from deployments import changes
from deployments.exceptions import Invalid
from deployments.models import Application, Environment, Person

SHORT = 200  # what a Change's old and new hold; longer values stand in its note


def record_differences(
    verb: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    person: Person | None,
    *,
    about: str = "",
    scope: Environment | Application | None = None,
    via: str = "web",
) -> list[str]:
    """Record each value of `after` that differs, and return their names."""
    differing = [key for key in after if before.get(key) != after[key]]
    for key in differing:
        old, new = words(before.get(key)), words(after[key])
        changes.record(
            verb,
            person=person,
            via=via,
            environment=scope if isinstance(scope, Environment) else None,
            application=scope if isinstance(scope, Application) else None,
            subject=f"{about} {key}".strip(),
            old=old,
            new=new,
            note=f"{old}\n→\n{new}" if max(len(old), len(new)) > SHORT else "",
        )
    return differing


def words(value: Any) -> str:
    """Write a value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {words(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(str(part) for part in value)
    return "" if value is None else str(value)


def check(instance: Model, *, checked: Collection[str] = ()) -> None:
    """Refuse what the model's own rules refuse, naming each field but those `checked` before."""
    try:
        instance.full_clean(exclude=checked)
    except ValidationError as error:
        raise Invalid(sentence(error)) from None


def sentence(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        text if name == NON_FIELD_ERRORS else f"{name.replace('_', ' ')}: {text}"
        for name, texts in error.message_dict.items()
        for text in texts
    )
