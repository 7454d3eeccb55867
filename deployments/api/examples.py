"""What the description shows as examples: the names that script/demo has, so that they can be
tried there as they stand."""

from __future__ import annotations

from typing import Any

SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
PARAMETERS: dict[str, Any] = {
    "app": "hello",
    "environment": "qa",
    "name": "qa-1",
    "number": 1,
    "repository": "demo/hello",
    "sha": SHA,
    "q": "app:hello state:success since:7d",
    "Idempotency-Key": "build-4711",
}
# By the operation that they are sent to.
BODIES: dict[str, dict[str, Any]] = {
    "chat_say": {"text": "status hello"},
    "deployments_create": {"app": "hello", "environment": "qa", "why": "build 4711 is green"},
    "deployments_retry": {},
    "deployments_reject": {"because": "not before the demo"},
    "environments_rollback": {},
    "statuses_report": {"sha": SHA, "state": "success", "context": "ci/test"},
    "statuses_report_of": {"state": "success", "context": "ci/test"},
}


def shown(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Write the examples into the description."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] in PARAMETERS:
                    parameter["example"] = PARAMETERS[parameter["name"]]
            if operation["operationId"] in BODIES:
                sent = operation["requestBody"]["content"]["application/json"]
                sent["example"] = BODIES[operation["operationId"]]
    return result
