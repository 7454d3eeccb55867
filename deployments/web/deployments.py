"""A deployment: how it goes, its log, and what can be done about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from deployments import lines, rights
from deployments.exceptions import DeploymentError, Invalid
from deployments.models import Deployment, Person
from deployments.selectors import approvals as asked
from deployments.selectors import (
    checks,
    compare,
    locks,
    log_search,
    lookup,
    lots,
    merges,
    pauses,
    phases,
    progress,
    reports,
)
from deployments.selectors.timeline import conversation, timeline
from deployments.services import approvals, comments, lifecycle, pausing, plan
from deployments.services import reports as telling
from deployments.web import actions, composers, log_pages
from deployments.web.advice import advice
from deployments.web.doors import door_of, person_of
from deployments.web.errors import status_of, translated
from deployments.web.live import stream_url
from deployments.web.looks import look_of

TABS = {
    "log": "Log",
    "changes": "Changes",
    "hosts": "Hosts",
    "timeline": "Timeline",
    "conversation": "Conversation",
}
PARTS = ("head", "next", "phases", "hosts", "timeline", "conversation")
FAVICONS = {"in_progress": "running", "success": "success", "failure": "failed", "error": "failed"}


@gzip_page
@require_safe
@translated
def deployment(request: HttpRequest, number: int) -> HttpResponse:
    """Show the head and one tab, or only a part that is brought up to date."""
    person = person_of(request)
    found = lookup.deployment_for(person, number)
    live_url = stream_url()
    tab = request.GET.get("tab", "log")
    tab = tab if tab in TABS else "log"
    context = {"live_url": live_url, "tab": tab} | _head(found, person)
    part = request.GET.get("part", "")
    if part in PARTS:
        context |= _talk(found, person, part) | _lots(found, context["phases"], part)
        return render(request, f"deployments/deployment/_{part}.html", context)
    table = context["phases"]
    context |= _tab(request, found, tab, table) | {"tabs": _tabs(found, tab, table)}
    return render(request, "deployments/deployment.html", context)


@require_POST
@translated
def retry(request: HttpRequest, number: int) -> HttpResponse:
    door, only_failed = door_of(request), "failed_hosts" in request.POST
    found = lookup.deployment_for(door.person, number)
    return redirect(lifecycle.retry(found, door, failed_hosts=only_failed))


@require_POST
@translated
def go_on(request: HttpRequest, number: int) -> HttpResponse:
    """Let it go on behind its pause."""
    door = door_of(request)
    found = lookup.deployment_for(door.person, number)
    return redirect(pausing.go_on(found, door.person, door.via))


@require_POST
@translated
def approve(request: HttpRequest, number: int) -> HttpResponse:
    door = door_of(request)
    return redirect(approvals.approve(lookup.deployment_for(door.person, number), door))


@require_POST
@translated
def reject(request: HttpRequest, number: int) -> HttpResponse:
    door, why = door_of(request), request.POST.get("because", "")
    return redirect(approvals.reject(lookup.deployment_for(door.person, number), door, why))


@require_POST
@translated
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    door = door_of(request)
    return redirect(lifecycle.cancel(lookup.deployment_for(door.person, number), door))


@require_POST
@translated
def tell_again(request: HttpRequest, number: int) -> HttpResponse:
    """Have its forge told once more how it goes."""
    person = person_of(request)
    found = lookup.deployment_for(person, number)
    telling.tell_again(found, person)
    messages.success(request, "GitHub is told again, as soon as a worker comes to it.")
    return redirect(f"{found.get_absolute_url()}?tab=timeline")


@require_POST
@translated
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """Keep a comment; a script gets it back as HTML, others the page."""
    door = door_of(request)
    found = lookup.deployment_for(door.person, number)
    scripted = "X-Live" in request.headers
    try:
        text = request.POST.get("text", "")
        said = comments.add(found, door.person, text, via=door.via, key=door.unique)
    except Invalid as error:
        if not scripted:
            raise
        return HttpResponse(str(error), status=422, content_type="text/plain")
    if scripted:
        return render(request, "deployments/deployment/_message.html", {"comment": said})
    return redirect(f"{found.get_absolute_url()}?tab=conversation#comment-{said.pk}")


def _head(found: Deployment, person: Person) -> dict[str, Any]:
    """Say what the sticky head says."""
    table = phases.phases(found)
    look = look_of(found)
    wrong = phases.first_wrong(table)
    going = found.status == "in_progress"
    how_far = progress.of([found]).get(found.pk)
    percent = how_far.percent if how_far else found.progress
    return {
        "deployment": found,
        "environment": found.environment,
        "look": look,
        "phases": table,
        "wrong": wrong,
        "is_wrong": found.is_broken,
        "broke_at": log_search.breaking_line(found) if found.is_broken else 0,
        "advice": advice(found.reason),
        "usual": phases.usual_seconds(found),
        "actions": actions.actions(found, person),
        "refusal": actions.refusal(found, person),
        "kept_out": _kept_out(found, person),
        "approval": asked.of(found) if found.waits_for else None,
        "approvers": asked.who_may(found) if found.is_for_approval else [],
        "created": asked.created_at_forge(found) if found.via == "webhook" else None,
        "paused": _pause(found, person),
        # Until it begins, its note says so.
        "merged": "" if found.status in ("pending", "queued") else merges.told(found),
        "lost": going and found.lease_until is not None and found.lease_until < timezone.now(),
        "title": _title(found, f"{percent}%" if look.data_state == "running" else look.word),
        "favicon": static(f"img/favicon-{FAVICONS[found.status]}.svg")
        if found.status in FAVICONS
        else static("img/favicon.svg"),
        "how_far": how_far,
        "percent": f"{percent} %",
        "log_line": lines.log(found.pk),
        "programs": _programs(found),
        "gates": _gates(found),
    }


def _gates(found: Deployment) -> dict[str, Any] | None:
    """Return the checks that it waits for, or waited for when it ended."""
    if found.waits_for != Deployment.Wait.CHECKS or found.queued_at is not None:
        return None
    known = checks.gates_of(found)
    return {
        "found": known,
        "passed": sum(gate.is_open for gate in known),
        "of": len(known),
        "heard": checks.heard(found.environment.application.repository, found.sha),
    }


def _programs(found: Deployment) -> dict[str, Any] | None:
    """Return what is run on which worker's machine, once that is decided."""
    if not found.settings or not plan.runs_here(found):
        return None
    return {"machine": found.settings["machine"]["name"], "phases": plan.phases(found)}


def _pause(found: Deployment, person: Person) -> str:
    """Say behind what it waits, unless it is to be stopped there."""
    is_wanted = found.is_paused and found.stop_at is None
    return pauses.words(found, person) if is_wanted else ""


def _kept_out(found: Deployment, person: Person) -> str:
    """Say whose lock keeps it from beginning, where nothing else does."""
    is_queued = found.status == Deployment.Status.QUEUED
    lock = locks.against(found.environment, found.person) if is_queued else None
    return f"{locks.claim(lock, person)} It begins when that is over." if lock else ""


def _title(found: Deployment, state: str) -> str:
    return f"[{state}] {found.environment} #{found.pk}"


def _tabs(found: Deployment, tab: str, table: phases.Phases) -> list[dict[str, Any]]:
    counts = {"hosts": len(table.hosts), "conversation": found.comments.count()}
    return [
        {
            "label": label,
            "url": found.get_absolute_url() + ("" if name == "log" else f"?tab={name}"),
            "current": name == tab,
            "count": counts.get(name, 0),
        }
        for name, label in TABS.items()
    ]


def _tab(request: HttpRequest, found: Deployment, tab: str, table: phases.Phases) -> dict[str, Any]:
    person = person_of(request)
    if tab == "log":
        return log_pages.log_tab(request, found, table) | _talk(found, person, "conversation")
    if tab == "changes":
        return _changes(found)
    if tab == "hosts":
        return _lots(found, table, tab)
    return _talk(found, person, tab)


def _talk(found: Deployment, person: Person, part: str) -> dict[str, Any]:
    if part == "conversation":
        key = uuid.uuid4().hex
        return {"talk": conversation(found), "suggest": composers.address(), "key": key}
    if part != "timeline":
        return {}
    may = rights.may(person, "deploy", found.environment)
    return {"moments": timeline(found), "forge": reports.of(found), "may_tell": may}


def _lots(found: Deployment, table: phases.Phases, part: str) -> dict[str, Any]:
    """Say how it went host by host, and whether that was in batches."""
    if part != "hosts":
        return {}
    rows = lots.lots(found, table)
    return {"lots": rows, "batches": max((row.batch for row in rows), default=1)}


def _changes(found: Deployment) -> dict[str, Any]:
    """Compare with what ran before; a forge that cannot tell is said, not hidden."""
    if found.previous is None or not found.sha:
        return {"first": found.previous is None}
    app = found.environment.application
    try:
        return {"compared": compare.compare(app, found.previous.sha, found.sha)}
    except DeploymentError as error:
        return {"trouble": str(error), "trouble_status": status_of(error)}
