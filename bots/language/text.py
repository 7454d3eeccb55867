"""Undo what phones and chat platforms do to a line before it arrives."""

from __future__ import annotations

import re

MARKUP = re.compile(r"<(@|#|!|https?://|mailto:|tel:)([^<>]*)>")
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
PULL_REQUEST = re.compile(
    r"https?://([^\s/]+)/([\w.-]+/[\w.-]+)/pull/([1-9][0-9]{0,8})(?:[/?#]\S*)?", re.IGNORECASE
)
REVERSING = re.compile("[\u202a-\u202e\u2066-\u2069]")
UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
INVISIBLE = dict.fromkeys(
    map(ord, "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f")
)
TYPED_QUOTES: dict[str, str | int | None] = {
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛′´", "'"),
}
TYPOGRAPHY = str.maketrans(
    {
        **TYPED_QUOTES,
        **dict.fromkeys("–‐‑‒−", "-"),
        **dict.fromkeys("—―", "--"),
    }
)
LONGEST = 1_000
"""Letters of a line: names, hosts, parameters and a reason of 500 have room in it."""
QUOTES = ('"', "'", "`")


def clean(text: str) -> str:
    """Return one line of visible text: platform markup read, white space single."""
    text = MARKUP.sub(_read_markup, text)
    for entity, sign in ENTITIES:
        text = text.replace(entity, sign)
    text = UNPRINTABLE.sub("\ufffd", REVERSING.sub("", text))
    return " ".join(text.split())


def fold(word: str) -> str:
    """Return a word as it was meant: typed quotes and dashes, no invisible signs.

    The address of a pull request means it: https://github.com/acme/web/pull/123 is acme/web#123.
    """
    word = _bare(word)
    found = PULL_REQUEST.fullmatch(word)
    return f"{found[2]}#{found[3]}" if found else word


def host(word: str) -> str:
    """Return where the pull request is whose address a word is; empty: it is none."""
    found = PULL_REQUEST.fullmatch(_bare(word))
    return found[1].rpartition("@")[2].lower() if found else ""


def _bare(word: str) -> str:
    word = word.translate(INVISIBLE).translate(TYPOGRAPHY)
    if len(word) > 2 and word[0] in QUOTES and word[-1] == word[0]:
        word = word[1:-1]
    return word


def plain_quotes(text: str) -> str:
    return text.translate(str.maketrans(TYPED_QUOTES))


def shorten(text: str, length: int = 80) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _read_markup(match: re.Match[str]) -> str:
    kind, (target, _, label) = match[1], match[2].partition("|")
    if kind == "@":
        return f"@{target}"  # the id, never the label: a label can be chosen to look like the bot
    if kind in "#!":
        return ("#" if kind == "#" else "@") + (label or target)
    address = kind + target if kind.startswith("http") else target
    is_apart = (
        not match.string[: match.start()].strip() or match.string[match.start() - 1].isspace()
    )
    if is_apart and label.startswith("#") and PULL_REQUEST.fullmatch(address):
        return address  # the number alone does not say of which repository
    return label or address
