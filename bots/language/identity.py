"""The lines about who is speaking."""

from __future__ import annotations

from bots.language.commands import DeployToken, ForgetMe, Link, WhoAmI
from bots.language.words import Reader

TOKEN_WORDS = frozenset(["set", "reset", "verify", "github", "heroku", ""])


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
