"""The apps of a file, each with what becomes of its keys and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from deployments.apps_json import dropped, keys, names
from deployments.apps_json.draft import Draft
from deployments.apps_json.reading import Part
from deployments.apps_json.wanted import WantedApp
from deployments.exceptions import Invalid

MOST = 500
# Environments first: other keys speak of them. Then what deploys, which says what more is read.
ORDER = (
    keys.environments,
    keys.repository,
    keys.token,
    keys.provider,
    keys.deploy_script,
    keys.beanstalk,
    keys.as_written,
    keys.heroku,
    keys.contexts,
    keys.urls,
    keys.hosts,
    keys.auto_merge,
)


def entries(root: Part, place: str, is_word: Callable[[str], bool]) -> list[WantedApp]:
    """Return every app that the file has.

    `place` is where repositories are of which only owner and name are known; `is_word` says which
    names cannot be had because they mean something.
    """
    if not root.is_object:
        raise Invalid('The file is no object: it takes {"web": {"repository": …}, …}.')
    if not root.members:
        raise Invalid("The file names no app.")
    if len(root.members) > MOST:
        raise Invalid(f"The file names {len(root.members)} apps; at most {MOST} are read.")
    found = [_app(written, part, place, is_word) for written, part in root.members]
    return _told_apart(found)


def _app(written: str, part: Part, place: str, is_word: Callable[[str], bool]) -> WantedApp:
    name = names.called(written)
    name = names.instead(name) if name and is_word(name) else name
    if not part.is_object:
        fault = f'Line {part.line}: it is no object, such as {{"repository": "owner/name"}}.'
        return WantedApp(written, part.line, name, faults=(fault,))
    draft = Draft(dict(part.members), place)
    draft.faults += [*([] if name else [f"Line {part.line}: nothing here can be called so."])]
    draft.faults += _twice(part)
    as_objects = draft.members.get("environments")
    for read in ORDER:
        read(draft)
    keys.of_environments(draft, as_objects)
    for key, value in draft.members.items():
        draft.drop(key, value, dropped.REASONS.get(key, dropped.OTHER))
    return _made(written, part.line, name, draft)


def _made(written: str, line: int, name: str, draft: Draft) -> WantedApp:
    environments = tuple(draft.environments.values())
    called = [each.name for each in environments]
    usual = "production" if "production" in called else called[0] if len(called) == 1 else ""
    return WantedApp(
        written=written,
        line=line,
        name=name,
        location=draft.location,
        way=draft.way,
        settings=draft.settings,
        environments=environments,
        default_environment=usual,
        token=draft.token,
        auto_merge=draft.auto_merge,
        keys=tuple(sorted(draft.keys, key=lambda key: key.line)),
        faults=tuple(draft.faults),
    )


def _twice(part: Part) -> Iterator[str]:
    """Tell of each key that stands twice, wherever in it."""
    for name, lines in part.twice.items():
        listed = ", ".join(map(str, lines))
        yield f"“{name}” stands in lines {listed}. Only the last counted: take out the others."
    for _, inner in part.members:
        yield from _twice(inner)
    for inner in part.items:
        yield from _twice(inner)


def _told_apart(found: list[WantedApp]) -> list[WantedApp]:
    """Refuse apps that would be called alike, each with the lines where they stand."""
    often = Counter(app.name for app in found if app.name)
    return [
        replace(app, faults=(*app.faults, _alike(app, found))) if often[app.name] > 1 else app
        for app in found
    ]


def _alike(app: WantedApp, found: list[WantedApp]) -> str:
    lines = ", ".join(str(other.line) for other in found if other.name == app.name)
    return f"The apps in lines {lines} would all be called “{app.name}”: keep one of that name."
