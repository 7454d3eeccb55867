"""A repository's webhooks, and what GitHub sends: signed, over HTTP, as it really does."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from typing import Any

from tests.servers.github.description import completed
from tests.servers.github.hub import GitHub, Json, Kept, OfApp


def shown(hook: Json) -> Json:
    """Return a webhook as GitHub shows it: a secret is never told again."""
    config = {name: text for name, text in hook["config"].items() if name != "secret"}
    return completed("hook", {**hook, "config": {**config, "secret": "********"}})


def make(hub: GitHub, kept: Kept, body: Json) -> Json:
    hook = {"id": hub.number(), "type": "Repository", "name": "web"}
    hook["last_response"] = {"code": None, "status": "unused", "message": None}
    kept.hooks.append(hook)
    return change(kept, hook, body)


def change(kept: Kept, hook: Json, body: Json) -> Json:
    hook |= {"active": body.get("active", True), "events": body.get("events", ["push"])}
    hook["config"] = body["config"]
    kept.hook_secrets[hook["id"]] = body["config"].get("secret", "")
    return shown(hook)


def of_app(hub: GitHub, url: str, secret: str, events: list[str]) -> Json:
    """Give the App its webhook, as is done in its settings, which have no API."""
    config = {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": secret}
    hub.app.hook = {"id": hub.number(), "config": config}
    hub.app.hook_secrets[hub.app.hook["id"]] = secret
    hub.app.events = events
    return hub.app.hook


def send(kept: Kept | OfApp, hook: Json, event: str, body: Json) -> threading.Thread:
    """Deliver it, after the answer as GitHub does; note what came of it."""
    thread = threading.Thread(target=_send, args=(kept, hook, event, body), daemon=True)
    thread.start()
    return thread


def _send(kept: Kept | OfApp, hook: Json, event: str, body: Json) -> None:
    raw = json.dumps(body).encode()
    secret = kept.hook_secrets[hook["id"]].encode()
    guid = str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid,
        "X-GitHub-Hook-ID": str(hook["id"]),
        "X-Hub-Signature-256": f"sha256={hmac.new(secret, raw, hashlib.sha256).hexdigest()}",
    }
    request = urllib.request.Request(hook["config"]["url"], raw, headers)  # noqa: S310  HTTP
    code, said = _answer(request)
    hook["last_response"] = {"code": code, "status": "active", "message": said}
    about: dict[str, Any] = {"guid": guid, "event": event, "action": body.get("action")}
    about |= {"id": len(kept.deliveries) + 1, "status": said, "status_code": code}
    about["delivered_at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept.deliveries.insert(0, completed("hook-delivery-item", about))


def _answer(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  HTTP
            return answer.status, "OK"
    except urllib.error.HTTPError as error:
        return error.code, f"Invalid HTTP Response: {error.code}"
    except OSError:
        return 502, "failed to connect to host"
