"""People and their roles."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from deployments import rights
from deployments.models import Invitation, Person, Role
from deployments.selectors.people import everybody, roles_of
from deployments.services import invitations, linked_accounts, people, second_factors, sessions
from deployments.web import devices
from deployments.web.doors import person_of
from deployments.web.settings.forms import NewPersonForm, RoleForm
from deployments.web.settings.invitation_forms import InviteForm
from deployments.web.settings.pages import done, page, past, saved, show

# What each right covers, in the words of the table in docs/security.md.
COVERS: dict[rights.Right, str] = {
    "see": "See, search, comment",
    "deploy": "Deploy, retry, roll back, promote, cancel one's own; own locks and tokens",
    "report": "Report what checks say of commits",
    "force": "Go past red checks, cancel another's, unlock another's, accept a host's key",
    "approve": "Approve what another asked for and may not begin by itself",
    "configure": "Apps, environments, hosts, rooms; commands, secrets and keys",
    "administer": "People and roles, chat connections, outgoing messages, audit",
}


@require_http_methods(["GET", "HEAD", "POST"])
@page
def index(request: HttpRequest) -> HttpResponse:
    """Show everybody; on POST, add somebody."""
    by = person_of(request)
    if request.method == "POST":
        rights.require(by, "administer")
    form = NewPersonForm(request.POST or None)
    context = {"form": form, "may": rights.may(by, "administer"), "table": rights_table()}
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        if saved(
            form, lambda: context.update(added=people.add(given.pop("username"), by, **given))
        ):
            generated = not (given["password"] or given["robot"])
            return _added(request, *context["added"], generated=generated)  # type: ignore[misc]
    return show(request, "people.html", {**context, **_listed(request)})


def _listed(request: HttpRequest) -> dict[str, Any]:
    """Return the people that the address asks for, and how else it could ask."""
    by = person_of(request)
    asked = {key: request.GET.get(key, "") for key in ("q", "role")}
    asked["active"] = request.GET.get("active", "yes")
    return {
        **asked,
        "people": everybody(by, asked["q"], active=asked["active"], role=asked["role"]),
        "roles": list(rights.RANK),
        "who": rights.who_may("administer"),
        "invitations": invitations.open_for(by).select_related("by"),
        "invite": InviteForm(by, auto_id="invite_%s"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@page
def edit(request: HttpRequest, username: str) -> HttpResponse:
    """Show a person; on POST, give a role."""
    by, person = _asked(request, username)
    if request.method != "POST":
        return _shown(request, person)
    form = RoleForm(by, request.POST)
    if form.is_valid():
        role = form.cleaned_data["role"]
        if saved(form, lambda: people.give_role(person, role, form.chosen, by)):
            where = str(form.chosen or "everywhere")
            return _done(request, person, f"{person} is {role} of {where} now.")
    elif not form.scopes:
        rights.require(by, "administer")
    return _shown(request, person, form=form)


@require_POST
@page
def take_role(request: HttpRequest, username: str, role: int) -> HttpResponse:
    by, person = _asked(request, username)
    people.take_role(get_object_or_404(Role, pk=role, person=person), by)
    return _done(request, person, f"The role is taken from {person}.")


@require_POST
@page
def set_active(request: HttpRequest, username: str) -> HttpResponse:
    by, person = _asked(request, username)
    active = request.POST.get("active") == "yes"
    people.set_active(person, active, by)
    text = "may sign in" if active else "may no longer sign in, and their tokens are dead"
    return _done(request, person, f"{person} {text}.")


@require_POST
@page
def new_password(request: HttpRequest, username: str) -> HttpResponse:
    by, person = _asked(request, username)
    return _told(request, person, people.new_password(person, by))


@require_POST
@page
def sign_out(request: HttpRequest, username: str) -> HttpResponse:
    """End every session of a person."""
    by, person = _asked(request, username)
    sessions.end_all(person, by)
    return _done(request, person, f"{person} is signed out everywhere.")


@require_POST
@page
def remove_second_factor(request: HttpRequest, username: str) -> HttpResponse:
    by, person = _asked(request, username)
    second_factors.remove(person, by)
    return _done(request, person, f"{person} signs in with the password alone, for now.")


@require_POST
@page
def unlink(request: HttpRequest, username: str, account: int) -> HttpResponse:
    """Let somebody sign in by an account elsewhere no longer."""
    by, person = _asked(request, username)
    called = linked_accounts.remove(person, account, by)
    return _done(request, person, f"{person} signs in no longer as {called}.")


@require_POST
@page
def invite(request: HttpRequest) -> HttpResponse:
    """Make a link, and show it this once: only its hash is kept."""
    by = person_of(request)
    form = InviteForm(by, request.POST, auto_id="invite_%s")
    if not form.scopes:
        rights.require(by, "administer")
    context: dict[str, Any] = {}
    if form.is_valid():
        given = form.cleaned_data
        _, text = invitations.make(
            by, given["role"], form.chosen, days=given["days"], note=given["note"]
        )
        path = reverse("invitation", args=[text])
        context = {"link": request.build_absolute_uri(path), "invited": given}
        form = InviteForm(by, auto_id="invite_%s")
    whole = {
        "form": NewPersonForm(),
        "may": rights.may(by, "administer"),
        "table": rights_table(),
        **_listed(request),
        **context,
        "invite": form,
    }
    return show(request, "people.html", whole)


@require_POST
@page
def withdraw(request: HttpRequest, invitation: int) -> HttpResponse:
    by = person_of(request)
    found = get_object_or_404(Invitation, pk=invitation)
    invitations.withdraw(found, by)
    return done(request, f"The invitation of {found} is withdrawn.", "people-settings")


def rights_table() -> list[dict[str, Any]]:
    """Return each right and the roles that have it, for the table on the page."""
    return [
        {"covers": text, "roles": [rights.RANK[role] >= least for role in rights.RANK]}
        for right, text in COVERS.items()
        for least in [rights.RANK[rights.LEAST[right]]]
    ]


def _asked(request: HttpRequest, username: str) -> tuple[Person, Person]:
    """Return who asks, and whom it is about."""
    return person_of(request), get_object_or_404(Person, username=username)


def _done(request: HttpRequest, person: Person, text: str) -> HttpResponse:
    return done(request, text, "person-settings", person.username)


def _added(request: HttpRequest, person: Person, password: str, *, generated: bool) -> HttpResponse:
    if generated:
        return _told(request, person, password)
    return _done(request, person, f"{person} is added.")


def _told(request: HttpRequest, person: Person, password: str) -> HttpResponse:
    """Show a generated password, this once: it is kept nowhere."""
    return _shown(request, person, password=password)


def _shown(request: HttpRequest, person: Person, **more: Any) -> HttpResponse:
    by = person_of(request)
    roles = [
        {"role": role, "may": rights.may(by, "administer", role.environment or role.application)}
        for role in roles_of(person, by)
    ]
    form = RoleForm(by)
    context = {
        "person": person,
        **past(person, request),
        "roles": roles,
        "form": form,
        "may": rights.may(by, "administer"),
        "sessions": devices.seen(sessions.of(person), None),
        "accounts": linked_accounts.named(person),
        "has_second_factor": second_factors.has_one(person),
        "may_give": bool(form.scopes),
        "refusal": "" if form.scopes else rights.refusal(by, "administer"),
    }
    return show(request, "person.html", {**context, **more})
