"""Code as HTML, with Pygments' short class names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from pygments import lex
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.token import STANDARD_TYPES, _TokenType
from pygments.util import ClassNotFound

MOST = 20_000  # characters at once; a hostile file must not cost a page its time
LONGEST = 500  # characters in a line


def paint(lines: Sequence[str], path: str) -> list[SafeString]:
    """Return each line as HTML; plain where the language is not known or the text is large."""
    if sum(map(len, lines)) > MOST or any(len(line) > LONGEST for line in lines):
        return [escape(line) for line in lines]
    lexer = _lexer(path)
    if lexer is None:
        return [escape(line) for line in lines]
    painted = [""]
    code = "\n".join(lines)
    tokens = list(lex(code, lexer))
    if "".join(text for _, text in tokens) != code:  # a lexer that makes other text of it
        return [escape(line) for line in lines]
    for kind, text in tokens:
        name = _class(kind)
        for place, piece in enumerate(text.split("\n")):
            if place:
                painted.append("")
            shown = escape(piece)
            painted[-1] += f'<span class="{name}">{shown}</span>' if name and piece else shown
    return [mark_safe(line) for line in painted]  # noqa: S308  escaped text, Pygments' own classes


def _lexer(path: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _class(kind: _TokenType) -> str:
    """Return the short name of a token, or of the nearest kind above it that has one."""
    found: _TokenType | None = kind
    while found is not None and found not in STANDARD_TYPES:
        found = found.parent
    return STANDARD_TYPES[found] if found is not None else ""
