"""What somebody may have meant by a word that nobody knows."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST = 64
FAR = 9  # a rank: nothing nearer is there
SHORTEST = 3  # letters of a word that may be a part of a name, or a name of a word


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """Return the candidates that are a slip of the finger away, nearest first."""
    word = word.lower()
    if not word or len(word) > LONGEST:
        return []
    near = [(rank, name) for name in candidates if (rank := _rank(word, name.lower())) is not None]
    best = min(near)[0] if near else 0
    return [name for rank, name in sorted(near)[:limit] if best == FAR or rank < FAR]


def distance(left: str, right: str) -> int:
    """Count the slips between two words: a letter lost, added, changed or swapped."""
    left, right = _differing(left, right)
    left, right = (text[::-1] for text in _differing(left[::-1], right[::-1]))
    if not left or not right:
        return len(left or right)
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


def _differing(left: str, right: str) -> tuple[str, str]:
    """Return two words from where they differ on."""
    pairs = enumerate(zip(left, right, strict=False))
    shorter = min(len(left), len(right))
    same = next((at for at, (letter, other) in pairs if letter != other), shorter)
    return left[same:], right[same:]


def _rank(word: str, name: str) -> int | None:
    if len(name) > LONGEST:
        return None
    if len(word) > 1 and name.startswith(word):
        return min(len(name) - len(word), 1)
    if "-" in name and len(word) >= SHORTEST and word in name.split("-"):
        return 1
    most = max(1, min(len(word), len(name)) // 3)
    if abs(len(word) - len(name)) <= most and (slips := distance(word, name)) <= most:
        return slips
    return FAR if len(name) >= SHORTEST and word.startswith(name) else None
