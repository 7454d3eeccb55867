"""An action as the chat line that does the same. Pure.

An action that the language cannot say (a branch with a space, say) is an empty line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

SIGNS = frozenset("-_./+@#=~,%!:()$")


def deploy(
    app: str,
    ref: str | None = None,
    environment: str | None = None,
    *,
    hosts: Sequence[str] = (),
    because: str = "",
    verb: str = "deploy",
) -> str:
    place = "/".join(filter(None, [environment or "", ",".join(hosts)]))
    if not _is_sayable(ref or "", *hosts) or not _are_hosts(environment, hosts):
        return ""
    return _line(verb, _target(app, ref), "to" if environment else "", place, _because(because))


def retry(number: int | None = None) -> str:
    return _line("retry", _number(number))


def cancel(number: int | None = None) -> str:
    return _line("cancel", _number(number))


def rollback(app: str, environment: str, to: int | None = None) -> str:
    return _line("rollback", app, "in", environment, "to" if to else "", _number(to))


def status(app: str | None = None, environment: str | None = None) -> str:
    return _line("status", app or "", *_place(environment))


def deploys(
    app: str, ref: str | None = None, environment: str | None = None, *, verb: str = "deploys"
) -> str:
    if not _is_sayable(ref or ""):
        return ""
    return _line(verb, _target(app, ref), *_place(environment))


def why(app: str, environment: str | None = None) -> str:
    return _line("why", app, *_place(environment))


def diff(app: str, environment: str | None = None) -> str:
    return _line("diff", app, *_place(environment))


def log(number: int | None = None, host: str | None = None) -> str:
    if host and (number is None or not _is_sayable(host)):
        return ""
    return _line("log", _number(number), host or "")


def show(number: int) -> str:
    return _line("show", _number(number))


def _line(*words: str) -> str:
    return " ".join(word for word in words if word)


def _target(app: str, ref: str | None) -> str:
    return f"{app}/{ref}" if ref else app


def _place(environment: str | None) -> tuple[str, str]:
    return ("in", environment) if environment else ("", "")


def _number(number: int | None) -> str:
    return f"#{number}" if number else ""


def _because(reason: str) -> str:
    """Return the reason on one line, if there is anything in it to read."""
    is_readable = any(unicodedata.category(letter)[0] in "LNPS" for letter in reason)
    return f"because {' '.join(reason.split())}" if is_readable else ""


def _are_hosts(environment: str | None, hosts: Sequence[str]) -> bool:
    return not hosts or bool(environment and all(host and "," not in host for host in hosts))


def _is_sayable(*words: str) -> bool:
    return all(
        not word.startswith("-") and all(letter.isalnum() or letter in SIGNS for letter in word)
        for word in words
    )
