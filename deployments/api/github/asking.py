"""What `POST /repos/{owner}/{repo}/deployments` takes, and what each field means here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rest_framework import serializers

from deployments.api.parsing import Switch, Text, checked
from deployments.models import Environment
from deployments.providers.contract import RELEASE
from deployments.services.looking import More

LONGEST_WHY = 500
NAMES = serializers.ListField(child=Text(max_length=63, allow_blank=True), max_length=500)


class NewDeployment(serializers.Serializer[Any]):
    """GitHub's fields, and `force` of old clients. Unknown ones are passed over, as at GitHub."""

    ref = Text(max_length=255)
    task = Text(max_length=63, default=RELEASE)
    auto_merge = Switch(default=True, allow_null=True)
    required_contexts = serializers.ListField(
        child=Text(max_length=100), max_length=100, allow_null=True, default=None
    )
    payload = serializers.JSONField(default=dict, allow_null=True)
    environment = Text(max_length=127, default="production")
    description = Text(max_length=LONGEST_WHY, allow_blank=True, allow_null=True, default="")
    transient_environment = Switch(default=False, allow_null=True)
    production_environment = Switch(default=False, allow_null=True)
    force = Switch(default=False, allow_null=True)


class Payload(serializers.Serializer[Any]):
    """What is read of the payload. What else is in it commands nothing."""

    name = Text(max_length=127, allow_blank=True, allow_null=True, default="")
    hosts = serializers.JSONField(required=False)
    parameters = serializers.DictField(child=Text(max_length=500, allow_blank=True), default=dict)
    notify = serializers.JSONField(default=dict)


@dataclass(frozen=True)
class Wanted:
    """A request in Shipmate's words."""

    ref: str
    environment: str
    task: str
    app: str
    contexts: list[str]
    merge: bool
    force: bool
    why: str
    hosts: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)

    def more(self, place: Environment) -> More:
        return {
            "task": _task(place, self.task),
            "hosts": self.hosts,
            "parameters": self.parameters,
            "why": self.why,
            "merge": self.merge,
            "force": self.force,
        }


def wanted(data: Any) -> Wanted:
    """Return what was sent, or refuse it with every field that makes no sense."""
    asked = checked(NewDeployment, data if isinstance(data, Mapping) else {})
    sent = _object(asked["payload"])
    told = checked(Payload, {name: one for name, one in sent.items() if one is not None})
    contexts = asked["required_contexts"]
    return Wanted(
        ref=asked["ref"],
        environment=asked["environment"],
        task=asked["task"],
        app=told["name"] or "",
        contexts=list(dict.fromkeys(contexts or [])),
        merge=asked["auto_merge"] is not False,
        force=bool(asked["force"]) or contexts == [],
        why=_why(asked["description"] or "", told["notify"]),
        hosts=_hosts(told.get("hosts", "")),
        parameters=told["parameters"],
    )


def _object(payload: Any) -> dict[str, Any]:
    """Return the payload, which may be JSON in text; what is none says nothing."""
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError):
            return {}
    return payload if isinstance(payload, dict) else {}


def _hosts(given: Any) -> list[str]:
    """Return names of hosts and roles: a list of them, or text with commas, as old bots send."""
    if isinstance(given, str):
        given = given.split(",")
    try:
        names: list[str] = NAMES.run_validation(given)
    except serializers.ValidationError as error:
        said = {"hosts": ["Send names, or a list of them."]}
        raise serializers.ValidationError({"payload": said}) from error
    return [name.strip() for name in names if name.strip()]


def _why(description: str, notify: Any) -> str:
    """Return the reason, with the name that a bot says it asks for. Nobody has proved that."""
    said = notify.get("user_name") or notify.get("user") if isinstance(notify, dict) else ""
    name = (
        str(said)[:80].encode(errors="replace").decode()
        if isinstance(said, str | int) and said
        else ""
    )
    words = f"{description} (said to be for {name})" if name else description
    return words.strip()[:LONGEST_WHY]


def _task(place: Environment, task: str) -> str:
    """Return the app's task: GitHub's `deploy:migrations` may be called migrations here."""
    known = place.effective_settings.get("tasks", {})
    bare = task.removeprefix("deploy:")
    return bare if task not in known and bare in known else task
