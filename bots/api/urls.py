"""The chat's addresses for scripts."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from bots.api import connections, views

urlpatterns = [
    path("commands/", login_not_required(views.ChatCommands.as_view()), name="chat-commands"),
    path(
        "connections/<str:name>/messages/",
        login_not_required(connections.Messages.as_view()),
        name="chat-messages",
    ),
]
