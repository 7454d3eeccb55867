"""Changed files in templates."""

from __future__ import annotations

from django import template

from deployments.forges.contract import Diff
from deployments.web import patches

register = template.Library()


@register.filter
def shown_files(diff: Diff) -> list[patches.ShownFile]:
    return patches.files(diff)
