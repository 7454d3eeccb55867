"""Make github.json: of GitHub's own description, what the tests here hold our answers against.

    npm install @octokit/openapi@23.0.2
    python -m tests.deployments.api.github.trim node_modules/@octokit/openapi

Left out are texts, examples, and optional parts that Shipmate never answers with.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("github.json")
OPERATIONS = {
    "/repos/{owner}/{repo}": ["get"],
    "/repos/{owner}/{repo}/deployments": ["get", "post"],
    "/repos/{owner}/{repo}/deployments/{deployment_id}": ["get"],
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses": ["get", "post"],
    "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses/{status_id}": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}/status": ["get"],
    "/repos/{owner}/{repo}/commits/{ref}/statuses": ["get"],
    "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
    "/user": ["get"],
    "/meta": ["get"],
}
ERRORS = ("basic-error", "validation-error")
TEXTS = {"description", "example", "examples", "title", "deprecated", "default", "format"}
NEVER = {
    "performed_via_github_app", "template_repository", "security_and_analysis", "code_of_conduct",
    "organization", "parent", "source", "custom_properties", "stats", "files", "verification",
}  # fmt: skip
REF = "#/components/schemas/"


def trimmed(found: dict[str, Any]) -> dict[str, Any]:
    answers = {
        f"{method.upper()} {path}": {
            code: bare(answer["content"]["application/json"]["schema"])
            for code, answer in found["paths"][path][method]["responses"].items()
            if code < "300" and "content" in answer
        }
        for path, methods in OPERATIONS.items()
        for method in methods
    }
    schemas: dict[str, Any] = {}
    wanted = [*ERRORS, *names(answers)]
    while wanted:
        name = wanted.pop()
        if name not in schemas:
            schemas[name] = bare(found["components"]["schemas"][name])
            wanted += names(schemas[name])
    return {"answers": answers, "components": {"schemas": dict(sorted(schemas.items()))}}


def names(part: Any) -> list[str]:
    """Return the shapes that a part refers to."""
    if isinstance(part, dict):
        own = [part["$ref"].removeprefix(REF)] if isinstance(part.get("$ref"), str) else []
        return own + [name for one in part.values() for name in names(one)]
    return [name for one in part for name in names(one)] if isinstance(part, list) else []


def bare(part: Any) -> Any:
    """Return a schema without its texts, and with OpenAPI's `nullable` as JSON Schema says it."""
    if isinstance(part, list):
        return [bare(one) for one in part]
    if not isinstance(part, dict):
        return part
    kept = {name: bare(one) for name, one in part.items() if name not in TEXTS and name[:2] != "x-"}
    if isinstance(part.get("properties"), dict):
        inside = part["properties"].items()
        kept["properties"] = {name: bare(one) for name, one in inside if name not in NEVER}
    if kept.pop("nullable", False):
        return {"anyOf": [{"type": "null"}, kept]}
    return kept


def main(package: Path) -> None:
    version = json.loads((package / "package.json").read_text())["version"]
    found = json.loads((package / "generated" / "api.github.com.json").read_text())
    made = {"made_from": f"@octokit/openapi {version}, MIT", **trimmed(found)}
    KEPT.write_text(json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
