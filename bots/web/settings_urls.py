"""The chat's addresses below /settings/."""

from __future__ import annotations

from django.urls import path

from bots.web import outgoing

urlpatterns = [
    path("outgoing/", outgoing.index, name="outgoing"),
    path("outgoing/<int:number>/again/", outgoing.again, name="outgoing-again"),
    path("outgoing/rooms/<int:number>/again/", outgoing.again_in_room, name="outgoing-again-room"),
]
