"""GitHub's own examples of its events, an excerpt of the npm package @octokit/webhooks-examples.

npm install --prefix FOLDER @octokit/webhooks-examples@7.6.1
python -m tests.deployments.webhooks.github.examples FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[3] / "fixtures" / "github" / "webhooks.json"
INDEX = "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
EACH = 2  # an old shape and a newer one


def examples() -> list[tuple[str, dict[str, Any]]]:
    """Return every event with its bodies."""
    read = json.loads(FILE.read_text(encoding="utf-8"))
    return [(event, body) for event, bodies in read.items() for body in bodies]


def example(event: str, action: str = "") -> dict[str, Any]:
    """Return the first body of the event, with this action if one is named."""
    found = [body for name, body in examples() if name == event]
    return next(body for body in found if not action or body.get("action") == action)


def trimmed(body: Any) -> Any:
    """Leave out addresses, long texts and all but the first two of a list."""
    if isinstance(body, dict):
        kept = {key: value for key, value in body.items() if not key.endswith(("_url", "_links"))}
        return {key: trimmed(value) for key, value in kept.items()}
    if isinstance(body, list):
        return [trimmed(part) for part in body[:2]]
    return body[:200] if isinstance(body, str) else body


def _chosen(bodies: list[Any]) -> list[Any]:
    renamed = [body for body in bodies[EACH:] if body.get("action") == "renamed"]
    return [trimmed(body) for body in bodies[:EACH] + renamed[:1]]


if __name__ == "__main__":
    read = json.loads(Path(sys.argv[1], INDEX).read_text(encoding="utf-8"))
    excerpt = {event["name"]: _chosen(event["examples"]) for event in read}
    lines = [f"{json.dumps(name)}: {json.dumps(bodies)}" for name, bodies in excerpt.items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
