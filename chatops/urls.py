"""Every address, by subject."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.account.urls")),
    path("api/chat/", include("bots.api.urls")),
    path("api/", include("deployments.api.urls")),
    path("flow/", include("bots.web.urls")),
    path("settings/", include("bots.web.settings_urls")),
    path("settings/", include("deployments.web.settings.urls")),
    path("", include("deployments.web.urls")),
]
