"""What GitHub answers to who keeps a repository's webhooks."""

from __future__ import annotations

from tests.servers.github import webhooks
from tests.servers.github.asking import Answer, Asked, Refused
from tests.servers.github.hub import Json


def hooks(asked: Asked) -> Answer:
    _require_hooks(asked)
    return 200, [webhooks.shown(one) for one in asked.kept.hooks]


def create_hook(asked: Asked) -> Answer:
    _require_hooks(asked)
    urls = [one["config"]["url"] for one in asked.kept.hooks]
    if asked.body["config"]["url"] in urls:
        error = {"resource": "Hook", "code": "custom"}
        error["message"] = "Hook already exists on this repository"
        raise Refused(422, "Validation Failed", errors=[error])
    return 201, webhooks.make(asked.hub, asked.kept, asked.body)


def update_hook(asked: Asked) -> Answer:
    return 200, webhooks.change(asked.kept, _hook(asked), asked.body)


def hook_deliveries(asked: Asked) -> Answer:
    _hook(asked)
    return 200, asked.kept.deliveries


def ping_hook(asked: Asked) -> Answer:
    """Send what GitHub's own example has, about this webhook and repository."""
    hook = _hook(asked)
    about = {"id": 186853002, "full_name": asked.name}
    body = {"zen": "Design for failure.", "hook_id": hook["id"], "hook": webhooks.shown(hook)}
    webhooks.send(asked.kept, hook, "ping", {**body, "repository": about})
    return 204, None


def app_hook(asked: Asked) -> Answer:
    hook = asked.hub.app.hook
    if hook is None:
        raise Refused(404, "Not Found")
    hidden = {"secret": "********"} if hook["config"].get("secret") else {}
    return 200, {**hook["config"], **hidden}


def app_deliveries(asked: Asked) -> Answer:
    return 200, asked.hub.app.deliveries


def _hook(asked: Asked) -> Json:
    _require_hooks(asked)
    for one in asked.kept.hooks:
        if str(one["id"]) == asked.parts["id"]:
            return one
    raise Refused(404, "Not Found")


def _require_hooks(asked: Asked) -> None:
    """Show webhooks to none whose token lacks the right: as if there were none."""
    if asked.token in asked.hub.without_hooks:
        raise Refused(404, "Not Found")
