"""The pages on which rooms are made, named, and told which apps may be spoken of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from bots import rooms
from bots.models import ChatRoom, Room
from bots.web import beside
from deployments import rights
from deployments.models import Application
from deployments.web.doors import person_of
from deployments.web.errors import translated
from deployments.web.settings.pages import saved


class RoomForm(forms.Form):
    name = forms.CharField(max_length=120, help_text="As it stands in the list of rooms.")
    applications = forms.ModelMultipleChoiceField(
        Application.objects.order_by("name"),
        to_field_name="name",  # not the number: one past all numbers is a fault to a database
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Apps that may be told in it",
        help_text="None ticked: all. What concerns another app is answered to the speaker alone.",
    )


class NewRoomForm(RoomForm):
    slug = forms.CharField(
        max_length=63, label="Address", help_text="Like deploys: small letters, digits and “-”."
    )
    field_order = ("slug", "name", "applications")


@require_http_methods(["GET", "HEAD", "POST"])
@translated
def index(request: HttpRequest) -> HttpResponse:
    """Show every room and what may be told in it; on POST, make one."""
    by = person_of(request)
    form = NewRoomForm(request.POST or None)
    if request.method == "POST":
        rights.require(by, "configure")
        if form.is_valid():
            given = form.cleaned_data
            if saved(form, lambda: rooms.add(given["slug"], given["name"], _apps(form), by)):
                messages.success(request, f"#{given['name']} is there.")
                return redirect("flow-room", given["slug"])
    context = {"form": form, "known": _known(), **_may(request)}
    return render(request, "bots/rooms.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@translated
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a room's name and apps; on POST, change them."""
    by, room = person_of(request), get_object_or_404(Room, slug=slug)
    rights.require(by, "configure")
    now = {"name": room.name, "applications": rooms.told_in(room)}
    form = RoomForm(request.POST or None, initial=now)
    if form.is_valid() and saved(
        form, lambda: rooms.change(room, form.cleaned_data["name"], _apps(form), by)
    ):
        messages.success(request, "Saved.")
        return redirect("flow-room-settings", slug)
    return render(request, "bots/room_settings.html", {"form": form, "room": room})


def _apps(form: forms.Form) -> list[Application]:
    return list(form.cleaned_data["applications"])


def _known() -> list[tuple[Room, list[Application]]]:
    """Return each room with the apps that alone may be told in it, in three queries."""
    told = ChatRoom.objects.filter(platform="flow")
    with_apps = told.prefetch_related("applications")
    apps = {room.external_id: list(room.applications.all()) for room in with_apps}
    return [(room, apps.get(room.slug, [])) for room in Room.objects.all()]


def _may(request: HttpRequest) -> dict[str, Any]:
    return {"may": beside.may_make_rooms(request), "who": rights.who_may("configure")}
