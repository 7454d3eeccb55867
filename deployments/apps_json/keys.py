"""Keys that are taken over. Each function reads its own, and says what becomes of it."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from deployments import providers
from deployments.apps_json import dropped, names, ways
from deployments.apps_json.draft import Draft, shown
from deployments.apps_json.reading import Part
from deployments.apps_json.wanted import WantedEnvironment, WantedHost

URL = re.compile(r"(?P<environment>.+)_url")
HEROKU = re.compile(r"heroku_(?P<environment>.+)_name")
LONGEST_URL, LONGEST_CONTEXT, MOST_ENVIRONMENTS = 200, 255, 50
PRODUCTION = ("production", "prod")
CLOUDS = ("heroku", "beanstalk")


def repository(draft: Draft) -> None:
    api = _api(draft)
    part = draft.take("repository")
    if part is None:
        draft.faults.append("It names no “repository”: it takes owner/name.")
        return
    draft.location = names.located(part.value, api, draft.place) if _is_text(part) else ""
    if draft.location:
        draft.keep("repository", part, f"the code comes from {draft.location}")
    else:
        draft.refuse("repository", part, f"is {shown(part.value)}; it takes owner/name.")


def _api(draft: Draft) -> str:
    part = draft.take("github_api")
    if part is None or part.value is None:
        return ""
    if not _is_text(part) or not names.is_api(part.value):
        draft.refuse("github_api", part, "is no https address without a user in it.")
        return ""
    draft.keep("github_api", part, "says at which GitHub the repository is")
    return str(part.value)


def token(draft: Draft) -> None:
    part = draft.take("github_token")
    if part is None:
        return
    if _is_text(part) and re.fullmatch(r"[\x21-\x7e]{1,500}", part.value):
        draft.token = part.value
        draft.keep("github_token", part, "opens the repository, and is kept encrypted; it is never "
                   "shown. Checks are read with it")  # fmt: skip
    else:
        draft.drop("github_token", part, "It is no token.")


def environments(draft: Draft) -> None:
    """Read them in either form: by name, or as objects."""
    part = draft.take("environments")
    if part is None or part.value is None:
        draft.environments = {"production": WantedEnvironment("production", production=True)}
        return
    if not isinstance(part.value, list) or not part.items:
        draft.refuse("environments", part, 'takes a list, such as ["production"].')
        return
    if len(part.items) > MOST_ENVIRONMENTS:
        draft.refuse("environments", part, f"lists more than {MOST_ENVIRONMENTS}.")
        return
    for one in part.items:
        _environment(draft, one)
    # Here their order means something: what is tried elsewhere first goes to production last.
    draft.environments = dict(
        sorted(draft.environments.items(), key=lambda made: made[1].production)
    )
    listed = ", then ".join(made.name for made in draft.environments.values())
    draft.keep("environments", part, f"{listed} in the order of promotion")


def _environment(draft: Draft, one: Part) -> None:
    written = one.value.get("name") if one.is_object else one.value
    name = names.called(written) if isinstance(written, str) else ""
    if not name:
        draft.refuse("environments", one, f"has {shown(written)}, which is no name.")
    elif any(made.name == name for made in draft.environments.values()):
        draft.refuse("environments", one, f"names “{name}” twice.")
    else:
        production = one.value.get("production") if one.is_object else None
        is_it = name in PRODUCTION if production is None else production is True
        draft.environments[written] = WantedEnvironment(name, production=is_it)


def provider(draft: Draft) -> None:
    part = draft.take("provider")
    if part is None:
        return
    draft.way = ways.WAYS.get(part.value, "") if _is_text(part) else ""
    if not draft.way:
        draft.drop(
            "provider",
            part,
            f"{shown(part.value)} is none of Heaven's. The app is made, and deployed by SSH until "
            "something else is chosen in its settings.",
        )
        return
    label = providers.ways()[draft.way].label
    draft.keep("provider", part, f"is “{label}”.{ways.NOTES.get(part.value, '')}")


def deploy_script(draft: Draft) -> None:
    part = draft.take("deploy_script")
    if part is None:
        if draft.way == "command:script":
            draft.faults.append("It is deployed by a script, and “deploy_script” names none.")
        return
    if draft.way != "command:script":
        draft.drop("deploy_script", part, "Only the provider “shell” read it.")
        return
    line = ways.script(part.value) if _is_text(part) else ""
    if line:
        draft.settings["command"] = line
        draft.keep("deploy_script", part, f"“{line}” of the repository deploys")
    else:
        draft.refuse("deploy_script", part, f"is {shown(part.value)}; it takes the path of a "
                     "script in the repository.")  # fmt: skip


def as_written(draft: Draft) -> None:
    """Let what deploys know environments as the file calls them, where that is no name here."""
    for written, made in draft.environments.items():
        if written != made.name and draft.way != "heroku":
            draft.say(written, ways.at_provider(draft.way, written))


def heroku(draft: Draft) -> None:
    """Take the names at Heroku: one for all environments, or one for each."""
    for name in [key for key in draft.members if key == "heroku_name" or HEROKU.fullmatch(key)]:
        part = draft.members.pop(name)
        found = HEROKU.fullmatch(name)
        written = draft.named(found["environment"]) if found else ""
        if draft.way != "heroku":
            draft.drop(name, part, "Only the provider “heroku” read it.")
        elif found and not written:
            draft.drop(name, part, f"The app has no environment “{found['environment']}”.")
        elif not _is_text(part) or (wrong := ways.fault("heroku", {"app": part.value})):
            draft.refuse(name, part, wrong if _is_text(part) else "takes a name.")
        elif found:
            draft.say(written, {"app": part.value})
            where = draft.environments[written].name
            draft.keep(name, part, f"{where} goes to {part.value} at Heroku")
        else:
            draft.settings["app"] = part.value
            draft.keep(name, part, f"what has no name of its own goes to {part.value} at Heroku")


def beanstalk(draft: Draft) -> None:
    """Take application and region; environments are called there as they are in the file."""
    app, aws = draft.take("app_name"), draft.take("aws")
    if draft.way != "beanstalk":
        for name, part in (("app_name", app), ("aws", aws)):
            if part is not None:
                draft.drop(name, part, "Only the provider “elastic_beanstalk” read it.")
        return
    region = aws.value.get("region", ways.REGION) if aws and aws.is_object else ways.REGION
    draft.settings.update(region=region, aws_environment="{environment}")
    if app is None:
        draft.faults.append("It goes to Elastic Beanstalk, and “app_name” does not say to which "
                            "application there.")  # fmt: skip
    else:
        draft.settings["aws_application"] = app.value
        draft.keep("app_name", app, f"is the application {shown(app.value)} at Elastic Beanstalk")
    if aws is not None:
        draft.keep("aws", aws, f"its “region” is taken, {region}; nothing else of it is")
    if app is not None and (wrong := ways.fault("beanstalk", draft.settings)):
        draft.refuse("app_name", app, f"or the region cannot be used. {wrong}")


def contexts(draft: Draft) -> None:
    part = draft.take("required_contexts")
    if part is None or part.value is None:
        if part is not None:
            draft.keep("required_contexts", part, "leaves it open which checks must have passed")
        return
    listed = _contexts(draft, "required_contexts", part)
    if listed is None:
        return
    for written in draft.environments:
        draft.change(written, contexts=listed)
    what = ", ".join(listed) or "no check"
    draft.keep("required_contexts", part, f"each environment asks for {what}")


def _contexts(draft: Draft, name: str, part: Part) -> tuple[str, ...] | None:
    if not isinstance(part.value, list) or not all(
        isinstance(one, str) and 0 < len(one.strip()) <= LONGEST_CONTEXT for one in part.value
    ):
        draft.refuse(name, part, f"takes a list of names, of at most {LONGEST_CONTEXT} letters.")
        return None
    return tuple(dict.fromkeys(one.strip() for one in part.value))


def urls(draft: Draft) -> None:
    for name in [key for key in draft.members if URL.fullmatch(key)]:
        found = URL.fullmatch(name)
        written = draft.named(found["environment"]) if found else ""
        if not written:
            continue  # some other address, which means nothing here
        part = draft.members.pop(name)
        _url(draft, name, written, part)


def _url(draft: Draft, name: str, written: str, part: Part) -> None:
    if not _is_url(part.value):
        draft.drop(name, part, f"{shown(part.value)} is no address that begins with https://.")
        return
    draft.change(written, url=part.value)
    draft.keep(name, part, f"is where people see {draft.environments[written].name}")


def hosts(draft: Draft) -> None:
    """Take hosts: a list for every environment, or a list for each by its name."""
    part = draft.take("hosts")
    if part is None:
        return
    if draft.way in CLOUDS:
        draft.drop("hosts", part, "A cloud shows no hosts.")
    elif part.is_object:
        for name, listed in part.members:
            written = draft.named(name)
            if written:
                _hosts(draft, f"hosts.{name}", listed, [written])
            else:
                draft.drop(f"hosts.{name}", listed, f"The app has no environment “{name}”.")
    else:
        _hosts(draft, "hosts", part, list(draft.environments))


def _hosts(draft: Draft, name: str, part: Part, where: list[str]) -> None:
    found: list[WantedHost] = []
    for one in part.items or (part,):
        host = names.host(one.value)
        if host is None:
            draft.refuse(name, one, f"has {shown(one.value)}, which is no host such as "
                         "deploy@web-1.example.com:22.")  # fmt: skip
            return
        found.append(host)
    for written in where:
        draft.place_hosts(written, found)
    draft.keep(name, part, f"placed: {', '.join(map(str, found))}. Keys are accepted by people")


def auto_merge(draft: Draft) -> None:
    part = draft.take("auto_merge")
    if part is None:
        return
    draft.auto_merge = part.value is True
    if part.value is True:
        draft.keep("auto_merge", part, "the default branch is merged into a branch before that is "
                   "deployed, if Shipmate may write there")  # fmt: skip
    elif part.value is False:
        draft.keep("auto_merge", part, "nothing is merged before a deployment, as it says")
    else:
        draft.drop("auto_merge", part, "It is true or false.")


def of_environments(draft: Draft, part: Part | None) -> None:
    """Read what stands in environments that are written as objects."""
    for number, one in enumerate(part.items if part else ()):
        written = one.value.get("name") if one.is_object else None
        if not isinstance(written, str) or written not in draft.environments:
            continue
        for key, value in one.members:
            _of_environment(draft, written, f"environments[{number}].{key}", key, value)


def _of_environment(draft: Draft, written: str, name: str, key: str, part: Part) -> None:
    if key == "name":
        return
    if key == "production":
        said = "is production" if draft.environments[written].production else "is no production"
        draft.keep(name, part, f"{draft.environments[written].name} {said}")
    elif key == "provider_env_name":
        _at_provider(draft, written, name, part)
    elif key == "hosts" and draft.way not in CLOUDS:
        _hosts(draft, name, part, [written])
    elif key == "url":
        _url(draft, name, written, part)
    elif key == "required_contexts" and part.value is not None:
        listed = _contexts(draft, name, part)
        if listed is not None:
            draft.change(written, contexts=listed)
            draft.keep(name, part, f"it asks for {', '.join(listed) or 'no check'}")
    else:
        reasons = {**dropped.REASONS, **dropped.OF_ENVIRONMENT}
        draft.drop(name, part, reasons.get(key, dropped.OTHER))


def _at_provider(draft: Draft, written: str, name: str, part: Part) -> None:
    settings = ways.at_provider(draft.way, part.value) if _is_text(part) else {}
    if not settings:
        draft.drop(name, part, "What deploys knows environments by no other name.")
        return
    if draft.way in CLOUDS and (wrong := ways.fault(draft.way, {**draft.settings, **settings})):
        draft.refuse(name, part, f"cannot be used. {wrong}")
        return
    draft.say(written, settings)
    draft.keep(name, part, f"{draft.environments[written].name} is called {part.value} there")


def _is_text(part: Part) -> bool:
    return isinstance(part.value, str) and bool(part.value.strip())


def _is_url(value: object) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST_URL or "@" in value:
        return False
    try:
        URLValidator(["http", "https"])(value)
    except ValidationError:
        return False
    return True
