"""The chat's addresses below /settings/."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.urls import path

from bots.web import connections, outgoing

urlpatterns = [
    path("outgoing/", outgoing.index, name="outgoing"),
    path("outgoing/<int:number>/again/", outgoing.again, name="outgoing-again"),
    path("outgoing/rooms/<int:number>/again/", outgoing.again_in_room, name="outgoing-again-room"),
    path("connections/", connections.index, name="connections"),
    path("connections/<str:name>/", connections.connection, name="connection"),
    path("connections/<str:name>/secret/", connections.renew, name="connection-secret"),
    path("connections/<str:name>/remove/", connections.remove, name="connection-remove"),
    path(
        "connections/<str:name>/accounts/<int:account>/untie/",
        connections.untie,
        name="account-untie",
    ),
    path("connections/<str:name>/rooms/<int:room>/signs/", connections.signs, name="room-signs"),
    # Whoever finds a screen unlocked must not tie their own account to its owner.
    path(
        "link/<str:secret>/", reauthentication_required(connections.link_opened), name="chat-link"
    ),
    path(
        "link/<str:secret>/agree/",
        reauthentication_required(connections.link_agreed),
        name="chat-link-agree",
    ),
]
