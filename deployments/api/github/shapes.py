"""What GitHub's addresses answer with: https://docs.github.com/en/rest, field by field."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request

from deployments.api.github import urls_of
from deployments.forges.contract import Diff, FileDiff
from deployments.models import CommitStatus, Deployment, LockTask, Person
from deployments.selectors import checks
from deployments.selectors.full_commit import FullCommit
from deployments.selectors.slugs import Slugged
from deployments.selectors.told import Told

STATUS_OF_FILE = {"deleted": "removed", "retyped": "changed"}  # the others are called the same


def at(moment: datetime) -> str:
    """Return the time as GitHub writes it, in whole seconds of UTC."""
    return f"{timezone.localtime(moment, UTC):%Y-%m-%dT%H:%M:%SZ}"


def node(kind: str, number: object) -> str:
    return b64encode(f"{kind}:{number}".encode()).decode()


def base(request: Request) -> str:
    """Return where this API is, by the name that the client calls it: some follow no other."""
    return request.build_absolute_uri("/api/v3")


def user(request: Request, person: Person) -> dict[str, Any]:
    return urls_of.person(base(request), settings.SHIPMATE_URL, person.username) | {
        "login": person.username,
        "id": person.pk,
        "node_id": node("User", person.pk),
        "gravatar_id": "",
        "type": "User",
        "site_admin": False,
    }


def own_user(request: Request, person: Person) -> dict[str, Any]:
    """Return all that GitHub says of whoever asks; what Shipmate does not keep is empty."""
    nothing = dict.fromkeys(("company", "location", "email", "hireable", "bio"))
    none = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    since = at(person.date_joined)
    return {
        **user(request, person),
        **nothing,
        **none,
        "name": str(person),
        "blog": "",
        "created_at": since,
        "updated_at": since,
    }


def owner(request: Request, where: Slugged) -> dict[str, Any]:
    """Return the owner in the repository's name, who is nobody that signs in here."""
    return urls_of.person(base(request), settings.SHIPMATE_URL, where.owner) | {
        "login": where.owner,
        "id": where.repository.pk,
        "node_id": node("Organization", where.owner),
        "gravatar_id": "",
        "type": "Organization",
        "site_admin": False,
    }


def small_repository(request: Request, where: Slugged) -> dict[str, Any]:
    url = repository_url(request, where)
    return urls_of.repository(url) | {
        "id": where.repository.pk,
        "node_id": node("Repository", where.repository.pk),
        "name": where.name,
        "full_name": where.full_name,
        "owner": owner(request, where),
        "private": True,
        "html_url": page_of(where),
        "description": None,
        "fork": False,
    }


def repository(
    request: Request, where: Slugged, branch: str, since: datetime, may: dict[str, bool]
) -> dict[str, Any]:
    """Return all that GitHub says of a repository; what Shipmate does not keep is empty."""
    location = _without_secrets(where.repository.location)
    addresses = dict.fromkeys(("clone_url", "git_url", "ssh_url"), location)
    counts = ("forks", "forks_count", "open_issues", "open_issues_count", "size")
    more = ("stargazers_count", "watchers", "watchers_count", "network_count", "subscribers_count")
    has = ("has_issues", "has_projects", "has_wiki", "has_pages", "has_discussions")
    return {
        **small_repository(request, where),
        **addresses,
        "svn_url": page_of(where),  # as at GitHub: the page, whatever the location is
        **dict.fromkeys((*counts, *more), 0),
        **dict.fromkeys((*has, "has_downloads", "archived", "disabled"), False),
        **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), at(since)),
        "default_branch": branch,
        "visibility": "private",
        "permissions": may,
    }


def deployment(request: Request, where: Slugged, row: Deployment | LockTask) -> dict[str, Any]:
    repository = repository_url(request, where)
    place = where.label(row.environment)
    number = row.number if isinstance(row, LockTask) else row.pk
    return {
        "url": f"{repository}/deployments/{number}",
        "id": number,
        "node_id": node("Deployment", number),
        "sha": row.sha,
        "ref": row.ref,
        "task": row.task,
        "payload": _payload(row),
        "original_environment": place,
        "environment": place,
        "description": row.why or None,
        "creator": user(request, row.person),
        "created_at": at(row.created_at),
        "updated_at": at(_changed(row)),
        "statuses_url": f"{repository}/deployments/{number}/statuses",
        "repository_url": repository,
        "transient_environment": False,
        "production_environment": row.environment.production,
    }


def _changed(row: Deployment | LockTask) -> datetime:
    if isinstance(row, LockTask):
        return row.created_at
    return row.finished_at or row.started_at or row.queued_at or row.created_at


def _payload(row: Deployment | LockTask) -> dict[str, Any]:
    """Return what was asked for beside GitHub's fields, under the names that old bots read."""
    return {
        "name": row.environment.application.name,
        "actor": row.person.username,
        "hosts": "" if isinstance(row, LockTask) else ",".join(row.hosts),
        "parameters": {} if isinstance(row, LockTask) else row.parameters,
        "notify": {"user_name": row.person.username},
    }


def deployment_status(
    request: Request, where: Slugged, row: Deployment | LockTask, told: Told
) -> dict[str, Any]:
    found = deployment(request, where, row)
    page = f"{settings.SHIPMATE_URL}{row.get_absolute_url()}"
    place = row.environment.url
    own = {"environment_url": place} if place else {}  # GitHub describes it as an address, or not
    return own | {
        "url": f"{found['statuses_url']}/{told.number}",
        "id": told.number,
        "node_id": node("DeploymentStatus", told.number),
        "state": told.state,
        "creator": user(request, told.person or row.person),
        "description": told.description,
        "environment": found["environment"],
        "target_url": page,
        "log_url": page,
        "created_at": at(told.at),
        "updated_at": at(told.at),
        "deployment_url": found["url"],
        "repository_url": found["repository_url"],
    }


def status(request: Request, where: Slugged, one: CommitStatus) -> dict[str, Any]:
    """Return what one check says, and who reported it."""
    reporter = user(request, one.person) if one.person else None
    return {**small_status(request, where, one), "creator": reporter}


def small_status(request: Request, where: Slugged, one: CommitStatus) -> dict[str, Any]:
    return {
        "url": f"{repository_url(request, where)}/statuses/{one.sha}",
        "avatar_url": f"{settings.SHIPMATE_URL}/static/img/favicon.svg",
        "id": one.pk,
        "node_id": node("StatusContext", one.pk),
        "state": one.state,
        "description": one.description or None,
        "target_url": one.target_url or None,
        "context": one.context,
        "created_at": at(one.created_at),
        "updated_at": at(one.updated_at),
    }


def combined(
    request: Request,
    where: Slugged,
    sha: str,
    found: Sequence[CommitStatus],
    shown: Iterable[CommitStatus],
) -> dict[str, Any]:
    """Return the state of all that were found, and those on this page."""
    url = f"{repository_url(request, where)}/commits/{sha}"
    return {
        "state": checks.combined(found),
        "statuses": [small_status(request, where, one) for one in shown],
        "sha": sha,
        "total_count": len(found),
        "repository": small_repository(request, where),
        "commit_url": url,
        "url": f"{url}/status",
    }


def commit(request: Request, where: Slugged, full: FullCommit, diff: Diff) -> dict[str, Any]:
    """Return a commit. Whoever wrote it is nobody that is known to sign in here."""
    one, url = full.commit, f"{repository_url(request, where)}/commits"
    trees = f"{repository_url(request, where)}/git/trees"
    author, committer = (
        {"name": name, "email": email, "date": at(when)}
        for name, email, when in (
            (one.author_name, one.author_email, one.authored_at),
            (full.committer_name, full.committer_email, full.committed_at),
        )
    )
    return {
        "url": f"{url}/{one.sha}",
        "sha": one.sha,
        "node_id": node("Commit", one.sha),
        "html_url": page_of(where),
        "comments_url": f"{url}/{one.sha}/comments",
        "commit": {
            "url": f"{url}/{one.sha}",
            "author": author,
            "committer": committer,
            "message": full.message,
            "comment_count": 0,
            "tree": {"sha": full.tree, "url": f"{trees}/{full.tree}"},
        },
        "author": None,
        "committer": None,
        "parents": [{"sha": sha, "url": f"{url}/{sha}"} for sha in one.parents],
        "stats": {
            "additions": diff.additions,
            "deletions": diff.deletions,
            "total": diff.additions + diff.deletions,
        },
        "files": [_file(request, where, one.sha, file) for file in diff.files],
    }


def _file(request: Request, where: Slugged, sha: str, file: FileDiff) -> dict[str, Any]:
    """Return a file that a commit changed. Its content has no address here but its app's."""
    path, page = quote(file.path), page_of(where)
    told = {
        "sha": None,
        "filename": file.path,
        "status": STATUS_OF_FILE.get(file.status, file.status),
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": page,
        "raw_url": page,
        "contents_url": f"{repository_url(request, where)}/contents/{path}?ref={sha}",
    }
    if file.old_path and file.old_path != file.path:
        told["previous_filename"] = file.old_path
    return told if file.binary or file.truncated else {**told, "patch": file.patch}


def repository_url(request: Request, where: Slugged) -> str:
    return f"{base(request)}/repos/{where.full_name}"


def page_of(where: Slugged) -> str:
    """Return the page of its only app, or of all."""
    path = where.applications[0].get_absolute_url() if len(where.applications) == 1 else "/"
    return f"{settings.SHIPMATE_URL}{path}"


def _without_secrets(location: str) -> str:
    """Leave out a name and password that an address may have in it."""
    scheme, found, rest = location.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if found else location
