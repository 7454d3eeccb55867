"""The chat's addresses for scripts."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from bots.api import views

urlpatterns = [
    path("commands/", login_not_required(views.ChatCommands.as_view()), name="chat-commands"),
]
