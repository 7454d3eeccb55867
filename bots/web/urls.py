"""The built-in chat's addresses."""

from __future__ import annotations

from django.urls import path

from bots.web import flow

urlpatterns = [
    path("", flow.home, name="flow"),
    path("<slug:slug>/", flow.room, name="flow-room"),
    path("<slug:slug>/say/", flow.say, name="flow-say"),
    path("<slug:slug>/<int:number>/", flow.thread, name="flow-thread"),
    path("<slug:slug>/<int:number>/say/", flow.say, name="flow-reply"),
]
