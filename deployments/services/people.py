"""People and their roles. `by` is None where the machine's own command line asks: whoever types
there holds everything already."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from deployments import changes, rights, typed
from deployments.exceptions import Invalid
from deployments.models import Application, Environment, ForgeStranger, Person, Role
from deployments.rights import Scope
from deployments.services import ledger, sessions

# No letter or digit that could be read as another.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def add(
    username: str,
    by: Person | None,
    *,
    name: str = "",
    password: str = "",
    role: str = "",
    robot: bool = False,
) -> tuple[Person, str]:
    """Return the new person, and the password to tell them: the one given, or a generated one.

    A robot has none: it signs in nowhere, and speaks by the tokens that administrators make.
    """
    _require(by)
    name = typed.line(name)
    person = Person(username=username, name=name)
    told = "" if robot else password or generate_password()
    if robot:
        person.set_unusable_password()
    else:
        _check_password(told, person)
        person.set_password(told)
    with transaction.atomic():
        ledger.check(person)
        person.save()
        _record("person.added", by, person, new=name, reason="robot" if robot else "")
        if role:
            give_role(person, role, None, by)
    return person, told


def give_role(person: Person, name: str, scope: Scope, by: Person | None, *, via: str = "") -> Role:
    """Give a role everywhere, for an application or for an environment; one role in each."""
    _require(by, scope)
    given: dict[str, Any] = {
        "application": scope if isinstance(scope, Application) else None,
        "environment": scope if isinstance(scope, Environment) else None,
    }
    if name not in Role.Name.values:
        raise Invalid(f"There is no role “{name}”. There is: {', '.join(Role.Name.values)}.")
    with transaction.atomic(), _an_admin_stays():
        before = Role.objects.filter(person=person, **given).first()
        role, _ = Role.objects.update_or_create(person=person, **given, defaults={"name": name})
        old = before.name if before else ""
        _record("role.given", by, person, scope, old=old, new=name, via=via or _via(by))
    return role


def take_role(role: Role, by: Person | None) -> None:
    """Take a role away."""
    scope = role.environment or role.application
    _require(by, scope)
    with transaction.atomic(), _an_admin_stays():
        _record("role.taken", by, role.person, scope, old=role.name)
        role.delete()


def set_active(person: Person, active: bool, by: Person | None) -> None:
    """Let a person sign in, or end every way in that they have: pages, chat and tokens."""
    _require(by)
    if active and ForgeStranger.objects.filter(person=person).exists():
        raise Invalid(
            f"{person} stands for an account that nobody here has proved to be theirs, and gets no"
            " way in. Whoever has that account signs in with it, or ties it to their own person."
        )
    with transaction.atomic(), _an_admin_stays():
        Person.objects.filter(pk=person.pk).update(is_active=active)
        ledger.record_differences(
            "person.changed",
            {"active": person.is_active},
            {"active": active},
            by,
            about=person.username,
            via=_via(by),
        )
        if not active:
            sessions.end_all(person, by)
    person.is_active = active


def new_password(person: Person, by: Person | None) -> str:
    """Give a person a new password, to be told to them; they are signed out everywhere."""
    _require(by)
    told = generate_password()
    person.set_password(told)
    with transaction.atomic():
        person.save(update_fields=["password"])
        _record("person.new_password", by, person)
        sessions.end_all(person, by)
    return told


def own_password_changed(person: Person, *, keep: str) -> None:
    """Record it, and end the sessions that the old password opened, all but the one `keep`."""
    with transaction.atomic():
        _record("person.new_password", person, person)
        sessions.end_all(person, person, keep=keep)


def change_own(person: Person, *, name: str, time_zone: str) -> None:
    """Change what people say of themselves."""
    name = typed.line(name)
    with transaction.atomic():
        kept = Person.objects.select_for_update().get(pk=person.pk)
        before = {"name": kept.name, "time zone": kept.time_zone}
        kept.name, kept.time_zone = name, time_zone
        ledger.check(kept)
        kept.save(update_fields=["name", "time_zone"])
        after = {"name": name, "time zone": time_zone}
        about = kept.username
        ledger.record_differences("person.changed", before, after, person, about=about)


def generate_password() -> str:
    """Return some 79 bits that can be read out over a telephone."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


@contextmanager
def _an_admin_stays() -> Iterator[None]:
    """Undo the block if nobody is left who gives roles. The rows are locked, so that two
    administrators cannot remove each other at the same time."""
    admins = Person.objects.filter(pk__in=rights.holders("administer").values("pk"))
    had = list(admins.select_for_update().order_by("pk"))
    yield
    if had and not rights.holders("administer").exists():
        raise Invalid(
            f"{had[0]} is the last administrator. Make somebody else one first; else nobody "
            "could give roles any more."
        )


def _require(by: Person | None, scope: Scope = None) -> None:
    if by is not None:
        rights.require(by, "administer", scope)


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None


def _via(by: Person | None) -> str:
    return "web" if by else "command"


def _record(
    verb: str,
    by: Person | None,
    person: Person,
    scope: Scope = None,
    *,
    via: str = "",
    **values: Any,
) -> None:
    changes.record(
        verb,
        person=by,
        via=via or _via(by),
        environment=scope if isinstance(scope, Environment) else None,
        application=scope if isinstance(scope, Application) else None,
        subject=person.username,
        **values,
    )
