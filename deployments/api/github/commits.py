"""Commits and what checks say of them: /commits/{ref}, …/status, …/statuses, /statuses/{sha}."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deployments.api.doors import person_of
from deployments.api.github import shapes
from deployments.api.github.doors import RepositoryView
from deployments.api.github.paging import linked, page
from deployments.api.parsing import Text, checked
from deployments.api.statuses import ADDRESS
from deployments.exceptions import Invalid, UnknownRef
from deployments.models import CommitStatus
from deployments.selectors import checks, code, full_commit
from deployments.selectors.slugs import Slugged
from deployments.services import checks as reports

SHA = re.compile(r"[0-9a-fA-F]{40}")
ONLY_SHA = re.compile(r"application/vnd\.github\.(v3\.)?sha\b")


class NewStatus(serializers.Serializer[Any]):
    """What a check says, as GitHub takes it: what it does not know is passed over."""

    state = serializers.ChoiceField(choices=CommitStatus.State.choices)
    target_url = serializers.RegexField(
        ADDRESS,
        max_length=500,
        allow_blank=True,
        allow_null=True,
        default="",
        error_messages={"invalid": "Write an address that begins with https:// or http://."},
    )
    description = Text(max_length=140, allow_blank=True, allow_null=True, default="")
    context = Text(max_length=255, default="default")  # type: ignore[assignment]  # GitHub's word


class One(RepositoryView):
    def get(self, request: Request, ref: str, **_: str) -> Response | HttpResponse:
        """Read one commit: clients that report what checks say ask for it first."""
        where = self.where(request)
        return _commit_of(request, where, _found(where, ref))


class Combined(RepositoryView):
    def get(self, request: Request, ref: str, **_: str) -> Response | HttpResponse:
        """Say how all checks of a commit stand, in one state."""
        where = self.where(request)
        sha, is_whole = _meant(where, ref, "status")
        if is_whole:
            return _commit_of(request, where, sha)
        every = list(checks.statuses(where.repository, sha))
        return linked(
            request, every, lambda some: shapes.combined(request, where, sha, every, some)
        )


class Listed(RepositoryView):
    """The last word of each check, newest first."""

    def get(self, request: Request, ref: str, **_: str) -> Response | HttpResponse:
        where = self.where(request)
        sha, is_whole = _meant(where, ref, "statuses")
        if is_whole:
            return _commit_of(request, where, sha)
        rows = checks.reported(where.repository, sha)
        return page(request, rows, lambda row: shapes.status(request, where, row))


class Statuses(Listed):
    """The same; and here checks report."""

    writes = ("statuses",)

    def post(self, request: Request, ref: str, **_: str) -> Response:
        """Keep what a check says. A later word on the same check takes its place."""
        where, said = self.where(request), checked(NewStatus, request.data)
        if not SHA.fullmatch(ref):
            raise Invalid(f"No commit found for SHA: {ref[:50]}. It takes all 40 digits.")
        values = {name: value or "" for name, value in said.items()}
        kept = reports.report(where.repository, ref, person_of(request), **values)
        found = shapes.status(request, where, kept)
        return Response(found, status=201, headers={"Location": found["url"]})


def _commit_of(request: Request, where: Slugged, sha: str) -> Response | HttpResponse:
    """Return the commit; its id alone, in text, where a client accepts that."""
    if ONLY_SHA.search(request.headers.get("Accept", "")):
        kind = "application/vnd.github.sha; charset=utf-8"
        return HttpResponse(sha, content_type=kind, headers={"ETag": f'"{sha}"'})
    app = where.applications[0]
    full = full_commit.read(app, sha)
    diff = code.diff(app, next(iter(full.commit.parents), None), sha)
    return Response(shapes.commit(request, where, full, diff))


def _meant(where: Slugged, ref: str, ends: str) -> tuple[str, bool]:
    """Return the commit that is meant, and whether the end of the address belongs to its name.

    40 digits are a commit, whoever has it. Where there is no `fix`, `/commits/fix/status` is the
    commit of the branch fix/status: git has no two branches of which both could be meant.
    """
    if SHA.fullmatch(ref):
        return ref.lower(), False
    try:
        return _found(where, ref), False
    except Invalid:
        with suppress(Invalid):
            return _found(where, f"{ref}/{ends}"), True
        raise


def _found(where: Slugged, ref: str) -> str:
    try:
        return code.resolve(where.applications[0], _as_git_has_it(ref)).sha
    except UnknownRef as error:
        raise Invalid(f"No commit found for SHA: {ref[:50]}. {error}") from error


def _as_git_has_it(ref: str) -> str:
    """Return what GitHub writes heads/…, tags/… and HEAD, which is the default branch."""
    if ref == "HEAD":
        return ""
    return f"refs/{ref}" if ref.startswith(("heads/", "tags/")) else ref
