"""Hosts: where they are and which keys they may show."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from deployments import rights
from deployments.models import Host, Person
from deployments.runner import keys
from deployments.selectors import lookup
from deployments.services import hosts
from deployments.web.doors import person_of
from deployments.web.settings.forms import HostForm, NewHostForm
from deployments.web.settings.pages import done, page, past, saved, show
from deployments.web.settings.trial import Trial, seen_key


@require_http_methods(["GET", "HEAD", "POST"])
@page
def index(request: HttpRequest) -> HttpResponse:
    """Show all hosts; on POST, add one."""
    person = person_of(request)
    form = NewHostForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if saved(form, lambda: hosts.add(person=person, **given)):
            return done(
                request,
                f"{given['name']} is added. Next: look at its key.",
                "host-settings",
                given["name"],
            )
    context = {
        "hosts": lookup.with_placements(lookup.hosts_for(person), person),
        "form": form,
        "may": rights.may_somewhere(person, "configure"),
        "who": rights.who_may("configure"),
    }
    return show(request, "hosts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Show the host; on POST, change where it is."""
    person, host = _asked(request, name)
    if request.method != "POST":
        return _shown(request, host)
    hosts.require(person, "configure", host)
    form = HostForm(request.POST, instance=host)
    if form.is_valid() and saved(form, lambda: hosts.change(host, person, **form.cleaned_data)):
        return _done(request, host, f"{host} is changed.")
    return _shown(request, host, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def scan(request: HttpRequest, name: str) -> HttpResponse:
    """Look at the key that the host shows now."""
    person, host = _asked(request, name)
    if request.method != "POST":  # the page was loaded again
        return redirect("host-settings", host.name)
    return _shown(request, host, trial=seen_key(host, person))


@require_POST
@page
def accept_key(request: HttpRequest, name: str) -> HttpResponse:
    person, host = _asked(request, name)
    accepted = hosts.accept_key(host, request.POST.get("line", ""), person)
    return _done(request, host, f"{accepted.fingerprint} is accepted.")


@require_POST
@page
def forget_key(request: HttpRequest, name: str) -> HttpResponse:
    person, host = _asked(request, name)
    hosts.forget_key(host, request.POST.get("fingerprint", ""), person)
    return _done(request, host, "That key is accepted no longer.")


@require_POST
@page
def remove(request: HttpRequest, name: str) -> HttpResponse:
    person, host = _asked(request, name)
    hosts.remove(host, person)
    return done(request, f"{name} is removed.", "hosts-settings")


def _asked(request: HttpRequest, name: str) -> tuple[Person, Host]:
    person = person_of(request)
    return person, lookup.host_for(person, name)


def _done(request: HttpRequest, host: Host, text: str) -> HttpResponse:
    return done(request, text, "host-settings", host.name)


def _shown(
    request: HttpRequest, asked: Host, *, trial: Trial | None = None, **forms: Any
) -> HttpResponse:
    person = person_of(request)
    host = Host.objects.get(pk=asked.pk)
    refusal = hosts.refusal(person, "configure", host)
    lines = host.host_keys.splitlines()
    context = {
        "host": host,
        **past(host, request),
        "accepted": [
            {"kind": line.split(maxsplit=1)[0], "fingerprint": keys.fingerprint(line)}
            for line in lines
        ],
        "placements": lookup.placements_for(person).filter(host=host).select_related("current"),
        "trial": trial,
        "form": HostForm(instance=host),
        "may": not refusal,
        "refusal": refusal,
    }
    return show(request, "host.html", {**context, **forms})
