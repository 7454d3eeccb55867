"""What a search found, marked in its text."""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from deployments.models import Deployment
from deployments.selectors.log import Line
from deployments.terminal import plain
from deployments.web import marks

register = template.Library()

AROUND = 120  # letters that are kept before what is marked first
LONGEST = 400
PAGE = 1_000  # lines at the end of a log that its page shows for certain


register.simple_tag(marks.marked, name="marked")


@register.simple_tag
def marked_line(line: Line, texts: Sequence[str]) -> SafeString:
    """Return a line of a log without its colours, cut down to what stands around the first mark."""
    text = plain(line.text)
    at = min((i for t in texts if (i := text.casefold().find(t.casefold())) >= 0), default=0)
    start = max(0, at - AROUND) if len(text) > LONGEST else 0
    cut = text[start : start + LONGEST]
    return marks.marked(f"{'…' * (start > 0)}{cut}{'…' * (start + LONGEST < len(text))}", texts)


@register.simple_tag
def line_url(deployment: Deployment, line: Line) -> str:
    """Return the address of a line; far from the end, that of the part of the log it stands in."""
    url = reverse("deployment", args=[deployment.pk])
    far = deployment.log_lines - line.number > PAGE
    return f"{url}{f'?at={line.number}' if far else ''}#L{line.number}"
