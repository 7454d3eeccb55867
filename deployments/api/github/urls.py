"""Addresses as GitHub has them, below /api/v3/."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import re_path

from deployments.api.github import around, commits, deployments
from deployments.api.github.doors import Nothing
from deployments.api.urls import door

REPOSITORY = "repos/<str:owner>/<str:repo>"
ALL = f"{REPOSITORY}/deployments"
ONE = f"{ALL}/<int:number>"
COMMIT = f"{REPOSITORY}/commits/<path:ref>"

urlpatterns = [
    door("", around.Root, "github-root"),
    door("user", around.User, "github-user"),
    door("meta", around.Meta, "github-meta"),
    door("rate_limit", around.RateLimit, "github-rate-limit"),
    door(REPOSITORY, around.Repository, "github-repository"),
    door(ALL, deployments.Deployments, "github-deployments"),
    door(ONE, deployments.One, "github-deployment"),
    door(f"{ONE}/statuses", deployments.Statuses, "github-deployment-statuses"),
    door(f"{ONE}/statuses/<int:status>", deployments.OneStatus, "github-deployment-status"),
    door(f"{COMMIT}/status", commits.Combined, "github-commit-status"),
    door(f"{COMMIT}/statuses", commits.Listed, "github-commit-statuses"),
    door(COMMIT, commits.One, "github-commit"),
    door(f"{REPOSITORY}/statuses/<path:ref>", commits.Statuses, "github-statuses"),
    re_path("", login_not_required(Nothing.as_view())),
]
