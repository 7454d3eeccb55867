"""An action as the chat line that does the same, in the team's own verb. Knows no database.

An action that the language cannot say (a branch with a space, say) is an empty line.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from django.conf import settings

PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PULL_REQUEST = re.compile("#[1-9][0-9]{0,8}")
SIGNS = frozenset("-_./+@#=~,%!:()$")


def spoken(text: str, verb: str = "") -> str:
    """Return a text about lines with the team's own verb in place of “deploy”."""
    own = _verb(verb)
    return re.sub(r"\bdeploy(s?)\b", lambda found: plural(own) if found[1] else own, text)


def plural(verb: str) -> str:
    if verb.endswith(("s", "x", "z", "ch", "sh")):
        return f"{verb}es"
    if verb.endswith("y") and verb[-2:-1] not in tuple("aeiou"):
        return f"{verb[:-1]}ies"
    return f"{verb}s"


def deploy(
    app: str,
    ref: str | None = None,
    environment: str | None = None,
    *,
    hosts: Sequence[str] = (),
    because: str = "",
    task: str = "deploy",
    force: bool = False,
    parameters: Mapping[str, str] | None = None,
    apps: Sequence[str] = (),
    when_green: bool = False,
    verb: str = "",
) -> str:
    place = "/".join(filter(None, [environment or "", ",".join(hosts)]))
    if not _is_sayable(ref or "", *hosts) or not _are_hosts(environment, hosts):
        return ""
    if not all(_is_parameter(key, value) for key, value in (parameters or {}).items()):
        return ""
    return _line(
        _verb(verb) + (f":{task}" if task != "deploy" else "") + ("!" if force else ""),
        named(",".join(apps) or app, ref),
        "to" if environment else "",
        place,
        *(f"{key}={value}" for key, value in (parameters or {}).items()),
        "when green" if when_green else "",
        _because(because),
    )


def plan(
    app: str,
    ref: str | None = None,
    environment: str | None = None,
    *,
    hosts: Sequence[str] = (),
    because: str = "",
    task: str = "deploy",
    force: bool = False,
    parameters: Mapping[str, str] | None = None,
    when_green: bool = False,
) -> str:
    return deploy(
        app,
        ref,
        environment,
        hosts=hosts,
        because=because,
        task=task,
        force=force,
        parameters=parameters,
        when_green=when_green,
        verb="plan",
    )


def deploy_plan(code: str, *, verb: str = "") -> str:
    return _line(_verb(verb), "plan", code)


def promote(app: str, source: str, target: str) -> str:
    return _line("promote", app, "from", source, "to", target)


def lock(
    app: str, environment: str | None = None, *, seconds: int | None = None, because: str = ""
) -> str:
    """Return the line; a length of time is said in whole minutes."""
    length = ("for", _length(seconds)) if seconds else ()
    return _line("lock", app, *_place(environment), *length, _because(because))


def unlock(app: str, environment: str | None = None) -> str:
    return _line("unlock", app, *_place(environment))


def where_can_i_deploy(app: str, *, verb: str = "") -> str:
    return _line("where can i", _verb(verb), app)


def where_is(ref: str = "", *, person: str = "", app: str | None = None) -> str:
    """Return the line about a ref, in an app or in all, or about a person."""
    if not _is_sayable(ref, person) or set("@/#") & set(person + ("" if app else ref)):
        return ""
    return _line("where is", f"@{person}" if person else named(app, ref) if app else ref)


def deploy_status(app: str, environment: str | None = None, *, verb: str = "") -> str:
    return _line(f"{_verb(verb)}-status", "for", app, *_place(environment))


def search(query: str) -> str:
    said = " ".join(query.split())
    return f"search {said}" if said else ""


def retry(number: int | None = None) -> str:
    return _line("retry", _number(number))


def retry_failed_hosts(number: int | None = None) -> str:
    return _line("retry failed hosts", _number(number))


def go_on(number: int | None = None) -> str:
    return _line("go on", _number(number))


def cancel(number: int | None = None) -> str:
    return _line("cancel", _number(number))


def approve(number: int | None = None) -> str:
    return _line("approve", _number(number))


def reject(number: int | None = None, because: str = "") -> str:
    return _line("reject", _number(number), _because(because))


def rollback(app: str, environment: str, to: int | None = None) -> str:
    return _line("rollback", app, "in", environment, "to" if to else "", _number(to))


def status(app: str | None = None, environment: str | None = None) -> str:
    return _line("status", app or "", *_place(environment))


def deploys(
    app: str, ref: str | None = None, environment: str | None = None, *, verb: str = ""
) -> str:
    if not _is_sayable(ref or ""):
        return ""
    return _line(plural(_verb(verb)), named(app, ref), *_place(environment))


def which_checks_failed(app: str, environment: str | None = None) -> str:
    return _line("which checks failed for", app, *_place(environment))


def why(app: str, environment: str | None = None) -> str:
    return _line("why", app, *_place(environment))


def diff(app: str, environment: str | None = None, other: str | None = None) -> str:
    if environment and other:
        return _line("diff", app, environment, other)
    return _line("diff", app, *_place(environment))


def log(number: int | None = None, host: str | None = None) -> str:
    if host and (number is None or not _is_sayable(host)):
        return ""
    return _line("log", _number(number), host or "")


def show(number: int) -> str:
    return _line("show", _number(number))


def _verb(given: str) -> str:
    return given or settings.SHIPMATE_VERB


def _line(*words: str) -> str:
    return " ".join(word for word in words if word)


def named(app: str, ref: str | None) -> str:
    """Return the app with a ref: web/main, or web#123 for a pull request."""
    if ref and PULL_REQUEST.fullmatch(ref):
        return f"{app}{ref}"
    return f"{app}/{ref}" if ref else app


def _place(environment: str | None) -> tuple[str, str]:
    return ("in", environment) if environment else ("", "")


def _number(number: int | None) -> str:
    return f"#{number}" if number else ""


def _because(reason: str) -> str:
    """Return the reason on one line, if there is anything in it to read."""
    is_readable = any(unicodedata.category(letter)[0] in "LNPS" for letter in reason)
    return f"because {' '.join(reason.split())}" if is_readable else ""


def _length(seconds: int) -> str:
    """Return seconds as 1d2h30m, rounded up to a minute."""
    minutes = -(-seconds // 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return "".join(f"{count}{sign}" for count, sign in parts if count)


def _is_parameter(key: str, value: str) -> bool:
    return bool(PARAMETER.fullmatch(key)) and _is_sayable(f"{key}={value}")


def _are_hosts(environment: str | None, hosts: Sequence[str]) -> bool:
    return not hosts or bool(environment and all(host and "," not in host for host in hosts))


def _is_sayable(*words: str) -> bool:
    return all(
        not word.startswith("-") and all(letter.isalnum() or letter in SIGNS for letter in word)
        for word in words
    )
