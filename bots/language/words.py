"""A line as words, read from left to right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from bots.language.text import clean, fold, host

STEP = 4
"""The piece of work that is done: what belongs to a later one is understood, and not done yet."""


class Puzzle(Exception):
    """Reading stopped at a word; the text says what was expected."""

    def __init__(self, at: int, explanation: str) -> None:
        super().__init__(explanation)
        self.at = at
        self.explanation = explanation


class Later(Exception):
    """The line means something that cannot be done yet."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Word:
    typed: str
    plain: str


def split(text: str) -> tuple[Word, ...]:
    """Return the visible words of a text."""
    words = (Word(typed, fold(typed)) for typed in clean(text).split(" "))
    return tuple(word for word in words if word.plain)


def join(words: tuple[Word, ...]) -> str:
    return " ".join(word.typed for word in words)


class Reader:
    """Takes words one by one; whatever is left over at the end was not understood."""

    def __init__(self, words: tuple[Word, ...], start: int, step: int = STEP) -> None:
        self.words = words
        self.at = start
        self.head = words[0].plain
        self.link = ""  # the host of the address that named what is meant
        self._step = step
        self._later = ""

    def peek(self) -> str:
        """Return the next word in small letters, empty at the end."""
        return self.words[self.at].plain.lower() if self.at < len(self.words) else ""

    def take(self) -> str:
        """Return the next word as it was meant."""
        word = self.words[self.at].plain
        self.at += 1
        return word

    def take_if(self, *wanted: str) -> bool:
        found = self.peek() in wanted
        self.at += found
        return found

    def take_rest(self) -> str:
        """Return everything that is left, exactly as typed."""
        rest = join(self.words[self.at :])
        self.at = len(self.words)
        return rest

    def puzzle(self, explanation: str, back: int = 0) -> NoReturn:
        """Stop at the next word, or so many words before it."""
        raise Puzzle(min(self.at, len(self.words)) - back, explanation)

    def take_named(self) -> None:
        """Pass over the word that says what is meant, and note where an address in it leads."""
        self.link = host(self.words[self.at].typed)
        self.at += 1

    def needs(self, step: int, what: str) -> None:
        """Note that the line says something that acts only from a later step on."""
        if step > self._step and not self._later:
            self._later = what

    def later(self, what: str) -> NoReturn:
        """Stop: the line says something whose time has not come."""
        raise Later(what)

    def end(self) -> None:
        """Insist that everything was read."""
        if self.at < len(self.words):
            self.puzzle("nothing like it is expected there")
        if self._later:
            raise Later(self._later)
