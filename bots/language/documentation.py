"""The page about the language, made from its table: python -m bots.language.documentation."""

from __future__ import annotations

import sys

from bots.language.table import TABLE
from bots.language.words import STEP

HEAD = """\
# What you can say

Made from the table of the language (`bots/language/table.py`) by `script/commands`.

Say a line to the bot by its name (`shipmate deploy web to qa`), as a slash command
(`/deploy web to qa`), or alone where nobody else is spoken to. Small and capital letters are the
same except in refs, reasons and values. What is in `[…]` may be left out. A team's own names of the
bot, and its own verb in place of `deploy`, are [settings](settings.md).

A line with a slip in it does nothing: the bot names the word that it did not understand, and offers
the nearest lines, each of which would act. For `deploy web to qa wen green` that is
`deploy web to qa when green`, and none that would not wait.

| Line | Does | For example |
|---|---|---|
"""


def documentation() -> str:
    """Return the whole page."""
    acting = [pattern for pattern in TABLE if pattern.step <= STEP]
    rows = [
        f"| `{_cell(one.usage)}` | {_cell(one.help)} | `{_cell(one.example)}` |" for one in acting
    ]
    bare = [f"`{one.name}`" for one in acting if one.in_thread]
    return HEAD + "\n".join(rows) + "\n\n" + _in_threads(bare)


def _in_threads(words: list[str]) -> str:
    return f"In a deployment's thread these need no more, as a whole message: {', '.join(words)}.\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(documentation())
