"""The built-in chat's addresses."""

from __future__ import annotations

from django.urls import path

from bots.web import apart, flow, rooms, suggest

# “-” is no name of a room.
urlpatterns = [
    path("", flow.home, name="flow"),
    path("-/mentions/", apart.mentioned, name="flow-mentions"),
    path("-/kept/", apart.kept, name="flow-kept"),
    path("-/suggest/", suggest.suggest, name="flow-suggest"),
    path("-/suggest/people/", suggest.people, name="flow-suggest-people"),
    path("-/rooms/", rooms.index, name="flow-rooms"),
    path("-/rooms/<slug:slug>/", rooms.edit, name="flow-room-settings"),
    path("<slug:slug>/", flow.room, name="flow-room"),
    path("<slug:slug>/say/", flow.say, name="flow-say"),
    path("<slug:slug>/seen/", flow.seen, name="flow-seen"),
    path("<slug:slug>/<int:number>/", flow.thread, name="flow-thread"),
    path("<slug:slug>/<int:number>/say/", flow.say, name="flow-reply"),
    path("<slug:slug>/<int:number>/seen/", flow.seen, name="flow-thread-seen"),
]
