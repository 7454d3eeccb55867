"""Who can, where the reader cannot; and how people come in."""

from __future__ import annotations

from typing import Any

from django import template

from deployments import rights
from deployments.rights import Right, Scope
from deployments.selectors import ways
from deployments.selectors.ways import Way

register = template.Library()


@register.simple_tag
def ways_in() -> list[Way]:
    """Return who else may vouch for people here."""
    return ways.ways()


@register.inclusion_tag("deployments/_parts/who_can.html")
def who_can(right: Right, scope: Scope = None, what: str = "") -> dict[str, Any]:
    """Say in place of a button who could press it. `what`: what for, where that is not plain."""
    return {"said": rights.who_can(right, scope), "what": what}
