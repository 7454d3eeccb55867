"""Addresses for scripts, below /api/."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path, re_path
from rest_framework.views import APIView

from deployments.api import (
    applications,
    approvals,
    changes,
    deployments,
    me,
    pages,
    statuses,
)

APP = "apps/<str:app>/"
ENVIRONMENT = f"{APP}environments/<str:environment>/"
DEPLOYMENT = "deployments/<int:number>/"
REPOSITORY = "repositories/<path:repository>/"


def door(address: str, view: type[APIView], name: str) -> URLPattern:
    """Let requests in without a session: the view asks for a token."""
    return path(address, login_not_required(view.as_view()), name=name)


urlpatterns = [
    door("me/", me.Me, "api-me"),
    door("apps/", applications.Apps, "api-apps"),
    door(APP, applications.App, "api-app"),
    door(f"{APP}environments/", applications.Environments, "api-environments"),
    door(ENVIRONMENT, applications.OneEnvironment, "api-environment"),
    door(f"{ENVIRONMENT}rollback/", applications.Rollback, "api-environment-rollback"),
    door("hosts/", applications.Hosts, "api-hosts"),
    door("hosts/<str:name>/", applications.OneHost, "api-host"),
    door("deployments/", deployments.Deployments, "api-deployments"),
    door(DEPLOYMENT, deployments.One, "api-deployment"),
    door(f"{DEPLOYMENT}log/", deployments.Log, "api-deployment-log"),
    door(f"{DEPLOYMENT}hosts/", deployments.Hosts, "api-deployment-hosts"),
    door(f"{DEPLOYMENT}go-on/", deployments.GoOn, "api-deployment-go-on"),
    door(f"{DEPLOYMENT}retry/", deployments.Retry, "api-deployment-retry"),
    door(f"{DEPLOYMENT}rollback/", deployments.ReturnTo, "api-deployment-rollback"),
    door(f"{DEPLOYMENT}approve/", approvals.Approve, "api-deployment-approve"),
    door(f"{DEPLOYMENT}reject/", approvals.Reject, "api-deployment-reject"),
    door(f"{DEPLOYMENT}cancel/", deployments.Cancel, "api-deployment-cancel"),
    door("changes/", changes.Changes, "api-changes"),
    door(f"{REPOSITORY}statuses/", statuses.Statuses, "api-statuses"),
    door(f"{REPOSITORY}statuses/<str:sha>/", statuses.StatusesOf, "api-statuses-of"),
    door(f"{REPOSITORY}commits/<str:sha>/status/", statuses.Combined, "api-status"),
    door("schema/", pages.Schema, "api-schema"),
    path("", pages.docs, name="api-docs"),
    path("try/", pages.trial, name="api-try"),
    path("shipmate", pages.client, name="api-client"),
    re_path("", pages.nothing),
]
