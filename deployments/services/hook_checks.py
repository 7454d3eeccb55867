"""GitHub is asked how a webhook does there, and what is amiss is told in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from deployments import rights
from deployments.exceptions import ForgeError, RepositoryAway
from deployments.forges.github import app_hooks, hooks
from deployments.forges.github.access import App
from deployments.forges.github.app_hooks import AppHook
from deployments.forges.github.hooks import Hook, Sent
from deployments.models import Application, Person
from deployments.selectors import webhooks as reading
from deployments.services.hooks import access_of, address, caller_of

WHAT_REFUSED = {
    401: "its deliveries are not signed: install it again, which sets the secret",
    403: "its secret is not the one that is known here: install it again",
    404: "nothing takes webhooks at that address: see that SHIPMATE_URL is right",
    413: "a body was larger than SHIPMATE_WEBHOOK_MAX_MB",
    503: "Shipmate, or its database, was not ready at that moment: deliver it again at GitHub",
}


WHAT_THE_APP_IS_REFUSED = {
    **WHAT_REFUSED,
    401: "its deliveries are not signed: set SHIPMATE_GITHUB_APP_WEBHOOK_SECRET as its secret",
    403: "its secret is not the one in SHIPMATE_GITHUB_APP_WEBHOOK_SECRET: set the same at both",
}
THERE = "in the settings of the App at GitHub"


def check(app: Application, person: Person, events: Sequence[str]) -> list[str]:
    """Return what is amiss with it at GitHub, each in a sentence; nothing: it works."""
    rights.require(person, "configure", app)
    if is_told_by_app(app):
        return [*_check_app(app, events), *_beside(app)]
    caller = caller_of(app)
    hook = hooks.find(caller, address())
    if hook is None:
        name = caller.place.full_name
        return [f"{name} has no webhook at GitHub that leads to {address()}. Install it."]
    return [*_amiss(hook, events), *_refused(hooks.deliveries(caller, hook.number))]


def is_told_by_app(app: Application) -> bool:
    """Return whether the App that reads the repository tells of it by a webhook of its own."""
    return app.repository in reading.of_app()


def _check_app(app: Application, events: Sequence[str]) -> Iterator[str]:
    access = access_of(app)
    assert isinstance(access, App)  # noqa: S101  what is told by an App is read with it
    found = app_hooks.look(access)
    yield from _hook_of_app(found)
    yield from _may_see(found, events)
    yield from _installed(found, access)
    yield from _refused(found.sent, WHAT_THE_APP_IS_REFUSED)


def _hook_of_app(found: AppHook) -> Iterator[str]:
    if not found.url:
        yield (
            f"The App {found.name} has no webhook that is active. Switch it on {THERE}, with"
            f" {address()} as Payload URL."
        )
        return
    if found.url != address():
        yield f"The App's webhook leads to {found.url}: set {address()} as Payload URL {THERE}."
    if found.content_type not in ("json", "form"):
        kind = found.content_type or "not set"
        yield f"Its content type is {kind}: set application/json {THERE}."
    if not found.is_signed:
        yield f"It has no secret: set SHIPMATE_GITHUB_APP_WEBHOOK_SECRET as its secret {THERE}."
    if not found.is_checked:
        yield f"GitHub does not check the certificate of this address. Have it do so {THERE}."


def _may_see(found: AppHook, events: Sequence[str]) -> Iterator[str]:
    """Tell of permissions first: GitHub offers an event only to an App that may see it."""
    if lacks := app_hooks.lacking(found.permissions):
        yield f"The App lacks {', '.join(lacks)}. Set that {THERE}, under Permissions & events."
    if missing := sorted(set(events) - set(found.events)):
        yield (
            f"The App does not subscribe to {', '.join(missing)}. Tick them {THERE}, under"
            " Permissions & events."
        )


def _installed(found: AppHook, access: App) -> Iterator[str]:
    name = access.itself().place.full_name
    if found.installation is None:
        yield f"The App is not installed on {name}. Install it there, from its page at GitHub."
        return
    if found.installation.is_suspended:
        yield f"The App's installation on {name} is suspended. Its owner lifts that at GitHub."
    known = set(app_hooks.lacking(found.permissions))
    waits = [one for one in app_hooks.lacking(found.installation.permissions) if one not in known]
    if waits:
        yield (
            f"The owner of {name} has not accepted what the App asks for since: {', '.join(waits)}."
            " GitHub shows the request in the settings of the owner, under GitHub Apps."
        )


def _beside(app: Application) -> Iterator[str]:
    """Tell of a webhook of the repository's own, as far as GitHub lets the App see that."""
    try:
        caller = caller_of(app)
        own = hooks.find(caller, address())
    except RepositoryAway:
        raise
    except ForgeError:  # most Apps may see none, and need not
        return
    if own is not None and own.is_active:
        name = caller.place.full_name
        yield (
            f"{name} has a webhook of its own that leads here, too, so everything comes twice. Take"
            " it away at GitHub, in the settings of the repository."
        )


def _amiss(hook: Hook, events: Sequence[str]) -> Iterator[str]:
    if not hook.is_active:
        yield "It is switched off at GitHub. Install it again, which switches it on."
    if hook.content_type not in ("json", "form"):
        yield f"Its content type is {hook.content_type or 'not set'}. Install it again."
    if not hook.is_checked:
        yield "GitHub does not check the certificate of this address. Install it again."
    missing = sorted(set(events) - set(hook.events)) if "*" not in hook.events else []
    if missing:
        yield f"It does not send {', '.join(missing)}. Install it again, which adds them."
    if hook.code is not None and not 200 <= hook.code < 300:
        yield f"GitHub's last delivery did not arrive: {_why(hook.code, hook.said)}."


def _refused(sent: Sequence[Sent], means: Mapping[int, str] = WHAT_REFUSED) -> Iterator[str]:
    """Tell of the newest of each kind that was not taken, unless one was taken since."""
    seen = set[str]()
    for one in sent:
        if one.event not in seen and not one.is_taken:
            yield f"{one.event} at {one.at} was not taken: {_why(one.code, one.said, means)}."
        seen.add(one.event)


def _why(code: int, said: str, means: Mapping[int, str] = WHAT_REFUSED) -> str:
    if code in means:
        return f"the answer was {code}, so {means[code]}"
    if code == 0 or code >= 502:
        return f"{said or 'no connection'}: GitHub cannot reach {address()} from where it is"
    return f"the answer was {code} ({said})"
