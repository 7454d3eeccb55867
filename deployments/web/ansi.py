"""Terminal output as HTML: colours become classes, all other control sequences vanish. Pure."""

from __future__ import annotations

from html import escape

from django.utils.safestring import SafeString, mark_safe

from deployments.terminal import SEQUENCE, overwritten

COLOURS = ("", "red", "green", "yellow", "blue", "magenta", "cyan", "")


class Painter:
    """Paints one stream of lines; a colour lasts until it is taken back, across lines."""

    def __init__(self) -> None:
        self.colour = ""
        self.bold = self.dim = False

    def paint(self, line: str) -> SafeString:
        """Return the line as HTML. All text is escaped."""
        parts, place = [], 0
        shown = overwritten(line)
        for match in SEQUENCE.finditer(shown):
            parts.append(self._span(shown[place : match.start()]))
            if match["sgr"] is not None:
                self._set(match["sgr"])
            place = match.end()
        parts.append(self._span(shown[place:]))
        return mark_safe("".join(parts))  # noqa: S308  made of escaped text and our own classes

    def _span(self, text: str) -> str:
        if not text:
            return ""
        names = [self.colour, "bold" if self.bold else "", "dim" if self.dim else ""]
        classes = " ".join(f"a-{name}" for name in names if name)
        return f'<span class="{classes}">{escape(text)}</span>' if classes else escape(text)

    def _set(self, codes: str) -> None:
        numbers = [int(code[:4] or 0) for code in codes.split(";")]
        while numbers:
            code = numbers.pop(0)
            if code in (38, 48):  # a colour from the long table: its arguments are left out
                del numbers[: 2 if numbers[:1] == [5] else 4]
            else:
                self._apply(code)

    def _apply(self, code: int) -> None:
        if code == 0:
            self.colour, self.bold, self.dim = "", False, False
        elif code in (1, 2, 22):
            self.bold, self.dim = code == 1, code == 2
        elif 30 <= code <= 37 or 90 <= code <= 97:
            self.colour = COLOURS[code % 10]
        elif code == 39:
            self.colour = ""
