"""An environment: what runs, what waits to go out, and the form that deploys."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from deployments import lines, providers, rights
from deployments.blockers import blockers, refusals, runs_here, unchecked
from deployments.exceptions import DeploymentError, Invalid, NotAllowed
from deployments.models import Environment, Person
from deployments.providers.contract import RELEASE
from deployments.selectors import (
    applications,
    authors,
    checks,
    code,
    commits,
    environments,
    log_search,
    lookup,
    merges,
    releases,
    running,
    tasks,
)
from deployments.services import lifecycle
from deployments.web.doors import door_of, person_of
from deployments.web.errors import reasons, status_of, translated
from deployments.web.forms import DeployForm
from deployments.web.live import stream_url
from deployments.web.locks import claim_of

PARTS = {
    "now": "deployments/environment/_now.html",
    "recent": "deployments/environment/_recent.html",
    "lock": "deployments/environment/_lock.html",
}


@gzip_page
@require_safe
@translated
def environment(request: HttpRequest, application: str, name: str) -> HttpResponse:
    """Show the environment; with `ref` in the address, what deploying it would do."""
    person = person_of(request)
    found = lookup.environment_for(person, application, name)
    if found.name != name or found.application.name != application:
        return redirect(found)
    context = {"live_url": stream_url(), "environment": found} | claim_of(found, person)
    part = PARTS.get(request.GET.get("part", ""))
    if part is not None:
        return render(request, part, context | _now(found))
    form = _form(request.GET, found) if "ref" in request.GET else None
    now = _now(found)
    context |= now | _ways_out(found, now["runs"], person, form)
    return _page(request, context, form)


@require_POST
@translated
def deploy(request: HttpRequest, application: str, name: str) -> HttpResponse:
    """Ask for a deployment; every reason against it at once."""
    door = door_of(request)
    found = lookup.environment_for(door.person, application, name)
    form = _form(request.POST, found)
    try:
        if not form.is_valid():
            raise Invalid("\n".join(form.problems))
        deployment = lifecycle.request(
            found,
            form.cleaned_data["ref"],
            door,
            hosts=form.cleaned_data["hosts"],
            why=form.cleaned_data["why"],
            expected_sha=request.POST.get("expected_sha", ""),
            task=form.cleaned_data["task"],
            parameters=form.given,
            force=_past(request, "force"),
            when_green=_past(request, "when_green"),
        )
    except NotAllowed:
        raise
    except DeploymentError as error:
        context = {"live_url": stream_url(), "environment": found, "wrong": reasons(error)}
        now = _now(found)
        context |= now | _ways_out(found, now["runs"], door.person, form)
        context |= claim_of(found, door.person)
        return _page(request, context, form, status=status_of(error))
    return redirect(deployment)


@require_POST
@translated
def rollback(request: HttpRequest, application: str, name: str) -> HttpResponse:
    """Return to what ran before, or to the deployment named in `to`."""
    door = door_of(request)
    found = lookup.environment_for(door.person, application, name)
    number = request.POST.get("to", "")
    if number and not number.isdecimal():
        raise Invalid(f"“{number}” is no number of a deployment.")
    target = lookup.deployment_for(door.person, int(number)) if number else None
    return redirect(lifecycle.rollback(found, door, to=target))


def _page(
    request: HttpRequest, context: dict[str, Any], form: DeployForm | None, status: int = 200
) -> HttpResponse:
    """Add the review, if one is asked for; what the forge says against it stands by the field."""
    context["form"] = form or _form(None, context["environment"])
    if form is not None and status == 200:
        try:
            context["review"] = _review(context["environment"], context["runs"], form)
            context |= _unchecked(person_of(request), context)
        except DeploymentError as error:
            context["ref_wrong"] = str(error)
    context |= _commits(context)
    return render(request, "deployments/environment.html", context, status=status)


def _review(found: Environment, runs: running.Running, form: DeployForm) -> environments.Review:
    if not form.is_valid():
        raise Invalid("\n".join(form.problems))
    asked = form.cleaned_data
    wrong = list(tasks.unfit(found, asked["task"], form.given))
    if wrong:
        raise Invalid(" ".join(wrong))
    return environments.review(found, runs, asked["ref"], asked["hosts"], asked["task"])


def _commits(context: dict[str, Any]) -> dict[str, Any]:
    """List what waits, with what is reviewed marked in it; listed alone if it is from elsewhere."""
    found, waits, review = context["environment"], context["waiting"], context.get("review")
    comparison, asked = waits.comparison, None
    if review is not None and not context["form"].is_task:
        asked = review.comparison
        shown = comparison.commits[: commits.SHOWN] if comparison else ()
        if review.resolved.sha not in [commit.sha for commit in shown]:
            comparison, asked = asked, None
    wrote = authors.of(comparison.commits) if comparison else {}
    listed = commits.listed(found, comparison, context["stops"], asked)
    return {
        "comparison": comparison,
        "aside": comparison is not waits.comparison,
        "listed": listed,
        "more": comparison.ahead - len(listed) if comparison else 0,
        "authors": wrote,
        "people": commits.people(comparison, wrote) if comparison else None,
        "size": commits.size(found.application, comparison),
    }


def _unchecked(person: Person, context: dict[str, Any]) -> dict[str, Any]:
    """Add what is in the way of its merge, or the checks that the commit has not passed.

    To wait for those is offered, and to whoever may to go past them.
    """
    if context["form"].is_task:
        return {}
    found, asked = context["environment"], context["form"].cleaned_data
    merge, sha = context["review"].merge, context["review"].resolved.sha
    red = [] if merge else list(unchecked(found, person, sha))
    conflict = list(merges.against(found, merge))
    return {
        "blockers": [*context["blockers"], *conflict, *red],
        "blocked": context["blocked"] or bool(conflict),
        "may_force": bool(red) and rights.may(person, "force", found),
        "may_wait": bool(red),
        "heard": checks.heard(found.application.repository, sha) if red else None,
        "green_line": _line(found, asked, context["form"].given, when_green=True),
    }


def _past(request: HttpRequest, way: str) -> bool:
    """Return whether this way was chosen where checks stand in the way."""
    return way in request.POST or request.POST.get("checks") == way


def _form(data: QueryDict | None, found: Environment) -> DeployForm:
    settings = found.effective_settings
    declared = settings.get("parameters", {})
    return DeployForm(data, _to_choose(found), settings.get("tasks", {}), declared)


def _now(found: Environment) -> dict[str, Any]:
    """Say what runs, where, and what was tried lately."""
    placements = environments.placements_of(found)
    recent = environments.recent(found)
    last = recent[0] if recent else None
    runs = running.in_(found)
    hosts = environments.hosts_now(found, runs, placements)
    provider = providers.provider(found.application.provider)
    return {
        "runs": runs,
        "cloud": "" if provider.takes_hosts else provider.label,
        "runs_here": runs_here(found),
        "agreed": runs.whole or "success",
        "hosts": hosts,
        "agreeing": sum(host.agrees for host in hosts),
        "agreement": f"{sum(host.agrees for host in hosts)} of {len(hosts)} agree",
        "recent": recent,
        "last": last,
        "running": next((d for d in recent if not d.is_finished), None),
        "broke_at": log_search.breaking_line(last) if last and last.is_broken else 0,
    }


def _ways_out(
    found: Environment, runs: running.Running, person: Person, form: DeployForm | None
) -> dict[str, Any]:
    """Say what could be done, by whom, and what stands in the way."""
    asked = form.cleaned_data if form is not None and form.is_valid() else {}
    ref, hosts = asked.get("ref", ""), asked.get("hosts", [])
    waiting = environments.waiting(found, runs)  # first: it asks the repository, if anything does
    is_release = asked.get("task", RELEASE) == RELEASE
    fetches = is_release and not code.has(found.application, ref.lower())
    standing = blockers(found, person, hosts=hosts, fetches=fetches)
    may = rights.may(person, "deploy", found)
    back = releases.before_current(found)
    stops = applications.way(found.application)
    return {
        "hosts_named": _to_choose(found),
        "waiting": waiting,
        "stops": stops,
        "gaps": commits.gaps(found.application, stops),
        "blockers": standing,
        "blocked": bool(refusals(standing)),
        "may_deploy": may,
        "refusal": "" if may else rights.refusal(person, "deploy", found),
        "line": _line(found, asked, form.given if asked and form else {}),
        "back": back,
        "back_until": releases.ran_until(found, back) if back else None,
        "back_blocked": bool(refusals(standing)),
        "back_line": lines.rollback(found.application.name, found.name),
        "key": uuid.uuid4().hex,
        "back_key": uuid.uuid4().hex,
    }


def _line(
    found: Environment, asked: dict[str, Any], given: dict[str, str], *, when_green: bool = False
) -> str:
    """Return the chat line that does what the form says."""
    return lines.deploy(
        found.application.name,
        asked.get("ref", ""),
        found.name,
        hosts=asked.get("hosts", ()),
        because=asked.get("why", ""),
        task=asked.get("task", "deploy"),
        parameters=given,
        when_green=when_green,
    )


def _to_choose(found: Environment) -> list[str]:
    """Return the hosts of which some may be chosen; none where it is all or nothing."""
    names = _host_names(found)
    provider = providers.provider(found.application.provider)
    whole = provider.obstacles(found.effective_settings, len(names), chosen=True)
    return [] if whole else names


def _host_names(found: Environment) -> list[str]:
    return list(found.placements.order_by("host__name").values_list("host__name", flat=True))
