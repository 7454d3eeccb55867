"""What GitHub answers to each question; `description` fills in what nobody asks about."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from urllib.parse import unquote

from tests.servers.github import hooks, visitors
from tests.servers.github.asking import Answer, Asked, Question, Refused
from tests.servers.github.description import completed
from tests.servers.github.hub import GitHub, Json

NAME = r"/repos/(?P<owner>[^/]+)/(?P<repo>[^/]+)"
SUCCEEDED = {"success", "neutral", "skipped"}


def repository(asked: Asked) -> Answer:
    head = asked.kept.git.git("symbolic-ref", "--short", "HEAD")
    owner = completed("simple-user", {"login": asked.parts["owner"]})
    about = {"full_name": asked.name, "default_branch": head, "private": True, "owner": owner}
    about["name"] = asked.parts["repo"]
    return 200, completed("full-repository", about)


def installation(asked: Asked) -> Answer:
    if asked.name not in asked.hub.installed:
        raise Refused(404, "Not Found")
    about: Json = {"id": 99, "app_id": 4711, "permissions": asked.hub.app.accepted}
    about["suspended_at"] = "2026-01-01T00:00:00Z" if asked.hub.app.is_suspended else None
    return 200, completed("installation", about)


def install_token(asked: Asked) -> Answer:
    owners = {name.partition("/")[0] for name in asked.hub.installed}
    wanted = [f"{owner}/{name}" for owner in owners for name in asked.body["repositories"]]
    if not set(wanted) & asked.hub.installed:
        raise Refused(422, "There is at least one repository that does not exist")
    token, ends = asked.hub.install_token([name for name in wanted if name in asked.hub.installed])
    when = datetime.fromtimestamp(ends, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return 201, {"token": token, "expires_at": when}


def combined(asked: Asked) -> Answer:
    sha = asked.sha(asked.parts["ref"])
    last = {one["context"]: one for one in asked.kept.statuses if one["sha"] == sha}
    said = [completed("simple-commit-status", _without(one, "sha")) for one in last.values()]
    states = {one["state"] for one in said}
    bad = "failure" if states & {"failure", "error"} else "pending"
    state = "success" if states == {"success"} else bad
    about = {"sha": sha, "state": state, "statuses": said, "total_count": len(said)}
    about["repository"] = completed("minimal-repository", {"full_name": asked.name})
    return 200, completed("combined-commit-status", about)


def runs(asked: Asked) -> Answer:
    sha = asked.sha(asked.parts["ref"])
    latest = {
        (one["check_suite"]["id"], one["name"]): one
        for one in asked.kept.runs
        if one["head_sha"] == sha
    }
    shown = [completed("check-run", {**one, "app": None}) for one in latest.values()]
    return 200, {"total_count": len(shown), "check_runs": shown}


def set_status(asked: Asked) -> Answer:
    sha = asked.sha(asked.parts["sha"])
    about = {"context": "default", "description": None, "target_url": None, **asked.body}
    about["id"] = asked.hub.number()
    asked.kept.statuses.append({**about, "sha": sha})
    return 201, completed("status", {**about, "creator": completed("simple-user", {})})


def commit(asked: Asked) -> Answer:
    return 200, _commit(asked, asked.sha(asked.parts["ref"]))


def branches(asked: Asked) -> Answer:
    listed = asked.kept.git.git("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)",
                                "refs/heads")  # fmt: skip
    pairs = [line.split(" ", 1) for line in listed.splitlines()]
    return 200, [
        completed("short-branch", {"name": name, "commit": {"sha": sha, "url": _url(sha)}})
        for sha, name in pairs
    ]


def compare(asked: Asked) -> Answer:
    base, _, head = asked.parts["basehead"].partition("...")
    old, new = asked.sha(base), asked.sha(head)
    ahead = asked.kept.git.git("rev-list", "--reverse", f"{old}..{new}").split()
    behind = asked.kept.git.git("rev-list", f"{new}..{old}").split()
    middle = asked.kept.git.git("merge-base", old, new)
    status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    about = {
        "status": status.get((bool(ahead), bool(behind)), "identical"),
        "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
        "base_commit": _commit(asked, old), "merge_base_commit": _commit(asked, middle),
        "commits": [_commit(asked, sha) for sha in ahead],
    }  # fmt: skip
    return 200, completed("commit-comparison", about)


def pull(asked: Asked) -> Answer:
    found = asked.kept.pulls.get(int(asked.parts["number"]))
    if found is None:
        raise Refused(404, "Not Found")
    made = completed("pull-request", found)
    made["user"] = completed("simple-user", found["user"])
    made["head"] = {**made["head"], "sha": asked.sha(f"refs/pull/{found['number']}/head")}
    return 200, made


def pulls(asked: Asked) -> Answer:
    """List the open ones, the one that changed last first."""
    found = [one for one in asked.kept.pulls.values() if one["state"] == "open"]
    found.sort(key=lambda one: one["updated_at"], reverse=True)
    return 200, [_pull_in_list(asked, one) for one in found]


def _pull_in_list(asked: Asked, found: Json) -> Json:
    made = completed("pull-request-simple", found)
    made["user"] = completed("simple-user", found["user"])
    made["head"] = {**made["head"], "sha": asked.sha(f"refs/pull/{found['number']}/head")}
    return made


def merge(asked: Asked) -> Answer:
    """Merge `head` into the branch `base`."""
    wish = asked.body
    if asked.token in asked.hub.readers:
        raise Refused(403, "Resource not accessible by personal access token")
    if not asked.kept.git.git("for-each-ref", f"refs/heads/{wish['base']}"):
        raise Refused(404, "Base does not exist")
    made = _merged(asked, wish["base"], wish["head"], wish.get("commit_message", ""))
    return (201, _commit(asked, made)) if made else (204, None)


def deployments(asked: Asked) -> Answer:
    _require_deployments(asked)
    found = asked.kept.deployments
    for name in ("sha", "ref", "task", "environment"):
        wanted = asked.parts.get(name)
        found = [one for one in found if wanted in {None, "none", one[name]}]
    return 200, list(reversed(found))


def deployment(asked: Asked) -> Answer:
    return 200, _deployment(asked)


def create_deployment(asked: Asked) -> Answer:
    """Deploy, unless the ref lags behind, conflicts or is red: as GitHub's text has it."""
    wish: Json = {"task": "deploy", "auto_merge": True, "environment": "production"} | asked.body
    sha = asked.sha(wish["ref"])
    if wish["auto_merge"] and _lags(asked, wish["ref"]):
        base = asked.kept.git.git("symbolic-ref", "--short", "HEAD")
        _merged(asked, wish["ref"], base)
        return 202, {"message": f"Auto-merged {base} into {wish['ref']} on deployment."}
    _require_green(asked, sha, wish)
    names = ("ref", "task", "environment", "description")
    about = {name: wish.get(name) for name in names}
    about |= {f"{kind}_environment": wish.get(f"{kind}_environment", False)
              for kind in ("transient", "production")}  # fmt: skip
    payload = wish.get("payload", {})
    made = completed("deployment", {**about, "payload": payload, "sha": sha})
    made["id"] = asked.hub.number()
    asked.kept.deployments.append(made)
    return 201, made


def delete_deployment(asked: Asked) -> Answer:
    """Delete it, unless it may be active and is not the only one."""
    made = _deployment(asked)
    said = [one for one in asked.kept.deployment_statuses if one["of"] == made["id"]]
    is_active = not said or said[-1]["state"] == "success"
    if is_active and len(asked.kept.deployments) > 1:
        raise Refused(422, "We cannot delete an active deployment unless it is the only deployment")
    asked.kept.deployments.remove(made)
    return 204, None


def deployment_statuses(asked: Asked) -> Answer:
    number = _deployment(asked)["id"]
    found = [one for one in asked.kept.deployment_statuses if one["of"] == number]
    return 200, [_without(one, "of") for one in reversed(found)]


def create_deployment_status(asked: Asked) -> Answer:
    number = _deployment(asked)["id"]
    names = ("state", "description", "environment", "environment_url", "log_url", "target_url")
    about = {name: asked.body[name] for name in names if name in asked.body}
    for name in names[3:]:
        if not about.get(name, "http").startswith("http"):
            fault = {"resource": "DeploymentStatus", "code": "custom", "field": name}
            fault["message"] = f"{name} must use http(s) scheme"
            raise Refused(422, "Validation Failed", errors=[fault])
    if "log_url" in about:
        about["target_url"] = about["log_url"]
    made = completed("deployment-status", {"description": "", **about})
    made["id"] = asked.hub.number()
    asked.kept.deployment_statuses.append({**made, "of": number})
    return 201, made


def rate_limit(asked: Asked) -> Answer:
    left = asked.hub.limit - asked.hub.charged
    rate = {"limit": asked.hub.limit, "remaining": left, "reset": 1, "used": asked.hub.charged}
    return 200, {"rate": rate, "resources": {"core": rate, "search": rate}}


def app(asked: Asked) -> Answer:
    of = asked.hub.app
    about = {"id": 4711, "name": "Shipmate", "events": of.events, "permissions": of.permissions}
    return 200, completed("integration", about)


def _require_deployments(asked: Asked) -> None:
    """Show deployments to none whose token lacks the right: as if there were none."""
    if asked.token in asked.hub.without_deployments:
        raise Refused(404, "Not Found")


def _deployment(asked: Asked) -> Json:
    _require_deployments(asked)
    for one in asked.kept.deployments:
        if str(one["id"]) == asked.parts["id"]:
            return one
    raise Refused(404, "Not Found")


def _lags(asked: Asked, ref: str) -> bool:
    head = asked.kept.git.git("symbolic-ref", "--short", "HEAD")
    is_branch = asked.kept.git.git("for-each-ref", f"refs/heads/{ref}")
    return bool(is_branch) and bool(asked.kept.git.git("rev-list", f"{ref}..{head}"))


def _require_green(asked: Asked, sha: str, wish: Json) -> None:
    last = {one["context"]: one["state"] for one in asked.kept.statuses if one["sha"] == sha}
    last |= {
        one["name"]: "success" if one["conclusion"] in SUCCEEDED else "pending"
        for one in asked.kept.runs if one["head_sha"] == sha
    }  # fmt: skip
    wanted = wish.get("required_contexts", list(last))
    amiss = [name for name in wanted if last.get(name) != "success"]
    if amiss:
        contexts = [{"context": name, "state": last.get(name, "pending")} for name in last]
        error = {"contexts": contexts, "resource": "Deployment", "field": "required_contexts"}
        text = f"Conflict: Commit status checks failed for {wish['ref']}."
        raise Refused(409, text, errors=[{**error, "code": "invalid"}])


def _merged(asked: Asked, base: str, head: str, message: str = "") -> str:
    """Merge without a work tree; nothing where there is nothing to merge."""
    git = asked.kept.git
    ours, theirs = asked.sha(f"refs/heads/{base}"), asked.sha(head)
    if not git.git("rev-list", f"{ours}..{theirs}"):
        return ""
    tried = subprocess.run(
        ["git", "merge-tree", "--write-tree", ours, theirs],
        cwd=git.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if tried.returncode:
        raise Refused(409, f"Conflict merging {head} into {base}")
    text = message or f"Merge {head} into {base}"
    made = git.git("commit-tree", tried.stdout.split()[0], "-p", ours, "-p", theirs, "-m", text)
    git.branch(base, made)
    return made


def _commit(asked: Asked, sha: str) -> Json:
    made = completed("commit", {"sha": sha, "url": _url(sha)})
    text = asked.kept.git.git("log", "-1", "--format=%s", sha)
    return {**made, "commit": {**made["commit"], "message": text}}


def _url(sha: str) -> str:
    return f"https://github.invalid/commits/{sha}"


def _without(one: Json, name: str) -> Json:
    return {key: value for key, value in one.items() if key != name}


QUESTIONS: list[tuple[str, re.Pattern[str], Question]] = [
    (method, re.compile(path), question)
    for method, path, question in [
        ("GET", "/app", app),
        ("GET", "/app/hook/config", hooks.app_hook),
        ("GET", "/app/hook/deliveries", hooks.app_deliveries),
        ("GET", "/rate_limit", rate_limit),
        ("GET", "/user", visitors.user),
        ("GET", "/user/emails", visitors.addresses),
        ("GET", r"/user/memberships/orgs/(?P<org>[^/]+)", visitors.own_membership),
        ("GET", r"/orgs/(?P<org>[^/]+)/memberships/(?P<username>[^/]+)", visitors.membership),
        (
            "GET",
            r"/orgs/(?P<org>[^/]+)/teams/(?P<team_slug>[^/]+)/memberships/(?P<username>[^/]+)",
            visitors.team_membership,
        ),
        ("POST", r"/app/installations/(?P<id>\d+)/access_tokens", install_token),
        ("GET", NAME, repository),
        ("GET", f"{NAME}/installation", installation),
        ("GET", f"{NAME}/branches", branches),
        ("GET", f"{NAME}/commits/(?P<ref>[^/]+)", commit),
        ("GET", f"{NAME}/commits/(?P<ref>[^/]+)/status", combined),
        ("GET", f"{NAME}/commits/(?P<ref>[^/]+)/check-runs", runs),
        ("GET", f"{NAME}/compare/(?P<basehead>[^/]+)", compare),
        ("GET", f"{NAME}/pulls", pulls),
        ("GET", rf"{NAME}/pulls/(?P<number>\d+)", pull),
        ("POST", f"{NAME}/merges", merge),
        ("POST", f"{NAME}/statuses/(?P<sha>[^/]+)", set_status),
        ("GET", f"{NAME}/hooks", hooks.hooks),
        ("POST", f"{NAME}/hooks", hooks.create_hook),
        ("PATCH", rf"{NAME}/hooks/(?P<id>\d+)", hooks.update_hook),
        ("GET", rf"{NAME}/hooks/(?P<id>\d+)/deliveries", hooks.hook_deliveries),
        ("POST", rf"{NAME}/hooks/(?P<id>\d+)/pings", hooks.ping_hook),
        ("GET", f"{NAME}/deployments", deployments),
        ("POST", f"{NAME}/deployments", create_deployment),
        ("GET", rf"{NAME}/deployments/(?P<id>\d+)", deployment),
        ("DELETE", rf"{NAME}/deployments/(?P<id>\d+)", delete_deployment),
        ("GET", rf"{NAME}/deployments/(?P<id>\d+)/statuses", deployment_statuses),
        ("POST", rf"{NAME}/deployments/(?P<id>\d+)/statuses", create_deployment_status),
    ]
]


OF_APP = {app, installation, install_token, hooks.app_hook, hooks.app_deliveries}


def answer(hub: GitHub, method: str, path: str, query: dict[str, str], body: bytes,
           token: str) -> Answer:  # fmt: skip
    """Return status and answer, for whoever the token lets in."""
    for wanted, pattern, question in QUESTIONS:
        found = pattern.fullmatch(path)
        if wanted != method or not found:
            continue
        parts = {**query, **{name: unquote(text) for name, text in found.groupdict().items()}}
        name = f"{parts['owner']}/{parts['repo']}" if "owner" in parts else ""
        _let_in(hub, token, name, of_app=question in OF_APP)
        return question(Asked(hub, name, parts, json.loads(body or b"{}"), token))
    raise Refused(404, "Not Found")


def _let_in(hub: GitHub, token: str, name: str, *, of_app: bool) -> None:
    if not (hub.is_app(token) if of_app else hub.is_token(token)):
        raise Refused(401, "Bad credentials")
    if name and not of_app and not hub.may(token, name):
        raise Refused(404, "Not Found")
