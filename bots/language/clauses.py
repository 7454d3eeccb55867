"""The parts that lines share: an app with a ref, a place, a number, a reason."""

from __future__ import annotations

import re
from typing import NoReturn

from bots.language.words import Reader

SLUG = re.compile(r"[_.0-9a-z][-_.0-9a-z]*")
NUMBER = re.compile(r"#?[0-9]{1,9}")
DURATION = re.compile(
    r"(?=[0-9])(?:([0-9]{1,3})w)?(?:([0-9]{1,4})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?"
)
PULL_REQUEST = re.compile(SLUG.pattern + "#[1-9][0-9]{0,8}")
NUMBERED = re.compile("#[1-9][0-9]{0,8}")  # a pull request, as a ref
SECONDS = (7 * 86_400, 86_400, 3_600, 60)
PLACE_WORDS = ("to", "in", "on")
SMALL_WORDS = (
    *PLACE_WORDS, "because", "when", "at", "after", "from", "for", "into", "the", "of", "and",
)  # fmt: skip


def app(reader: Reader) -> str | None:
    """Read an application's name, unless the line ends or goes on with a small word."""
    if not reader.peek() or reader.peek() in SMALL_WORDS:
        return None
    if not SLUG.fullmatch(reader.peek()):
        reader.puzzle("an application's name has letters, digits, “-”, “_” and “.” only")
    return reader.take().lower()


def named_app(reader: Reader) -> str:
    """Read an application's name, which must be there."""
    name = app(reader)
    if name is None:
        _must_follow(reader)
    return name


def target(reader: Reader) -> tuple[str, str | None]:
    """Read APP, APP/REF, APP@REF or APP#NUMBER, the head of a pull request."""
    apps, ref = targets(reader)
    if len(apps) > 1:
        reader.puzzle("one application at a time is understood here", back=1)
    return apps[0], ref


def targets(reader: Reader) -> tuple[tuple[str, ...], str | None]:
    """Read what `target` reads, also of several applications: APP,APP."""
    if not reader.peek() or reader.peek() in SMALL_WORDS:
        _must_follow(reader)
    name, sign, ref = _divide(reader.words[reader.at].plain)
    apps = _check_names(reader, name.lower())
    _check_ref(reader, sign, ref)
    reader.take_named()
    return apps, ref or None


def environment(reader: Reader) -> str:
    """Read an environment's name, after the word that announced it."""
    if not reader.peek() or reader.peek() in SMALL_WORDS:
        reader.puzzle("an environment must follow it", back=1)
    name = reader.take().lower()
    if not SLUG.fullmatch(name):
        reader.puzzle("it is not an environment's name", back=1)
    return name


def duration(reader: Reader) -> int | None:
    """Read “for 1h30m” as seconds."""
    if not reader.take_if("for"):
        return None
    if not reader.peek() or reader.peek() in SMALL_WORDS:
        reader.puzzle("a length of time like 2h must follow it", back=1)
    found = DURATION.fullmatch(reader.peek())
    parts = zip(found.groups(default="0"), SECONDS, strict=True) if found else ()
    seconds = sum(int(count) * each for count, each in parts)
    if not seconds:
        reader.puzzle("a length of time is written 30m, 2h, 1d or 1h30m")
    reader.take()
    return seconds


def place(reader: Reader) -> str | None:
    """Read “in ENV”, also “to ENV” and “on ENV”."""
    environment, hosts = place_and_hosts(reader)
    if hosts:
        reader.puzzle("hosts cannot be named here", back=1)
    return environment


def place_and_hosts(reader: Reader) -> tuple[str | None, tuple[str, ...]]:
    """Read “to ENV” or “to ENV/HOST,HOST”."""
    if not reader.take_if(*PLACE_WORDS):
        return None, ()
    if not reader.peek() or reader.peek() in SMALL_WORDS:
        reader.puzzle("an environment must follow it", back=1)
    environment, slash, listed = reader.take().partition("/")
    if not SLUG.fullmatch(environment.lower()):
        reader.puzzle("it is not an environment's name", back=1)
    hosts = tuple(listed.split(",")) if slash else ()
    if any(not host or host.startswith("-") for host in hosts):
        reader.puzzle("hosts are written ENV/HOST,HOST without spaces", back=1)
    return environment.lower(), hosts


def number(reader: Reader) -> int | None:
    """Read a deployment's number, unless the line ends."""
    if not reader.peek():
        return None
    if not NUMBER.fullmatch(reader.peek()):
        reader.puzzle("a deployment's number like #812 would be understood here")
    return int(reader.take().lstrip("#"))


def because(reader: Reader) -> str:
    """Read the reason, which goes to the end of the line."""
    if not reader.take_if("because"):
        return ""
    if not reader.peek():
        reader.puzzle("a reason must follow it", back=1)
    return reader.take_rest()


def _divide(word: str) -> tuple[str, str, str]:
    for index, letter in enumerate(word):
        if letter in "/@":
            return word[:index], letter, word[index + 1 :]
        if letter == "#":
            return word[:index], letter, word[index:]
    return word, "", ""


def _must_follow(reader: Reader) -> NoReturn:
    if not reader.peek():
        reader.puzzle("an application's name must follow", back=1)
    reader.puzzle("an application's name must stand before it")


def _check_names(reader: Reader, name: str) -> tuple[str, ...]:
    apps = tuple(name.split(","))
    if not all(SLUG.fullmatch(one) for one in apps):
        reader.puzzle("an application's name has letters, digits, “-”, “_” and “.” only")
    elif len(set(apps)) < len(apps):
        reader.puzzle("an application is named twice")
    return apps


def _check_ref(reader: Reader, sign: str, ref: str) -> None:
    if sign == "#" and not NUMBERED.fullmatch(ref):
        reader.puzzle("the number of a pull request must follow “#”")
    if sign and not ref:
        reader.puzzle(f"a branch, tag or commit must follow “{sign}”")
    if ref.startswith("-"):
        reader.puzzle("a branch, tag or commit never begins with “-”")
    if sign == "@" and "@" in ref:
        reader.puzzle("the branch, tag or commit is given twice")
