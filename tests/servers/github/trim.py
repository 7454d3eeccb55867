"""Cut GitHub's own OpenAPI description down to what Shipmate asks, and answers in its place.

npm pack @octokit/openapi@23.0.2
tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json package/package.json
python -m tests.servers.github.trim package
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "fixtures/github/api.json"
REPOSITORY = "/repos/{owner}/{repo}"
OPERATIONS = {
    "/": ["get"],
    "/app": ["get"],
    "/app/hook/config": ["get"],
    "/app/hook/deliveries": ["get"],
    "/app/installations/{installation_id}/access_tokens": ["post"],
    "/orgs/{org}/memberships/{username}": ["get"],
    "/orgs/{org}/teams/{team_slug}/memberships/{username}": ["get"],
    f"{REPOSITORY}": ["get"],
    f"{REPOSITORY}/installation": ["get"],
    f"{REPOSITORY}/branches": ["get"],
    f"{REPOSITORY}/commits/{{ref}}": ["get"],
    f"{REPOSITORY}/commits/{{ref}}/check-runs": ["get"],
    f"{REPOSITORY}/commits/{{ref}}/status": ["get"],
    f"{REPOSITORY}/commits/{{ref}}/statuses": ["get"],
    f"{REPOSITORY}/compare/{{basehead}}": ["get"],
    f"{REPOSITORY}/deployments": ["get", "post"],
    f"{REPOSITORY}/deployments/{{deployment_id}}": ["get", "delete"],
    f"{REPOSITORY}/deployments/{{deployment_id}}/statuses": ["get", "post"],
    f"{REPOSITORY}/deployments/{{deployment_id}}/statuses/{{status_id}}": ["get"],
    f"{REPOSITORY}/hooks": ["get", "post"],
    f"{REPOSITORY}/hooks/{{hook_id}}": ["get", "patch"],
    f"{REPOSITORY}/hooks/{{hook_id}}/deliveries": ["get"],
    f"{REPOSITORY}/hooks/{{hook_id}}/pings": ["post"],
    f"{REPOSITORY}/merges": ["post"],
    f"{REPOSITORY}/pulls": ["get"],
    f"{REPOSITORY}/pulls/{{pull_number}}": ["get"],
    f"{REPOSITORY}/statuses/{{sha}}": ["post"],
    "/meta": ["get"],
    "/rate_limit": ["get"],
    "/user": ["get"],
    "/user/emails": ["get"],
    "/user/memberships/orgs/{org}": ["get"],
}
TALK = {"description", "summary", "examples", "example", "externalDocs", "tags", "x-github"}


def trimmed(whole: dict[str, Any], made_of: str) -> dict[str, Any]:
    """Return these operations with every component that they lead to, and no talk."""
    paths = {
        path: _quiet({method: whole["paths"][path][method] for method in methods})
        for path, methods in OPERATIONS.items()
    }
    out = {"openapi": whole["openapi"], "info": {**whole["info"], "x-made-of": made_of}}
    kept: dict[str, Any] = {}
    waiting = set(_references(paths))
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = _quiet(whole["components"][kind][name])
            waiting |= set(_references(kept[kind][name]))
    return {**out, "paths": paths, "components": kept}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from _references(part)
    elif isinstance(node, list):
        for part in node:
            yield from _references(part)


def _quiet(node: Any, *, names: bool = False) -> Any:
    """Leave out what is for readers; the names of properties are never taken for it."""
    if isinstance(node, list):
        return [_quiet(part) for part in node]
    if not isinstance(node, dict):
        return node
    kept = node if names else {key: node[key] for key in node if key not in TALK}
    return {key: _quiet(part, names=key == "properties") for key, part in kept.items()}


def main(folder: Path) -> None:
    package = json.loads((folder / "package.json").read_text("utf-8"))
    whole = json.loads((folder / "generated/api.github.com.json").read_text("utf-8"))
    made = trimmed(
        whole, f"{package['name']} {package['version']}, by tests/servers/github/trim.py"
    )
    FILE.write_text(json.dumps(made, sort_keys=True, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
