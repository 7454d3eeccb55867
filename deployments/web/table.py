"""Deployments as lines of a CSV file, which a spreadsheet may open without being tricked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from deployments.models import Deployment

HEAD = (
    "number", "application", "environment", "state", "reason", "task", "kind", "ref", "sha",
    "subject", "previous_sha", "by", "via", "why", "note", "forced", "created_at", "started_at",
    "finished_at", "seconds", "url",
)  # fmt: skip
# A cell that begins so is a formula to a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def line(values: Iterable[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(map(_harmless, values))
    return written.getvalue()


def cells(found: Deployment, base: str) -> tuple[object, ...]:
    """Return what the columns of HEAD say of a deployment; `base` begins its address."""
    return (
        found.pk,
        found.environment.application.name,
        found.environment.name,
        found.status,
        found.reason,
        found.task,
        found.kind,
        found.ref,
        found.sha,
        found.subject,
        found.previous.sha if found.previous else "",
        found.person.username,
        found.via,
        found.why,
        found.note,
        "yes" if found.forced else "",
        _time(found.created_at),
        _time(found.started_at),
        _time(found.finished_at),
        "" if found.seconds is None else round(found.seconds),
        base + found.get_absolute_url(),
    )


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _harmless(value: object) -> object:
    """Put a quotation mark before what would be a formula; a number is none."""
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value
