"""What the API answers with, each in one shape wherever it stands."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from deployments.models import (
    Application,
    CommitStatus,
    Deployment,
    Environment,
    Host,
    PhaseRun,
    Placement,
)
from deployments.selectors import merges
from deployments.selectors.cells import Cell
from deployments.selectors.log import Line
from deployments.selectors.lots import Lot

# Sentences for the schema.
NUMBER = "One number everywhere: #812 on pages, in chat and here."


class BlockerShape(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="A word, such as locked, checks or not_allowed.")
    text = serializers.CharField(help_text="What is in the way, in a sentence.")
    clears = serializers.CharField(help_text="Who or what clears it.")
    url = serializers.CharField(help_text="The page where that is done; may be empty.")
    line = serializers.CharField(help_text="The chat line that would clear it; may be empty.")
    waits = serializers.BooleanField(help_text="It goes away by itself: a deployment waits for it.")


class ErrorBody(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="A word for programs.")
    text = serializers.CharField(help_text="What is wrong and what to do, for people.")
    reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Each reason by itself; at least one."
    )
    blockers = BlockerShape(many=True, help_text="The reasons in parts, where a start is refused.")
    lines = serializers.ListField(
        child=serializers.CharField(),
        help_text="What may be said in chat instead, the likeliest first; often nothing.",
    )


class ErrorShape(serializers.Serializer[Any]):
    """Every error has this shape."""

    error = ErrorBody()


class DeploymentShape(serializers.Serializer[Any]):
    """A deployment: one intention, and what became of it."""

    number = serializers.IntegerField(source="pk", help_text=NUMBER)
    url = serializers.SerializerMethodField(help_text="Its page.")
    app = serializers.CharField(source="environment.application.name")
    environment = serializers.CharField(source="environment.name")
    kind = serializers.ChoiceField(choices=Deployment.Kind.choices)
    parent = serializers.IntegerField(  # type: ignore[assignment]  # the model's word
        source="parent_id", allow_null=True, help_text="What it retries, returns to or promotes."
    )
    task = serializers.CharField()
    ref = serializers.CharField()
    sha = serializers.CharField(
        help_text="Empty only while it waits for its repository or a merge."
    )
    subject = serializers.CharField(help_text="The first line of the commit.")
    hosts = serializers.ListField(
        child=serializers.CharField(), help_text="Names and roles asked for; empty: all hosts."
    )
    parameters = serializers.DictField(child=serializers.CharField())
    why = serializers.CharField()
    forced = serializers.BooleanField(help_text="It went past red or missing checks.")
    forced_past = serializers.ListField(child=serializers.CharField())
    person = serializers.CharField(source="person.username")
    via = serializers.CharField(help_text="The door: web, chat, flow, api, command …")
    status = serializers.ChoiceField(choices=Deployment.Status.choices)
    reason = serializers.CharField(help_text="A code, such as command, health or unreachable.")
    note = serializers.CharField(help_text="The reason in a sentence.")
    merged = serializers.SerializerMethodField(
        help_text="What was merged into its branch first, in a sentence; empty: nothing."
    )
    when_green = serializers.SerializerMethodField(help_text="It waits for checks by wish.")
    waits_for = serializers.SerializerMethodField(
        help_text="While it is pending: approval, repository, merge or checks; else null."
    )
    waits_since = serializers.DateTimeField(allow_null=True)
    is_finished = serializers.BooleanField()
    is_stopping = serializers.SerializerMethodField(help_text="Somebody has asked to stop it.")
    is_paused = serializers.BooleanField(help_text="It waits behind its first host.")
    paused_at = serializers.DateTimeField(allow_null=True)
    paused_until = serializers.DateTimeField(
        allow_null=True, help_text="When it goes on by itself; null: when somebody lets it."
    )
    went_on_at = serializers.DateTimeField(allow_null=True, help_text="When the pause was over.")
    phase = serializers.CharField(help_text="The one that runs.")
    progress = serializers.IntegerField(help_text="Per cent.")
    log_lines = serializers.IntegerField()
    previous = serializers.IntegerField(
        source="previous_id", allow_null=True, help_text="What ran there before."
    )
    created_at = serializers.DateTimeField()
    queued_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True, help_text="How long it ran.")

    def get_url(self, row: Deployment) -> str:
        return page_url(row)

    def get_merged(self, row: Deployment) -> str:
        return merges.told(row)

    def get_when_green(self, row: Deployment) -> bool:
        return bool(row.when_green)

    def get_waits_for(self, row: Deployment) -> str | None:
        is_pending = row.status == Deployment.Status.PENDING
        return (row.waits_for or Deployment.Wait.REPOSITORY.value) if is_pending else None

    def get_is_stopping(self, row: Deployment) -> bool:
        return row.stop_at is not None and not row.is_finished


class RepositoryShape(serializers.Serializer[Any]):
    number = serializers.IntegerField(source="pk")
    name = serializers.CharField(help_text="As statuses are reported for it: acme/web.")


class AppShape(serializers.Serializer[Any]):
    """A repository and how it is deployed."""

    name = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="Its page.")
    repository = RepositoryShape()
    default_environment = serializers.CharField(help_text="May be empty.")
    environments = serializers.SerializerMethodField(help_text="In the order of promotion.")

    def get_url(self, row: Application) -> str:
        return page_url(row)

    def get_environments(self, row: Application) -> list[str]:
        return [environment.name for environment in row.environments.all()]


class VersionShape(serializers.Serializer[Any]):
    sha = serializers.CharField(help_text="Empty: nothing yet.")
    deployment = serializers.IntegerField(
        source="deployment.pk", allow_null=True, default=None, help_text="What brought it."
    )
    hosts = serializers.IntegerField(help_text="How many hosts run it.")


class LatestShape(serializers.Serializer[Any]):
    number = serializers.IntegerField(source="pk", help_text=NUMBER)
    status = serializers.ChoiceField(choices=Deployment.Status.choices)
    ref = serializers.CharField()
    sha = serializers.CharField()
    person = serializers.CharField(source="person.username")


class LockShape(serializers.Serializer[Any]):
    person = serializers.CharField(source="person.username")
    reason = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True, help_text="null: until it is unlocked.")


class EnvironmentShape(serializers.Serializer[Any]):
    """An app in one place, and what runs there."""

    name = serializers.CharField(source="environment.name")
    app = serializers.CharField(source="environment.application.name")
    url = serializers.SerializerMethodField(help_text="Its page.")
    aliases = serializers.ListField(source="environment.aliases", child=serializers.CharField())
    position = serializers.IntegerField(source="environment.position")
    production = serializers.BooleanField(source="environment.production")
    address = serializers.CharField(source="environment.url", help_text="Where the app answers.")
    deploys = serializers.CharField(
        source="environment.deploys", help_text="The least role that may deploy here."
    )
    checks = serializers.CharField(source="environment.checks", help_text="none, all or named.")
    required_contexts = serializers.ListField(
        source="environment.required_contexts", child=serializers.CharField()
    )
    tasks = serializers.SerializerMethodField(help_text="What can be run here beside “deploy”.")
    parameters = serializers.SerializerMethodField(help_text="The parameters that are declared.")
    runs = VersionShape(
        source="running.versions", many=True, help_text="Several where hosts differ."
    )
    latest = LatestShape(source="shown", allow_null=True, help_text="The newest try.")
    waiting = serializers.IntegerField(source="behind", help_text="How many wait behind that.")
    lock = LockShape(allow_null=True)

    def get_url(self, cell: Cell) -> str:
        return page_url(cell.environment)

    def get_tasks(self, cell: Cell) -> list[str]:
        return sorted(cell.environment.effective_settings.get("tasks", {}))

    def get_parameters(self, cell: Cell) -> list[str]:
        return sorted(cell.environment.effective_settings.get("parameters", {}))


class PlacedShape(serializers.Serializer[Any]):
    name = serializers.CharField(source="host.name")
    roles = serializers.ListField(child=serializers.CharField())
    deployment = serializers.IntegerField(source="current_id", allow_null=True)
    sha = serializers.SerializerMethodField(help_text="What runs on it; empty: nothing yet.")

    def get_sha(self, row: Placement) -> str:
        return row.current.sha if row.current else ""


class EnvironmentDetailShape(EnvironmentShape):
    """An environment with its hosts, and all that keeps you from deploying there now."""

    hosts = PlacedShape(many=True)
    blockers = BlockerShape(many=True)


class PlacementShape(serializers.Serializer[Any]):
    app = serializers.CharField(source="environment.application.name")
    environment = serializers.CharField(source="environment.name")
    roles = serializers.ListField(child=serializers.CharField())
    deployment = serializers.IntegerField(source="current_id", allow_null=True)
    sha = serializers.SerializerMethodField(help_text="What runs on it there; empty: nothing yet.")

    def get_sha(self, row: Placement) -> str:
        return row.current.sha if row.current else ""


class HostShape(serializers.Serializer[Any]):
    """A machine, and what is placed on it."""

    name = serializers.CharField()
    address = serializers.CharField()
    port = serializers.IntegerField()
    user = serializers.CharField()
    has_accepted_key = serializers.SerializerMethodField()
    placements = PlacementShape(many=True)

    def get_has_accepted_key(self, row: Host) -> bool:
        return bool(row.host_keys.strip())


class LineShape(serializers.Serializer[Line]):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    host = serializers.CharField()
    phase = serializers.CharField()
    text = serializers.CharField(help_text="As it was printed, colours included; secrets masked.")


class LogShape(serializers.Serializer[Any]):
    lines = LineShape(many=True)
    after = serializers.IntegerField(help_text="Ask with ?after= this for what comes next.")
    more = serializers.BooleanField(help_text="There is more already.")
    ended = serializers.BooleanField(help_text="This was the end: nothing will follow.")


class LotShape(serializers.Serializer[Any]):
    """How a deployment went on one host."""

    host = serializers.CharField()
    batch = serializers.IntegerField(help_text="Counted from 1.")
    status = serializers.ChoiceField(
        choices=PhaseRun.Status.choices, help_text="success: all that matters ended well."
    )
    phase = serializers.CharField(help_text="Where it stands or ended; may be empty.")
    code = serializers.IntegerField(allow_null=True, help_text="The exit status of that.")
    note = serializers.CharField()
    deployment = serializers.IntegerField(
        source="runs.pk", allow_null=True, default=None, help_text="What brought what runs there."
    )
    sha = serializers.SerializerMethodField(help_text="What runs there now; empty: nothing yet.")

    def get_sha(self, lot: Lot) -> str:
        return lot.runs.sha if lot.runs else ""


class ChangeShape(serializers.Serializer[Any]):
    """Who changed what, when, from what to what."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    person = serializers.CharField(
        source="person.username", allow_null=True, default=None, help_text="null: Shipmate itself."
    )
    via = serializers.CharField()
    verb = serializers.CharField(help_text="Such as deployment.status, lock.taken, check.set.")
    app = serializers.CharField(source="application.name", allow_null=True, default=None)
    environment = serializers.CharField(source="environment.name", allow_null=True, default=None)
    deployment = serializers.IntegerField(source="deployment_id", allow_null=True)
    subject = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()
    reason = serializers.CharField()
    note = serializers.CharField()


class StatusShape(serializers.Serializer[CommitStatus]):
    """What one check says of a commit."""

    sha = serializers.CharField()
    state = serializers.ChoiceField(choices=CommitStatus.State.choices)
    context = serializers.CharField()  # type: ignore[assignment]  # GitHub's word
    description = serializers.CharField()
    target_url = serializers.CharField()
    updated_at = serializers.DateTimeField()


def page_url(row: Deployment | Application | Environment) -> str:
    """Return the address that people open."""
    return f"{settings.SHIPMATE_URL}{row.get_absolute_url()}"
