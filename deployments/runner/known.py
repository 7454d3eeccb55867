"""Many texts that are looked for at once in a stream of bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

Span = tuple[int, int]

FEW = 4  # so many bytes at the end of a text tell whether one of the known may begin there
PLAIN = re.compile(rb"[A-Za-z0-9]{6,}")


class Known:
    """The texts, in an order that never changes."""

    def __init__(self, texts: Iterable[bytes]) -> None:
        self.texts = sorted(texts)
        self._all = b"\n".join(self.texts)
        self._first = {text[:length] for text in self.texts for length in range(1, FEW)}
        self._groups = _grouped(self.texts)

    def places(self, data: bytes) -> Iterator[Span]:
        """Give each place of each text."""
        # A search for each is several times faster than one expression with all of them.
        for core, texts in self._groups.items():
            if core not in data:
                continue
            for text in texts:
                start = data.find(text)
                while start >= 0:
                    yield start, start + len(text)
                    start = data.find(text, start + 1)

    def may_begin_at_end(self, data: bytes) -> bool:
        """Return False if the end of the data is the beginning of none; most ends are not."""
        if len(data) >= FEW and data[-FEW:] in self._all:
            return True
        return any(data[-length:] in self._first for length in range(1, FEW))


def _grouped(texts: list[bytes]) -> dict[bytes, list[bytes]]:
    """Group texts by what they have in common: where that is not, none of them is.

    The spellings of a secret differ in its signs, and share its longest row of letters and digits.
    """
    groups: dict[bytes, list[bytes]] = {}
    for text in sorted(texts, key=len):
        core = next((core for core in groups if core in text), None)
        if core is None:
            core = max(PLAIN.findall(text), key=len, default=text)
        groups.setdefault(core, []).append(text)
    return groups
