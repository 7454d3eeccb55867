"""/settings/connections/: chats outside, who speaks there, and their secrets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots import accounts, connections
from bots.models import ChatAccount, ChatConnection, ChatRoom
from deployments import rights
from deployments.models.names import slug
from deployments.web.doors import person_of
from deployments.web.settings.pages import done, page, saved, shared

CEILINGS = [(name, f"a {name}") for name in connections.CEILINGS]


class ConnectionForm(forms.Form):
    url = forms.URLField(
        label="Address",
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text="Where Shipmate sends what it says. It signs each message.",
    )
    ceiling = forms.ChoiceField(
        label="Its people may do no more than",
        choices=CEILINGS,
        initial="deployer",
        help_text="Whatever they may do elsewhere.",
    )


class NewConnectionForm(ConnectionForm):
    name = forms.CharField(max_length=63, validators=[slug], help_text="Such as hubot.")
    field_order = ("name", "url", "ceiling")


@require_http_methods(["GET", "HEAD", "POST"])
@page
def index(request: HttpRequest) -> HttpResponse:
    """List the connections; on POST, make one and show its secret, this once."""
    person = person_of(request)
    rights.require(person, "administer")
    form = NewConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made: list[tuple[ChatConnection, str]] = []
        given = form.cleaned_data
        if saved(form, lambda: made.append(connections.make(by=person, **given))):
            connection, secret = made[0]
            return _shown(request, connection, secret=secret)
    listed = ChatConnection.objects.order_by("name").prefetch_related("accounts", "rooms")
    return _render(request, "connections", connections=listed, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def connection(request: HttpRequest, name: str) -> HttpResponse:
    """Show one; on POST, change its address and ceiling."""
    person = person_of(request)
    rights.require(person, "administer")
    found = get_object_or_404(ChatConnection, name=name)
    form = ConnectionForm(request.POST) if request.method == "POST" else None
    if (
        form is not None
        and form.is_valid()
        and saved(form, lambda: connections.change(found, by=person, **form.cleaned_data))
    ):
        return done(request, f"{found} is changed.", "connection", name)
    return _shown(request, found, **({"form": form} if form else {}))


@require_POST
@page
def renew(request: HttpRequest, name: str) -> HttpResponse:
    """Make another secret, and show it this once."""
    found = get_object_or_404(ChatConnection, name=name)
    return _shown(request, found, secret=connections.renew_secret(found, person_of(request)))


@require_POST
@page
def remove(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(ChatConnection, name=name)
    connections.remove(found, person_of(request))
    return done(request, f"{name} is taken away.", "connections")


@require_POST
@page
def untie(request: HttpRequest, name: str, account: int) -> HttpResponse:
    """Untie an account from its person."""
    found = get_object_or_404(ChatAccount, pk=account, connection__name=name)
    accounts.forget(found, person_of(request))
    return done(request, f"{found.name} is tied to nobody any more.", "connection", name)


@require_POST
@page
def signs(request: HttpRequest, name: str, room: int) -> HttpResponse:
    """Let “.” and “!” stand for the bot's name in a room, or no longer."""
    found = get_object_or_404(ChatRoom, pk=room, connection__name=name)
    connections.allow_signs(found, request.POST.get("allow") == "yes", person_of(request))
    return done(request, f"{found.name} is changed.", "connection", name)


@require_safe
@page
def link_opened(request: HttpRequest, secret: str) -> HttpResponse:
    """Show which account asks to be this person’s."""
    return _render(request, "link", asked=accounts.asked(secret))


@require_POST
@page
def link_agreed(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the word that the account must type back."""
    asked = accounts.asked(secret)
    return _render(request, "link", asked=asked, word=accounts.agree(asked, person_of(request)))


def _shown(request: HttpRequest, found: ChatConnection, **more: Any) -> HttpResponse:
    context = {
        "connection": found,
        "form": ConnectionForm(initial={"url": found.url, "ceiling": found.ceiling}),
        "accounts": found.accounts.select_related("person").order_by("name"),
        "rooms": found.rooms.order_by("name"),
    }
    return _render(request, "connection", **{**context, **more})


def _render(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, f"bots/{template}.html", {**shared(request), **context})
