"""Environments: an application in one place, its settings there, and its hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from deployments import changes, providers, rights
from deployments.exceptions import Invalid
from deployments.models import Application, Environment, Host, Person, Placement
from deployments.models.names import slug
from deployments.services import hosts, ledger
from deployments.services.applications import check_known, check_settings, defaults_of

DETAILS = (
    "production",
    "url",
    "aliases",
    "deploys",
    "position",
    "checks",
    "required_contexts",
)


def add(
    application: Application,
    name: str,
    person: Person,
    *,
    production: bool = False,
    url: str = "",
    via: str = "web",
) -> Environment:
    """Add an environment after those that the application has."""
    rights.require(person, "configure", application)
    with transaction.atomic():
        last = application.environments.aggregate(last=Max("position"))["last"]
        environment = Environment(
            application=application,
            name=name,
            production=production,
            url=url,
            position=0 if last is None else last + 1,
        )
        ledger.check(environment)
        check_meanings(environment)
        environment.save()
        changes.record(
            "environment.added", person=person, via=via, environment=environment, subject=name
        )
    return environment


def change(environment: Environment, person: Person, *, via: str = "web", **values: Any) -> None:
    """Change what the environment is, by the names in DETAILS."""
    rights.require(person, "configure", environment)
    with transaction.atomic():
        kept = _locked(environment)
        before = {key: getattr(kept, key) for key in DETAILS}
        for key in DETAILS:
            setattr(kept, key, values.get(key, before[key]))
        ledger.check(kept)
        check_meanings(kept)
        kept.save(update_fields=DETAILS)
        after = {key: getattr(kept, key) for key in DETAILS}
        ledger.record_differences("environment.changed", before, after, person, scope=kept, via=via)


def put_earlier(environment: Environment, person: Person) -> None:
    """Let it come one place earlier in the order of promotion."""
    application = environment.application
    rights.require(person, "configure", application)
    with transaction.atomic():
        rows = list(
            application.environments.select_for_update(of=("self",)).order_by("position", "name")
        )
        before = ", ".join(row.name for row in rows)
        at = next(place for place, row in enumerate(rows) if row.pk == environment.pk)
        if at == 0:
            raise Invalid(f"{environment} comes first already.")
        rows.insert(at - 1, rows.pop(at))
        for position, row in enumerate(rows):
            Environment.objects.filter(pk=row.pk).update(position=position)
        order = {"order of environments": ", ".join(row.name for row in rows)}
        old = {"order of environments": before}
        ledger.record_differences("application.changed", old, order, person, scope=application)


def change_settings(
    environment: Environment, values: Mapping[str, Any], person: Person, *, via: str = "web"
) -> None:
    """Say otherwise than the application for these settings; None: as the application says."""
    rights.require(person, "configure", environment)
    check_known(environment.application, values)
    with transaction.atomic():
        kept = _locked(environment)
        usual = defaults_of(kept.application)
        before = {**usual, **kept.effective_settings}
        own = {**kept.settings, **values}
        kept.settings = {key: value for key, value in own.items() if value is not None}
        check_settings(kept.application, kept.effective_settings)
        _check_folder(kept)
        kept.save(update_fields=["settings"])
        after = {key: {**usual, **kept.effective_settings}[key] for key in values}
        ledger.record_differences("environment.changed", before, after, person, scope=kept, via=via)
    environment.settings = kept.settings


def place(
    environment: Environment,
    host: Host,
    roles: Iterable[str],
    person: Person,
    *,
    via: str = "web",
) -> Placement:
    """Put a host into the environment, or give the one that is there other roles."""
    rights.require(person, "configure", environment)
    named = _checked_names(roles, "role")
    with transaction.atomic():
        kept = _locked(environment)
        known = kept.placements.filter(host=host).first()
        placement = known or Placement(environment=kept, host=host)
        before = {"roles": placement.roles} if known else {"roles": None}
        placement.roles = named
        placement.save()
        _check_folder(kept)
        _record_place(placement, person, before, new=known is None, via=via)
    return placement


def place_new(
    environment: Environment, roles: Iterable[str], person: Person, **values: Any
) -> Placement:
    """Add a host and put it into the environment, or do neither."""
    rights.require(person, "configure", environment)
    with transaction.atomic():
        return place(environment, hosts.add(person=person, **values), roles, person)


def unplace(placement: Placement, person: Person) -> None:
    """Take a host out. What lies on it stays; deployments that run go on."""
    rights.require(person, "configure", placement.environment)
    with transaction.atomic():
        changes.record(
            "host.unplaced",
            person=person,
            via="web",
            environment=placement.environment,
            subject=str(placement.host),
            old=ledger.words(placement.roles),
        )
        placement.delete()


def _record_place(
    placement: Placement, person: Person, before: dict[str, Any], *, new: bool, via: str
) -> None:
    host, roles = str(placement.host), placement.roles
    scope = placement.environment
    if not new:
        ledger.record_differences(
            "host.roles", before, {"roles": roles}, person, about=host, scope=scope, via=via
        )
        return
    changes.record(
        "host.placed",
        person=person,
        via=via,
        environment=scope,
        subject=host,
        new=ledger.words(roles),
    )


def _locked(environment: Environment) -> Environment:
    rows = Environment.objects.select_for_update(of=("self",)).select_related("application")
    return rows.get(pk=environment.pk)


def check_meanings(environment: Environment) -> None:
    """Refuse an alias that already means another environment, or the name of one."""
    environment.aliases = _checked_names(environment.aliases, "alias")
    others = environment.application.environments.exclude(pk=environment.pk)
    means = {word: other for other in others for word in (other.name, *other.aliases)}
    for word in (environment.name, *environment.aliases):
        if word in means:
            raise Invalid(f"“{word}” already means {means[word]}.")


def _checked_names(names: Iterable[str], what: str) -> list[str]:
    """Return the names once each, in their order; refuse what is no name."""
    found = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    for name in found:
        try:
            slug(name)
        except ValidationError as error:
            raise Invalid(f"“{name}” cannot be a {what}. {' '.join(error.messages)}") from None
    return found


def _check_folder(environment: Environment) -> None:
    """Refuse a folder in which another environment lives on the same host: they would switch and
    clean each other's releases away."""
    shared = Placement.objects.filter(host__in=environment.placements.values("host")).exclude(
        environment=environment
    )
    if providers.provider(environment.application.provider).runs_here:
        return
    for placement in shared.select_related("environment__application", "host"):
        if providers.provider(placement.environment.application.provider).runs_here:
            continue
        if folder(placement.environment) == folder(environment):
            raise Invalid(
                f"{placement.environment} lives in {folder(environment)} on {placement.host} "
                "already. Give one of the two another folder."
            )


def folder(environment: Environment) -> str:
    path = str(environment.effective_settings.get("path") or "").rstrip("/")
    return path or f"~/{environment.application.name}-{environment.name}"
