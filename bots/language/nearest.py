"""What somebody may have meant by a word that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Return the candidates that are a slip of the finger away, nearest first."""
    word = word.lower()
    if not word or len(word) > LONGEST:
        return []
    near = [(rank, name) for name in candidates if (rank := _rank(word, name.lower())) is not None]
    return [name for _, name in sorted(near)[:limit]]


def distance(left: str, right: str) -> int:
    """Count the slips between two words: a letter lost, added, changed or swapped."""
    pairs = enumerate(zip(left, right, strict=False))
    same = next((at for at, (letter, other) in pairs if letter != other), 0)
    left, right = left[same:], right[same:]
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        before, above, row = row, before, [i]
        for j, other in enumerate(right, 1):
            changed = before[j - 1] + (letter != other)
            row.append(min(before[j] + 1, row[j - 1] + 1, changed))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                row[j] = min(row[j], above[j - 2] + 1)
    return row[-1]


def _rank(word: str, name: str) -> int | None:
    if len(name) > LONGEST:
        return None
    if len(word) > 1 and name.startswith(word):
        return min(len(name) - len(word), 1)
    most = max(1, min(len(word), len(name)) // 3)
    if abs(len(word) - len(name)) > most:
        return None
    slips = distance(word, name)
    return slips if slips <= most else None
