"""Every address, by subject."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from deployments.api.github.around import Root
from deployments.api.github.doors import NoGraphql
from deployments.api.metrics import Metrics
from deployments.api.urls import door
from deployments.web.sign_in.doors import no_password

urlpatterns = [
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/password/set/", no_password),
    path("accounts/", include("allauth.account.urls")),
    path("api/chat/", include("bots.api.urls")),
    door("api/v3", Root, "github-root-alone"),  # as some clients write their base URL
    path("api/v3/", include("deployments.api.github.urls")),
    path("api/graphql", login_not_required(NoGraphql.as_view())),  # where Octokit goes for it
    path("api/", include("deployments.api.urls")),
    path("webhooks/", include("deployments.webhooks.urls")),
    path("metrics", login_not_required(Metrics.as_view()), name="metrics"),
    path("flow/", include("bots.web.urls")),
    path("settings/", include("bots.web.settings_urls")),
    path("settings/", include("deployments.web.settings.urls")),
    path("", include("deployments.web.urls")),
]
