"""The lines that ask where something is, and how far it is behind."""

from __future__ import annotations

import re

from bots.language import clauses
from bots.language.commands import (
    DeployStatus,
    Search,
    Status,
    WhereCanIDeploy,
    WhereIs,
    WhichChecksFailed,
)
from bots.language.text import plain_quotes
from bots.language.words import Reader

NAME = re.compile(r"@[^\s@/]+")


def where_can_i_deploy(reader: Reader) -> WhereCanIDeploy:
    app = clauses.named_app(reader)
    reader.end()
    return WhereCanIDeploy(app)


def where_is(reader: Reader) -> WhereIs:
    word = reader.peek()
    if not word:
        reader.puzzle("a commit like 4f2c1a or a person like @ana must follow", back=1)
    if NAME.fullmatch(word):
        person = reader.take()[1:]
        reader.end()
        return WhereIs(person=person)
    app, ref = _app_and_ref(reader)
    reader.end()
    return WhereIs(ref, None, app, reader.link)


def deploy_status(reader: Reader) -> DeployStatus | Status:
    suffix = reader.head.lower().partition(":")[2]
    if suffix.partition(":")[0] == "auto":
        reader.later(reader.head.lower())
    if suffix or "!" in reader.head:
        reader.puzzle("only “:auto” may follow it", back=1)
    reader.take_if("for")
    app = clauses.app(reader)
    environment = clauses.place(reader)
    reader.end()
    return DeployStatus(app, environment) if app else Status(None, environment)


def which_checks_failed(reader: Reader) -> WhichChecksFailed:
    reader.take_if("for")
    app = clauses.app(reader)
    environment = clauses.place(reader)
    reader.end()
    return WhichChecksFailed(app, environment)


def search(reader: Reader) -> Search:
    if not reader.peek():
        reader.puzzle("what to look for must follow", back=1)
    return Search(plain_quotes(reader.take_rest()))


def _app_and_ref(reader: Reader) -> tuple[str | None, str]:
    """Read REF, APP/REF, APP@REF or APP#NUMBER. A first part that is no app belongs to the ref."""
    word = reader.words[reader.at].plain
    if word.startswith(("-", "#", "/", "@")):
        reader.puzzle("it is neither a commit, a branch, a tag nor a person")
    is_pull_request = clauses.PULL_REQUEST.fullmatch(word.lower())
    if "/" not in word and "@" not in word and not is_pull_request:
        return None, reader.take()
    return clauses.target(reader)  # type: ignore[return-value]
