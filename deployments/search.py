"""The grammar of the history: `app:web -state:success by:ana since:7d "connection refused"`.

It knows the words and their form; whether there is such an app or person is the selectors' to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from deployments.exceptions import Invalid

VALUE = r'(?:"[^"]*"|[^\s",]+)'
TERM = re.compile(
    rf'(?P<no>-)?(?:(?P<key>[a-z]+):(?P<values>{VALUE}(?:,{VALUE})*)|"(?P<quoted>[^"]*)"(?=\s|\Z))'
    r"|(?P<word>\S+)",
    re.IGNORECASE,
)
ONE = re.compile(VALUE)
LENGTH = re.compile(r"(\d{1,4})(m|h|d|w)")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SHA = re.compile(r"[0-9a-f]{1,40}")
NUMBER = re.compile(r"#?(\d{1,18})")

# Each key with what it narrows, as the page tells it.
KEYS = {
    "app": "the application",
    "env": "the environment, by its name or an alias",
    "state": "how it stands or ended",
    "by": "who asked for it",
    "ref": "a part of the branch or tag",
    "sha": "the beginning of the commit",
    "task": "what was run: deploy, or a task of the app",
    "kind": "deploy, retry, rollback or promote",
    "via": "chat, web, api …",
    "host": "a host that it ran on",
    "since": "the first day, or a length of time such as 7d",
    "until": "the last day, or a length of time such as 7d",
    "is": "forced, retry or rollback",
}
ALIASES = {"cause": "via", "who": "by", "environment": "env", "application": "app"}
FAILED = ("failure", "error")
# Each word for a state with the statuses, and the reason, that it means.
STATES: dict[str, tuple[tuple[str, ...], str]] = {
    "pending": (("pending",), ""),
    "queued": (("queued",), ""),
    "in_progress": (("in_progress",), ""),
    "success": (("success",), ""),
    "failure": (("failure",), ""),
    "error": (("error",), ""),
    "cancelled": (("cancelled",), ""),
    "partly": (("failure",), "partly"),
    "timed_out": (("failure",), "timed_out"),
    "failed": (FAILED, ""),
    "red": (FAILED, ""),
    "running": (("in_progress",), ""),
    "waiting": (("pending", "queued"), ""),
    "succeeded": (("success",), ""),
    "green": (("success",), ""),
}
KINDS = ("deploy", "retry", "rollback", "promote")
VIAS = ("chat", "web", "api", "command", "webhook", "auto", "schedule")
IS = ("forced", "retry", "rollback")
CHOICES: dict[str, Iterable[str]] = {"state": STATES, "kind": KINDS, "via": VIAS, "is": IS}
LONGEST, SHORTEST = 500, 3


@dataclass(frozen=True)
class Term:
    """A key with its values, any of which may be; words to look for have no key."""

    key: str
    values: tuple[str, ...]
    negative: bool = False

    @property
    def value(self) -> str:
        return self.values[0]

    def __str__(self) -> str:
        said = ",".join(_quoted(value, is_text=not self.key) for value in self.values)
        return f"{'-' if self.negative else ''}{self.key}{':' if self.key else ''}{said}"


@dataclass(frozen=True)
class Query:
    """What somebody looks for: all of it must be so."""

    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def values(self, key: str) -> list[str]:
        """Return what is asked for under a key, in small letters."""
        asked = [term for term in self.terms if term.key == key and not term.negative]
        return [value.lower() for term in asked for value in term.values]

    def without(self, key: str) -> Query:
        return replace(self, terms=tuple(term for term in self.terms if term.key != key))

    def choosing(self, key: str, *values: str) -> Query:
        """Ask for these values of a key in place of any others; none asks for all."""
        chosen = (Term(key, values),) if values else ()
        return replace(self, terms=(*chosen, *self.without(key).terms))

    def merged(self, key: str) -> list[Term]:
        """Put what is said under one key together: any of it may be, and none of what may not."""
        said = [
            Term(
                key,
                tuple(v for t in self.terms if t.key == key and t.negative is no for v in t.values),
                no,
            )
            for no in (False, True)
        ]
        return [term for term in said if term.values]

    @property
    def texts(self) -> list[str]:
        """Return the words that must be found somewhere."""
        return [term.value for term in self.terms if not term.key and not term.negative]


def parse(text: str) -> Query:
    """Read a query; never fails. Whether a term means something is `wrong`'s to say."""
    found = (_term(match) for match in TERM.finditer(text[:LONGEST]))
    return Query(tuple(term for term in found if term.key or term.value))


def wrong(term: Term) -> str:
    """Say what is not understood of a term, whatever apps and people there are; or nothing."""
    if not term.key:
        return _wrong_text(term.value)
    if term.key not in KEYS:
        return _wrong_key(term)
    if not all(term.values):
        return f"After “{term.key}:” a value must follow."
    if term.key in CHOICES:
        known = CHOICES[term.key]
        odd = [value for value in term.values if value.lower() not in known]
        return " ".join(str(Unmatched(term.key, value, known)) for value in odd)
    if term.key == "sha":
        odd = [value for value in term.values if not SHA.fullmatch(value.lower())]
        return " ".join(f"“{value}” is no beginning of a commit: 4f2c1a is." for value in odd)
    if term.key in ("since", "until"):
        return _wrong_moment(term)
    return ""


class Unmatched(Invalid):
    """A value that nothing here is called, with the nearest that there is."""

    def __init__(self, what: str, value: str, known: Iterable[str]) -> None:
        names = list(known)
        self.value = value
        self.near = next(iter(get_close_matches(value.lower(), names, 1, 0.6)), "")
        meant = f" Did you mean “{self.near}”?" if self.near else ""
        more = " …" if len(names) > 10 else "."
        listed = ", ".join(names[:10]) or "none yet"
        super().__init__(f"There is no {what} “{value}”.{meant} There is: {listed}{more}")


def moment(value: str, now: datetime, zone: ZoneInfo, *, ends: bool = False) -> datetime:
    """Return the moment that `7d`, `12h`, a day or a time means; for a day its end if asked."""
    length = LENGTH.fullmatch(value.lower())
    try:
        if length:
            return _sane(now - timedelta(**{UNITS[length[2]]: int(length[1])}))
        if value.lower() in ("today", "yesterday"):
            value = f"{now.astimezone(zone) - timedelta(days=value.lower() != 'today'):%Y-%m-%d}"
        found = datetime.fromisoformat(value)
        is_day = len(value) <= 10
        zoned = found if found.tzinfo else found.replace(tzinfo=zone)
        return _sane((zoned + timedelta(days=is_day and ends)).astimezone(UTC))
    except ValueError:
        text = f"“{value}” is neither a length of time like 7d or 12h nor a date like 2026-11-24."
        raise Invalid(text) from None
    except OverflowError:
        raise Invalid(f"“{value}” is no date that anything happened on.") from None


def _sane(found: datetime) -> datetime:
    """Refuse years near which there is no reckoning with times."""
    if not 1970 <= found.year < 9999:
        raise OverflowError
    return found


def number(value: str) -> int | None:
    """Return the deployment's number that a word may be."""
    found = NUMBER.fullmatch(value)
    return int(found[1]) if found else None


def _term(match: re.Match[str]) -> Term:
    negative = bool(match["no"])
    if match["key"]:
        key = match["key"].lower()
        values = tuple(value.strip('"') for value in ONE.findall(match["values"]))
        return Term(ALIASES.get(key, key), values, negative)
    if match["quoted"] is not None:
        return Term("", (match["quoted"].strip(),), negative)
    word = match["word"].replace('"', "")
    negative = word.startswith("-") and len(word) > 1
    word = word[1:] if negative else word
    key = word.removesuffix(":").lower()
    if word.endswith(":") and ALIASES.get(key, key) in KEYS:
        return Term(ALIASES.get(key, key), ("",), negative)  # its value is missing
    return Term("", (word,), negative)


def _wrong_text(value: str) -> str:
    if len(value) < SHORTEST and number(value) is None:
        return f"“{value}” is too short to look for: take {SHORTEST} letters or more."
    return ""


def _wrong_key(term: Term) -> str:
    near = get_close_matches(term.key, KEYS, 1, 0.5)
    meant = f" Did you mean “{near[0]}:”?" if near else ""
    words = str(term).replace('"', "").removeprefix("-")
    return (
        f"There is no “{term.key}:”.{meant} There is: {', '.join(KEYS)}. "
        f'To look for those words, quote them: "{words}"'
    )


def _wrong_moment(term: Term) -> str:
    if term.negative:
        other = "until" if term.key == "since" else "since"
        return f"“-{term.key}:” means nothing: say {other}:{term.value}"
    if len(term.values) > 1:
        return f"“{term.key}:” takes one moment."
    try:
        moment(term.value, datetime.now(UTC), ZoneInfo("UTC"))
    except Invalid as error:
        return str(error)
    return ""


def _quoted(value: str, *, is_text: bool) -> str:
    """Write a value so that it is read as the same again."""
    plain = re.fullmatch(r"[^\s\",:-][^\s\",:]*" if is_text else r"[^\s\",]+", value)
    return value if plain else f'"{value}"'
