"""What a line names, found for the person who said it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bots.language.commands import Command, Deploy
from bots.language.nearest import nearest
from bots.speaker import Speaker
from deployments import lines
from deployments.exceptions import Invalid, NotFound
from deployments.models import Application, Deployment, Environment
from deployments.selectors import lookup
from deployments.selectors.slugs import host_of, slug

FEW = 8  # apps that are named where none is called nearly so


class Unknown(NotFound):
    """No such name, or none was given: `names` may have been meant as that part of the line.

    `instead`: what was meant, where that is known as a whole.
    """

    def __init__(
        self,
        text: str,
        part: str,
        names: Sequence[str],
        said: str = "",
        instead: Sequence[Command] = (),
    ) -> None:
        super().__init__(text)
        self.part = part
        self.names = list(names)
        self.said = said
        self.instead = list(instead)


def application(speaker: Speaker, name: str | None) -> Application:
    """Return the app that was named, or the one of the thread, or the only one there is."""
    if name is None:
        return _only_application(speaker)
    seen = lookup.applications_for(speaker.person)
    found = seen.filter(name=name.lower()).first()
    if found is None:
        names = list(seen.values_list("name", flat=True))
        text = f"There is no app “{name}” here." if names else "There is no app here yet."
        near = nearest(name, names)
        if not near and names[FEW:]:
            text += f" There is: {', '.join(names[:FEW])} and {len(names) - FEW} more."
        raise Unknown(text, "app", near or names[: 0 if names[FEW:] else FEW], name)
    speaker.about.add(found.pk)
    return found


def environment(speaker: Speaker, app: str | None, name: str | None) -> Environment:
    """Return the environment that was named, or the thread's; else the app's default one."""
    thread = speaker.deployment
    if app is None and thread is not None and name is None:
        speaker.about.add(thread.environment.application_id)
        return thread.environment
    found = application(speaker, app)
    asked = name or found.default_environment or _only_environment(found)
    return _environment(speaker, found, asked)


def is_to_be_named(environment: Environment) -> bool:
    """Return whether it has to be named: production is never taken for granted."""
    return environment.production or not environment.application.default_environment


def by_repository(speaker: Speaker, command: Deploy) -> Deploy:
    """Return the command with the app that `acme/web` means, where no app is called `acme`."""
    if command.link:
        return _by_pull_request(speaker, command)
    if command.ref is None or command.apps:
        return command
    seen = lookup.applications_for(speaker.person)
    if seen.filter(name=command.app.lower()).exists():
        return command
    said = lines.named(command.app, command.ref)
    ends = [at for at, sign in enumerate(said) if sign in "/@#"]
    for end in [len(said), *reversed(ends)]:
        apps = [app.name for app in of_repository(seen, said[:end])]
        if len(apps) > 1:
            text = f"The repository {said[:end]} belongs to several apps; say which."
            ways = [replace(command, app=app, ref=_ref(said[end:])) for app in apps[:3]]
            raise Unknown(text, "app", apps[:3], instead=ways)
        if apps:
            return replace(command, app=apps[0], ref=_ref(said[end:]))
    if near := _near_repositories(seen, said):
        ways = [replace(command, app=app, ref=None) for app in near[:3]]
        raise Unknown(f"There is no app or repository “{said}” here.", "app", near, instead=ways)
    return command


def _by_pull_request(speaker: Speaker, command: Deploy) -> Deploy:
    """Return the command with the app whose pull request the address leads to."""
    said = lines.named(command.app, command.ref)
    seen = lookup.applications_for(speaker.person)
    try:
        apps = [app.name for app in linked(seen, command.link, said.partition("#")[0])]
    except Invalid as error:
        raise Invalid(f"{error} Nothing was done.") from error
    ways = [
        replace(command, app=app, ref="".join(said.partition("#")[1:]), link="") for app in apps
    ]
    if len(ways) > 1:
        text = f"That pull request belongs to several apps: {', '.join(apps)}; say which."
        raise Unknown(text, "app", apps[:3], instead=ways[:3])
    return ways[0]


def linked(seen: Iterable[Application], host: str, name: str) -> list[Application]:
    """Return the apps whose code is in this repository of this host. Raises Invalid: none is."""
    named = of_repository(seen, name)
    found = [app for app in named if host_of(app.repository) == host.removeprefix("www.")]
    if found:
        return found
    said = f"That pull request is one of {host}/{name}, and no app here has its code there"
    places = {app.name: host_of(app.repository) or "Shipmate's own machine" for app in named}
    each = ", ".join(f"that of {app} is at {place}" for app, place in places.items())
    raise Invalid(f"{said}: {each}." if each else f"{said}.")


def _near_repositories(apps: Iterable[Application], said: str) -> list[str]:
    """Return the apps whose repositories are called nearly so: acme/wbe."""
    called = {app.name: "/".join(slug(app.repository)).lower() for app in apps}
    near = nearest(said, [name for name in called.values() if "/" in name])
    return [app for app, name in called.items() if name in near]


def of_repository(apps: Iterable[Application], name: str) -> list[Application]:
    """Return the apps of a repository: by its own name, or by owner and name at its forge."""
    wanted = name.lower()
    return [
        app
        for app in apps
        if wanted in (app.repository.name.lower(), "/".join(slug(app.repository)).lower())
    ]


def _ref(behind: str) -> str | None:
    """Return the ref that stands behind a repository's name: /main, @v2, #123."""
    return (behind if behind.startswith("#") else behind[1:]) or None


def environments(speaker: Speaker, app: str | None, name: str | None) -> list[Environment]:
    """Return the environments of that app, or by that name in all apps, or all."""
    rows: Iterable[Environment] = lookup.environments_for(speaker.person)
    if app is not None:
        rows = lookup.environments_of(application(speaker, app))
    if name is None:
        return _all(speaker, rows)
    asked = lookup.ALIASES.get(name.lower(), name.lower())
    found = [e for e in rows if asked == e.name or name.lower() in e.aliases]
    if not found:
        names = sorted({e.name for e in rows})
        said = f"No environment is called “{name}”. There is: {', '.join(names) or 'none yet'}."
        raise Unknown(said, "environment", nearest(name, names) or names[:3])
    return _all(speaker, found)


def deployment(speaker: Speaker, number: int | None) -> Deployment:
    """Return the deployment of this number, or the thread's."""
    if number is None:
        if speaker.deployment is None:
            said = "Which deployment? Outside of its thread name it by its number, like #812."
            raise Unknown(said, "number", [])
        number = speaker.deployment.pk
    try:
        found = lookup.deployment_for(speaker.person, number)
    except NotFound as error:
        raise Unknown(str(error), "number", []) from None
    speaker.about.add(found.environment.application_id)
    return found


def _environment(speaker: Speaker, app: Application, name: str) -> Environment:
    try:
        return lookup.environment_for(speaker.person, app.name, name)
    except NotFound:
        names = list(app.environments.values_list("name", flat=True))
        said = f"{app} has no environment “{name}”. It has: {', '.join(names) or 'none yet'}."
        raise Unknown(said, "environment", nearest(name, names) or names[:3], name) from None


def _all(speaker: Speaker, found: Iterable[Environment]) -> list[Environment]:
    rows = list(found)
    speaker.about.update(row.application_id for row in rows)
    return rows


def _only_environment(app: Application) -> str:
    names = list(app.environments.values_list("name", flat=True))
    if len(names) == 1:
        return names[0]
    if "production" in names:
        return "production"
    raise Unknown(f"{app} has no default environment: say which.", "environment", names[:3])


def _only_application(speaker: Speaker) -> Application:
    if speaker.deployment is not None:
        speaker.about.add(speaker.deployment.environment.application_id)
        return speaker.deployment.environment.application
    seen = list(lookup.applications_for(speaker.person)[:4])
    if len(seen) == 1:
        speaker.about.add(seen[0].pk)
        return seen[0]
    raise Unknown(
        "Which app?" if seen else "There is no app here yet.", "app", [app.name for app in seen[:3]]
    )
