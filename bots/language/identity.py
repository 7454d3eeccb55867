"""The lines about who is speaking."""

from __future__ import annotations

import re

from bots.language.commands import DeployToken, ForgetMe, Link, WhoAmI
from bots.language.words import Reader

TOKEN_WORDS = frozenset(["set", "reset", "verify", "github", "heroku", ""])


# Whatever comes after it may be a token, but for the words that the old bots knew.
KNOWN = re.compile(r"(:(set|reset|verify|github|heroku))*\W*", re.I)


def blanked(text: str, verb: str = "deploy") -> str:
    """Return what was said without any token: it is blanked before anything is kept."""
    head = rf"(?P<head>(?:deploy|{re.escape(verb)})-token)(?P<rest>\b.*)"
    found = re.search(head, text, re.I | re.S)
    if found is None or KNOWN.fullmatch(found["rest"]):
        return text
    return f"{text[: found.start()]}{found['head']}:…"


def link(reader: Reader) -> Link:
    word = reader.take() if reader.peek() else ""
    reader.end()
    return Link(word)


def who_am_i(reader: Reader) -> WhoAmI:
    reader.end()
    return WhoAmI()


def forget_me(reader: Reader) -> ForgetMe:
    reader.end()
    return ForgetMe()


def deploy_token(reader: Reader) -> DeployToken:
    """Read any line that begins so: a token in it is never said back as a mistake."""
    said = reader.head.lower().split(":")[1:]
    return DeployToken(bool(reader.take_rest()) or not TOKEN_WORDS.issuperset(said))
