"""What `POST /repos/{owner}/{repo}/deployments` takes, and what each field means here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rest_framework import serializers

from deployments.api.parsing import Switch, Text, checked
from deployments.exceptions import Invalid
from deployments.forges.github import wishes
from deployments.forges.github.wishes import LONGEST_WHY
from deployments.models import Environment
from deployments.providers.contract import RELEASE
from deployments.selectors import tasks
from deployments.services.looking import More, Wish


class NewDeployment(serializers.Serializer[Any]):
    """GitHub's fields, and `force` of old clients. Unknown ones are passed over, as at GitHub."""

    ref = Text(max_length=255)
    task = Text(max_length=63, default=RELEASE)
    auto_merge = Switch(default=True, allow_null=True)
    required_contexts = serializers.ListField(
        child=Text(max_length=255), max_length=100, allow_null=True, default=None
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
    provider: str = ""  # as Heaven called how it is deployed

    def called(self, place: Environment) -> str:
        return tasks.called(place, self.task)

    def wish(self, place: Environment) -> Wish:
        return Wish(self.ref, **self.more(place))

    def more(self, place: Environment) -> More:
        return {
            "task": self.called(place),
            "hosts": self.hosts,
            "parameters": self.parameters,
            "why": self.why,
            "merge": self.merge,
            "force": self.force,
        }


def wanted(data: Any) -> Wanted:
    """Return what was sent, or refuse it with every field that makes no sense."""
    asked = checked(NewDeployment, data if isinstance(data, Mapping) else {})
    sent = wishes.payload(asked["payload"])
    told = checked(Payload, {name: one for name, one in sent.items() if one is not None})
    contexts = asked["required_contexts"]
    force = bool(asked["force"]) or contexts == []
    return Wanted(
        ref=asked["ref"],
        environment=asked["environment"],
        task=asked["task"],
        app=told["name"] or "",
        contexts=[] if force else list(dict.fromkeys(contexts or [])),
        merge=asked["auto_merge"] is not False,
        force=force,
        why=wishes.why(asked["description"] or "", told["notify"]),
        hosts=_hosts(told.get("hosts", "")),
        parameters=told["parameters"],
        provider=wishes.chosen(sent)[1],
    )


def _hosts(given: Any) -> list[str]:
    try:
        return wishes.hosts(given)
    except Invalid as error:
        said = {"hosts": ["Send names, or a list of them."]}
        raise serializers.ValidationError({"payload": said}) from error
