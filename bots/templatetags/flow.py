"""What the built-in chat draws at every post; an include would cost six times as much."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bots import withheld
from deployments.templatetags.shipmate import icon

register = template.Library()


@register.simple_tag
def bookmark(number: int, is_kept: bool) -> SafeString:
    """Draw the key that keeps a post, or drops it again; it belongs to the form `keep`."""
    return format_html(
        '<button class="keep" type="submit" form="keep" name="{}" value="{}" aria-pressed="{}"'
        ' aria-label="Keep" title="Keep it, for you alone">{}</button>',
        "drop" if is_kept else "keep",
        number,
        "true" if is_kept else "false",
        icon("bookmark", "sm"),
    )


@register.filter
def acts(line: str) -> bool:
    """Return whether a button's line does something that takes more than to look."""
    return withheld.acts(line)
