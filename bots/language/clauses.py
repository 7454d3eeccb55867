"""The parts that lines share: an app with a ref, a place, a number, a reason."""

from __future__ import annotations

import re

from bots.language.words import Reader

SLUG = re.compile(r"[_.0-9a-z][-_.0-9a-z]*")
NUMBER = re.compile(r"#?[0-9]{1,9}")
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


def target(reader: Reader) -> tuple[str, str | None]:
    """Read APP, APP/REF or APP@REF."""
    if not reader.peek():
        reader.puzzle("an application's name must follow", back=1)
    if reader.peek() in SMALL_WORDS:
        reader.puzzle("an application's name must stand before it")
    name, sign, ref = _divide(reader.words[reader.at].plain)
    _check_name(reader, name.lower())
    _check_ref(reader, sign, ref)
    reader.take()
    return name.lower(), ref or None


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
    return word, "", ""


def _check_name(reader: Reader, name: str) -> None:
    apps = name.split(",")
    if len(apps) > 1 and all(SLUG.fullmatch(one) for one in apps):
        reader.needs(2, reader.words[reader.at].typed)
    elif re.fullmatch(SLUG.pattern + "#[0-9]+", name):
        reader.needs(5, reader.words[reader.at].typed)
    elif not SLUG.fullmatch(name):
        reader.puzzle("an application's name has letters, digits, “-”, “_” and “.” only")


def _check_ref(reader: Reader, sign: str, ref: str) -> None:
    if sign and not ref:
        reader.puzzle(f"a branch, tag or commit must follow “{sign}”")
    if ref.startswith("-"):
        reader.puzzle("a branch, tag or commit never begins with “-”")
    if sign == "@" and "@" in ref:
        reader.puzzle("the branch, tag or commit is given twice")
