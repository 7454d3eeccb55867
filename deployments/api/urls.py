"""Addresses for scripts, below /api/."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from deployments.api import statuses

COMMIT = "repositories/<path:repository>/commits/<str:sha>/status/"

urlpatterns = [
    path(
        "repositories/<path:repository>/statuses/",
        login_not_required(statuses.Statuses.as_view()),
        name="api-statuses",
    ),
    path(
        "repositories/<path:repository>/statuses/<str:sha>/",
        login_not_required(statuses.Statuses.as_view()),
        name="api-statuses-of",
    ),
    path(COMMIT, login_not_required(statuses.Combined.as_view()), name="api-status"),
]
