"""The addresses below /webhooks/."""

from __future__ import annotations

from django.urls import path

from deployments.webhooks.github import door

urlpatterns = [path("github/", door.receive, name="github-webhook")]
