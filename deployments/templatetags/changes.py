"""Changed files in templates."""

from __future__ import annotations

from collections.abc import Iterator

from django import template

from deployments.forges.contract import FileDiff
from deployments.web import patches

register = template.Library()

SMALL = 120  # changed lines; more stay folded


@register.filter
def patch_rows(patch: str) -> Iterator[patches.PatchRow]:
    return patches.rows(patch)


@register.filter
def is_small(file: FileDiff) -> bool:
    return file.additions + file.deletions <= SMALL
