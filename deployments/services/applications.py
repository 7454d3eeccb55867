"""Applications: a repository, and how it is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from deployments import changes, providers, rights
from deployments.exceptions import Invalid
from deployments.models import Application, Environment, Person
from deployments.models.names import TAKEN
from deployments.providers import Way
from deployments.selectors import code
from deployments.selectors.repositories import Look, Opening, look
from deployments.services import ledger, repositories

COMMON = ("parameters", "total_seconds", "silence_seconds")  # settings of every way to deploy


def add(name: str, location: str, person: Person, opening: Opening | None = None) -> Application:
    """Make an application of a repository that can be read now."""
    rights.require(person, "configure")
    check_name(name)
    return keep(name, look(location, person, opening), person)


def keep(name: str, seen: Look, person: Person, *, via: str = "web") -> Application:
    """Make an application of a repository that was looked at."""
    rights.require(person, "configure")
    application = Application(name=name)
    check_name(name)
    with transaction.atomic():
        application.repository = repositories.keep(seen, person, via=via)
        ledger.check(application)
        application.save()
        changes.record(
            "application.added",
            person=person,
            via=via,
            application=application,
            subject=name,
            new=seen.location,
        )
    return application


def check_name(name: str) -> None:
    """Refuse a name that the pages' addresses need for themselves."""
    if name in TAKEN:
        raise Invalid(f"“{name}” is an address of the settings pages; choose another name.")


def move(
    application: Application, location: str, person: Person, opening: Opening | None = None
) -> Look:
    """Take the code from another repository, its new address, or in another way.

    Nobody has said that Shipmate may write to another one: auto-merge is off there.
    """
    rights.require(person, "configure", application)
    seen = look(location, person, opening)
    with transaction.atomic():
        kept = _locked(application)
        old, kept.repository = kept.repository, repositories.keep(seen, person)
        before: dict[str, Any] = {"repository": old.location, "auto-merge": kept.auto_merge}
        kept.auto_merge = kept.auto_merge and old == kept.repository
        kept.save(update_fields=["repository", "auto_merge"])
        after = {"repository": seen.location, "auto-merge": kept.auto_merge}
        ledger.record_differences("application.changed", before, after, person, scope=kept)
    application.repository, application.auto_merge = kept.repository, kept.auto_merge
    return seen


def set_default_environment(
    application: Application, name: str, person: Person, *, via: str = "web"
) -> None:
    """Say which environment is meant where none is named; empty: none."""
    rights.require(person, "configure", application)
    if name and not application.environments.filter(name=name).exists():
        raise Invalid(f"{application} has no environment “{name}”.")
    with transaction.atomic():
        kept = _locked(application)
        before = {"default environment": kept.default_environment}
        kept.default_environment = name
        kept.save(update_fields=["default_environment"])
        after = {"default environment": name}
        ledger.record_differences("application.changed", before, after, person, scope=kept, via=via)


def set_auto_merge(
    application: Application, wanted: bool, person: Person, *, via: str = "web"
) -> None:
    """Say whether the default branch is merged into branches that are to be deployed.

    Whoever may deploy then has Shipmate write to the repository, which is not only this app's.
    """
    for each in application.repository.applications.all() if wanted else [application]:
        rights.require(person, "configure", each)
    impossible = code.no_merge(application) if wanted else ""
    if impossible:
        raise Invalid(impossible)
    with transaction.atomic():
        kept = _locked(application)
        before = {"auto-merge": kept.auto_merge}
        kept.auto_merge = wanted
        kept.save(update_fields=["auto_merge"])
        after = {"auto-merge": wanted}
        ledger.record_differences("application.changed", before, after, person, scope=kept, via=via)
    application.auto_merge = wanted


def change_settings(
    application: Application, values: Mapping[str, Any], person: Person, *, via: str = "web"
) -> None:
    """Change these settings and leave the others as they are.

    Whoever may do this runs code on the hosts of every environment of the application.
    """
    rights.require(person, "configure", application)
    check_known(application, values)
    if values.get("path"):
        raise Invalid("The folder on the hosts is set for each environment, never for all at once.")
    with transaction.atomic():
        kept = _locked(application)
        before = dict(kept.settings)
        kept.settings = {**before, **values}
        check_settings(kept, kept.settings)
        kept.save(update_fields=["settings"])
        before = {**defaults_of(kept), **before}
        ledger.record_differences(
            "application.changed", before, values, person, scope=kept, via=via
        )
    application.settings = kept.settings


def choose(application: Application, key: str, person: Person, *, via: str = "web") -> Way:
    """Deploy it in another way from now on, with the settings that this way begins with.

    What other ways would misread is taken out of its environments too; Changes keep what it was.
    """
    rights.require(person, "configure", application)
    way = providers.ways().get(key)
    if way is None:
        raise Invalid(f"There is no way to deploy called “{key}”.")
    require_way(way, str(application), person)
    with transaction.atomic():
        kept = _locked(application)
        before = {**kept.settings, "way": _way(kept).label}
        stays = {name: kept.settings[name] for name in _common(way) if name in kept.settings}
        kept.provider, kept.settings = way.provider, {**stays, **way.settings}
        kept.save(update_fields=["provider", "settings"])
        after = {**dict.fromkeys(before), **kept.settings, "way": way.label}
        ledger.record_differences("application.changed", before, after, person, scope=kept, via=via)
        for environment in kept.environments.select_for_update(of=("self",)):
            _follow(environment, _common(way), person, via)
    application.provider, application.settings = kept.provider, kept.settings
    return way


def require_way(way: Way, application: str, person: Person) -> None:
    """Let only administrators have programs of people's own run on this machine."""
    if way.is_trusted:
        doing = f"have programs of {application} run on the machine of"
        rights.require(person, "administer", doing=doing)


def _way(application: Application) -> Way:
    return providers.way_of(application.provider, application.settings)


def _common(way: Way) -> list[str]:
    """Return the settings of every way that this one has, too."""
    return [name for name in COMMON if name in providers.provider(way.provider).defaults]


def _follow(environment: Environment, stays: list[str], person: Person, via: str) -> None:
    """Leave an environment with what it says of every way to deploy."""
    before = environment.settings
    environment.settings = {name: before[name] for name in stays if name in before}
    environment.says, environment.silence, environment.heard_at = "", "", None
    environment.save(update_fields=["settings", "says", "silence", "heard_at"])
    after = {**dict.fromkeys(before), **environment.settings}
    ledger.record_differences(
        "environment.changed", before, after, person, scope=environment, via=via
    )


def defaults_of(application: Application) -> dict[str, Any]:
    """Return the settings that its provider knows, with what holds where nothing is said."""
    return dict(providers.provider(application.provider).defaults)


def check_known(application: Application, values: Mapping[str, Any]) -> None:
    known = defaults_of(application)
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise Invalid(f"There is no setting “{unknown[0]}”. There is: {', '.join(known)}.")


def check_settings(application: Application, settings: Mapping[str, Any]) -> None:
    """Refuse settings that the provider cannot use, with every fault at once."""
    faults = providers.provider(application.provider).validate(settings)
    if faults:
        raise Invalid(" ".join(faults))


def _locked(application: Application) -> Application:
    rows = Application.objects.select_for_update(of=("self",)).select_related("repository")
    return rows.get(pk=application.pk)
