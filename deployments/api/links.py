"""Where each answer leads: OpenAPI's links, for tools that call one operation after another.

https://spec.openapis.org/oas/v3.0.3#link-object
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Link(NamedTuple):
    """What can be asked next, and where in an answer stands what that needs."""

    operation: str
    path: dict[str, str] = {}
    body: dict[str, str] = {}


def _about(number: str) -> list[Link]:
    """Return what can be asked of the deployment whose number stands there."""
    asked = ("get", "log", "hosts", "approve", "reject", "go_on", "retry", "rollback", "cancel")
    return [Link(f"deployments_{name}", {"number": number}) for name in asked]


def _in_place(app: str, environment: str) -> list[Link]:
    place = {"app": app, "environment": environment}
    return [
        Link("environments_get", place),
        Link("environments_rollback", place),
        Link("deployments_create", body=place),
    ]


def _of_commit(repository: str, sha: str, report: str) -> list[Link]:
    there = {"repository": repository}
    return [
        Link("statuses_combined", {**there, "sha": sha}),
        Link(report, there if report == "statuses_report" else {**there, "sha": sha}),
    ]


BODY, PATH = "$response.body#", "$request.path."
MADE = _about(f"{BODY}/number")
LISTED = f"{BODY}/results/0"
REPOSITORY = f"{PATH}repository"
# By the operation that is answered.
LINKS: dict[str, list[Link]] = {
    "apps_list": [
        Link("apps_get", {"app": f"{LISTED}/name"}),
        Link("environments_list", {"app": f"{LISTED}/name"}),
        Link("statuses_report", {"repository": f"{LISTED}/repository/number"}),
    ],
    "apps_get": [
        Link("environments_list", {"app": f"{BODY}/name"}),
        *_in_place(f"{BODY}/name", f"{BODY}/environments/0"),
        Link("statuses_report", {"repository": f"{BODY}/repository/number"}),
    ],
    "environments_list": _in_place(f"{BODY}/0/app", f"{BODY}/0/name"),
    "environments_get": [
        *_in_place(f"{BODY}/app", f"{BODY}/name")[1:],
        *_about(f"{BODY}/latest/number"),
        Link("hosts_get", {"name": f"{BODY}/hosts/0/name"}),
    ],
    "environments_rollback": MADE,
    "hosts_list": [Link("hosts_get", {"name": f"{LISTED}/name"})],
    "deployments_list": _about(f"{LISTED}/number"),
    "deployments_create": MADE,
    "deployments_get": [
        *_about(f"{PATH}number")[1:],
        *_in_place(f"{BODY}/app", f"{BODY}/environment"),
    ],
    "deployments_retry": MADE,
    "deployments_rollback": MADE,
    "deployments_go_on": _about(f"{PATH}number"),
    "deployments_approve": _about(f"{PATH}number"),
    "deployments_reject": [
        Link("deployments_get", {"number": f"{PATH}number"}),
        Link("deployments_retry", {"number": f"{PATH}number"}),
    ],
    "deployments_cancel": [
        Link("deployments_get", {"number": f"{PATH}number"}),
        Link("deployments_retry", {"number": f"{PATH}number"}),
    ],
    "statuses_report": _of_commit(REPOSITORY, f"{BODY}/sha", "statuses_report_of"),
    "statuses_report_of": _of_commit(REPOSITORY, f"{BODY}/sha", "statuses_report"),
}


def linked(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Write the links into what each operation answers when it did what was asked."""
    for operations in result["paths"].values():
        for operation in operations.values():
            links = LINKS.get(operation["operationId"], [])
            for code, answer in operation["responses"].items():
                if links and code < "300":
                    answer["links"] = {link.operation: _described(link) for link in links}
    return result


def _described(link: Link) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": link.operation}
    if link.path:
        found["parameters"] = {f"path.{name}": where for name, where in link.path.items()}
    if link.body:
        found["requestBody"] = link.body
    return found
