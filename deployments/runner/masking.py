"""Hide secrets in a stream of bytes, wherever it is cut and however they are spelled."""

from __future__ import annotations

import base64
import html
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from copy import copy
from urllib.parse import quote, quote_plus

from deployments.runner.known import Known, Span
from deployments.runner.wrapped import CONTEXT, WIDTH, Part, Wrapped, open_lines

MASK = b"[masked]"
# Shorter ones would hide half of every log. Whoever saves a secret refuses such.
SHORTEST = 6
# So many bytes of escape sequences may lie inside of a secret. It bounds what is held back.
LONGEST_GAP = 1024

# Stands for the line before, where that is not known: full, and part of no text.
ANY_LINE = b"-" * WIDTH + b"\n"

# Colours and what else moves no text: CSI sequences, and the short ones such as ESC ( B.
ESCAPE = re.compile(rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|[ -/]{0,8}[0-OQ-WYZ\\`-~])")
UNFINISHED_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}|[ -/]{0,8})\Z")


class Masker:
    """Give back what may be shown. Only bytes that could still become a secret wait for more."""

    def __init__(self, secrets: Iterable[str]) -> None:
        texts = {text for secret in secrets for text in _texts(secret)}
        self._known = Known({form for text in texts for form in _spellings(text)})
        self._wrapped = Wrapped({form for text in texts for form in _base64(text)})
        self._begin()

    def _begin(self, before: bytes = b"") -> None:
        self._before = before  # the last of what was given, without colours
        self._tail = b""
        # So much of the tail, and so much before it, belongs to a secret whose mask was given.
        self._covered = 0
        self._swallowed = 0

    def another(self, *, resumed: bool = False) -> Masker:
        """Return one for another stream. To spell the secrets anew would take as long again.

        `resumed`: nobody knows what came before, which may have been the beginning of a text.
        """
        made = copy(self)
        made._begin(ANY_LINE if resumed else b"")
        return made

    def feed(self, data: bytes) -> bytes:
        if not self._known.texts:
            return data
        return self._mask(self._tail + data, final=False)

    def finish(self) -> bytes:
        """Give what was held back: nothing more comes."""
        return self._mask(self._tail, final=True)

    def whole(self, text: str) -> str:
        """Mask a text of which nothing more comes."""
        masker = self.another()
        shown = masker.feed(text.encode("utf-8", "surrogatepass")) + masker.finish()
        return shown.decode("utf-8", "surrogatepass")

    @property
    def held(self) -> int:
        """How many raw bytes came in that are not settled: go on from so far back after a break."""
        return len(self._tail) + self._swallowed

    def _mask(self, data: bytes, *, final: bool) -> bytes:
        text = _Text(data, self._before)
        end = len(data) if final else text.settled(self._known, self._wrapped)
        spans = [*text.spans(self._known), *text.lines(self._wrapped)]
        shown, position, begun = [], 0, 0
        for start, stop in _merged([(0, self._covered), *spans]):
            if start == 0 and self._covered:
                begun = -self._swallowed
            elif start >= end:
                break
            else:
                shown += [data[position:start], MASK]
                begun = start
            position = stop
        shown.append(data[position:end])
        self._before = text.seen_before(end)
        self._tail = data[end:]
        self._covered = max(0, position - end)
        self._swallowed = end - begun if self._covered else 0
        return b"".join(shown)


def mask_text(text: str, secrets: Iterable[str]) -> str:
    return Masker(secrets).whole(text)


def forms(secret: str) -> set[bytes]:
    """Return every spelling of a secret, and of each of its lines, that a log is likely to show."""
    return {form for text in _texts(secret) for form in _spellings(text)}


def _texts(secret: str) -> set[str]:
    if len(secret) < SHORTEST:
        return set()
    texts = {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}
    return {text for text in texts if len(text) >= SHORTEST}


def _spellings(text: str) -> set[bytes]:
    return {form for form in (*_plainly(text), *_base64(text)) if len(form) >= SHORTEST}


def _plainly(text: str) -> Iterator[bytes]:
    raw = _bytes(text)
    yield raw
    yield from (form.encode("utf-8", "surrogatepass") for form in (*_quoted(text), *_escaped(text)))
    # The last one is how JavaScript does it.
    for percent in (quote(raw), quote(raw, safe=""), quote_plus(raw), quote(raw, safe="!'()*")):
        yield percent.encode()
        yield re.sub("%..", lambda code: code[0].lower(), percent).encode()
    yield raw.hex().encode()
    yield raw.hex().upper().encode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _base64(text: str) -> set[bytes]:
    """Return what base64 shows of a text alone, wherever in a stream it stands."""
    raw = _bytes(text)
    found = {
        _alone(encode(b"\0" * before + raw), before, len(raw))
        for encode in (base64.b64encode, base64.urlsafe_b64encode)
        for before in range(3)
    }
    return {form for form in found if len(form) >= SHORTEST}


def _quoted(text: str) -> Iterator[str]:
    """Inside a shell's single quotes (both ways in use) and double quotes, and with backslashes."""
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")
    yield re.sub(r'(["$`\\])', r"\\\1", text)
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)


def _escaped(text: str) -> Iterator[str]:
    """As JSON writes it (also with escaped slashes, as PHP does), Python and HTML."""
    for ascii_only in (True, False):
        quoted = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield quoted
        yield quoted.replace("/", "\\/")
    yield repr(text)[1:-1]
    yield html.escape(text)


def _alone(encoded: bytes, before: int, length: int) -> bytes:
    """Without the characters that also hold bits of what stands before and after the secret."""
    first, last = (0, 2, 3)[before], (0, 3, 2)[(before + length) % 3]
    return encoded[first : len(encoded) - last]


class _Text:
    """Bytes, and what is seen of them once colours are taken out."""

    def __init__(self, data: bytes, before: bytes) -> None:
        self._data = data
        self._before = before
        self._escapes: list[Span] = []
        self._solid = len(data)
        self._seen = data
        # Where each piece between two escapes begins: in what is seen, and in the data.
        self._places: list[int] = [0]
        self._origins: list[int] = [0]
        if b"\x1b" in data:
            self._take_out_escapes()

    def _take_out_escapes(self) -> None:
        if unfinished := UNFINISHED_ESCAPE.search(self._data):
            self._solid = unfinished.start()
        self._escapes = [match.span() for match in ESCAPE.finditer(self._data)]
        pieces, place, origin = [], 0, 0
        for start, stop in [*self._escapes, (self._solid, self._solid)]:
            pieces.append(self._data[origin:start])
            place, origin = place + start - origin, stop
            self._places.append(place)
            self._origins.append(origin)
        self._seen = b"".join(pieces)

    def spans(self, known: Known) -> Iterator[Span]:
        """Give each place of each form, as it stands or with colours inside."""
        yield from known.places(self._data)
        if not self._escapes:
            return
        for start, stop in known.places(self._seen):
            raw_start, raw_stop = self._origin(start), self._origin(stop - 1) + 1
            if raw_stop - raw_start - (stop - start) <= LONGEST_GAP:
                yield raw_start, raw_stop

    def lines(self, wrapped: Wrapped) -> Iterator[Span]:
        """Give each part of a base64 text that stands in lines."""
        for part in wrapped.parts(self._before, self._seen):
            yield from self._untorn(part)

    def _untorn(self, part: Part) -> Iterator[Span]:
        """Give the place of a part, less what too many escapes tear off its end."""
        origin = self._origin(part.start)
        for stop in range(part.stop, part.start + part.least - 1, -1):
            end = self._origin(stop - 1) + 1
            until = self._origin(stop) if part.is_open else end
            if until - origin - (stop - part.start) <= LONGEST_GAP:
                yield origin, end
                return

    def seen_before(self, end: int) -> bytes:
        """Return what is seen before a place in the data, as far as it matters to what follows."""
        place = self._place(end)
        return (self._before + self._seen[max(0, place - CONTEXT) : place])[-CONTEXT:]

    def settled(self, known: Known, wrapped: Wrapped) -> int:
        """Return up to where nothing that still comes can change what is a secret."""
        end = self._earliest_line(wrapped)
        if known.may_begin_at_end(self._data) or known.may_begin_at_end(self._seen):
            end = min(end, *(self._earliest(form) for form in known.texts))
        # Never cut an escape: its rest would be taken for text.
        return next((start for start, stop in self._escapes if start < end < stop), end)

    def _earliest(self, form: bytes) -> int:
        end = min(self._solid, next(_beginnings(self._data, form), self._solid))
        if not self._escapes and self._solid == len(self._data):
            return end
        for place in _beginnings(self._seen, form):
            origin = self._origin(place)
            if self._solid - origin - (len(self._seen) - place) <= LONGEST_GAP:
                return min(end, origin)
        return end

    def _earliest_line(self, wrapped: Wrapped) -> int:
        """Return where the line at the end began, if all of it is part of a base64 text."""
        for place in open_lines(self._before, self._seen):
            origin, letters = self._origin(place), self._seen[place:]
            is_torn = self._solid - origin - len(letters) > LONGEST_GAP
            if not is_torn and wrapped.has(letters):
                return origin
        return self._solid

    def _place(self, origin: int) -> int:
        piece = bisect_right(self._origins, origin) - 1
        return self._places[piece] + origin - self._origins[piece]

    def _origin(self, place: int) -> int:
        piece = bisect_right(self._places, place) - 1
        return self._origins[piece] + place - self._places[piece]


def _beginnings(data: bytes, form: bytes) -> Iterator[int]:
    """Give the places near the end from which the rest may be the beginning of the form."""
    first = max(0, len(data) - len(form) + 1)
    start = data.find(form[:4], first)
    while start >= 0:
        if form.startswith(data[start:]):
            yield start
        start = data.find(form[:4], start + 1)
    for start in range(max(first, len(data) - 3), len(data)):
        if form.startswith(data[start:]):
            yield start


def _merged(spans: list[Span]) -> list[Span]:
    """Join spans that overlap: what is covered twice is one secret to a reader."""
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        elif stop > start:
            merged.append((start, stop))
    return merged
