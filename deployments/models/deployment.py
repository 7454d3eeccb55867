from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse

from .environment import Environment
from .person import Person


class Deployment(models.Model):
    """One intention: this ref, with this task, to this environment, by this person.

    Its status changes only through `services.moves.move`; its id is its number everywhere.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        QUEUED = "queued"
        IN_PROGRESS = "in_progress"
        SUCCESS = "success"
        FAILURE = "failure"
        ERROR = "error"
        CANCELLED = "cancelled"

    class Kind(models.TextChoices):
        DEPLOY = "deploy"
        RETRY = "retry"
        ROLLBACK = "rollback"
        PROMOTE = "promote"

    class Wait(models.TextChoices):
        """What a pending one waits for."""

        APPROVAL = "approval"  # somebody's, who may give it
        REPOSITORY = "repository"  # to be asked what its ref means
        MERGE = "merge"  # of the default branch into its own
        CHECKS = "checks"  # of its commit, to have passed

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="deployments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="deployments")
    via = models.CharField(max_length=20)  # chat, web, api, command
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DEPLOY)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    task = models.CharField(max_length=63, default="deploy")
    ref = models.CharField(max_length=255, blank=True)  # as asked; empty: the default branch
    sha = models.CharField(max_length=40, blank=True)  # empty only while pending; never changes
    subject = models.CharField(max_length=200, blank=True)  # of the commit
    # The merge that it began with, as services.merging writes it, with the checks that were named
    # for it. Null: none; without a base and a commit: to be decided when its repository answers.
    # Null so that adding it rewrites no table.
    merging = models.JSONField(null=True)
    hosts = models.JSONField(default=list, blank=True)  # names and roles asked for; empty: all
    parameters = models.JSONField(default=dict, blank=True)  # as the app declares them
    why = models.CharField(max_length=500, blank=True)
    forced = models.BooleanField(default=False)  # past red or missing checks, for ever on record
    forced_past = models.JSONField(default=list, blank=True)  # those checks, each in a sentence
    key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001  idempotency
    # A fingerprint of what was sent with the key; null so that adding it rewrites no table.
    asked = models.CharField(max_length=64, null=True)  # noqa: DJ001

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    reason = models.CharField(max_length=20, blank=True)  # a code, such as command or unreachable
    note = models.TextField(blank=True)  # the reason in a sentence
    # Null: for its repository, since it was asked for; null so that adding it rewrites no table.
    waits_for = models.CharField(max_length=12, null=True)  # noqa: DJ001
    waits_since = models.DateTimeField(null=True)
    # It was asked for “when green”: its checks are waited for, whatever its environment asks for.
    when_green = models.BooleanField(null=True)
    look_at = models.DateTimeField(null=True)  # when its checks are asked for anew; null: now
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    settings = models.JSONField(default=dict, blank=True)  # frozen when claimed

    stop_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    stop_at = models.DateTimeField(null=True)

    # The pause behind its first host. No worker holds it meanwhile.
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)  # null: until somebody says “go on”
    went_on_at = models.DateTimeField(null=True)  # null: it has not gone on yet
    went_on_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    # It was for some hosts only, and with it all of them ran its commit; null is no, as in the two
    # fields of a phase run: adding it rewrites no table.
    completed = models.BooleanField(null=True)

    worker = models.CharField(max_length=120, blank=True)
    epoch = models.PositiveIntegerField(default=0)  # rises with each claim; fences old workers
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)  # when a worker was last told of it
    # Seconds that workers have held it, by no clock that can be put forward or back; null so that
    # adding it rewrites no table.
    spent = models.PositiveIntegerField(null=True)
    log_seq = models.PositiveIntegerField(default=0)  # chunks kept so far
    log_lines = models.PositiveIntegerField(default=0)
    phase = models.CharField(max_length=40, blank=True)  # the one that runs
    progress = models.PositiveSmallIntegerField(default=0)  # per cent

    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["environment"],
                condition=Q(status="in_progress"),
                name="one_running_deployment_per_environment",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "cancelled", "error"]) | ~Q(sha=""),
                name="a_deployment_knows_its_commit",
            ),
        ]
        indexes = [
            models.Index(fields=["environment", "-id"]),
            models.Index(fields=["environment", "status", "-id"]),
            models.Index(fields=["status", "id"]),
            # The history is read from the newest down, narrowed by any of these.
            models.Index(fields=["person", "-id"]),
            models.Index(fields=["task", "-id"]),
            models.Index(fields=["kind", "-id"]),
            models.Index(fields=["via", "-id"]),
            models.Index(fields=["sha", "-id"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["status", "finished_at"]),  # what failed today
            # All that the history's fields ask for: what is common in each and rare in all of them
            # together is told from the index alone.
            models.Index(
                fields=[
                    "status",
                    "-id",
                    "reason",
                    "environment",
                    "person",
                    "via",
                    "kind",
                    "forced",
                    "task",
                ],
                name="deployments_by_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.environment} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("deployment", args=[self.pk])

    @property
    def release_name(self) -> str:
        """The folder of its release. Numbers begin anew with a new database; hosts stay."""
        return f"{self.created_at:%Y%m%d%H%M%S}-{self.pk}"

    @property
    def is_task(self) -> bool:
        """Return whether it ran something in the release that was there, and released nothing."""
        return self.task != "deploy"

    @property
    def is_broken(self) -> bool:
        """Return whether it ended otherwise than anybody wanted."""
        return self.status in (self.Status.FAILURE, self.Status.ERROR)

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def is_for_approval(self) -> bool:
        """Return whether it waits for somebody's word."""
        return self.status == self.Status.PENDING and self.waits_for == self.Wait.APPROVAL

    @property
    def is_paused(self) -> bool:
        return (
            self.status == "in_progress" and self.paused_at is not None and self.went_on_at is None
        )

    @property
    def seconds(self) -> float | None:
        """How long it ran, without its pause, once it has ended."""
        return self.seconds_at(self.finished_at) if self.finished_at else None

    def seconds_at(self, moment: datetime) -> float | None:
        """How long it had run then, without its pause."""
        if self.started_at is None:
            return None
        ran = (moment - self.started_at).total_seconds()
        if self.paused_at is None:
            return ran
        return ran - ((self.went_on_at or moment) - self.paused_at).total_seconds()


FINISHED = frozenset({"success", "failure", "error", "cancelled"})
UNFINISHED = frozenset({"pending", "queued", "in_progress"})


class PhaseRun(models.Model):
    """One phase on one host. Its row is written before the host hears of it."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        STARTING = "starting"  # the host is told to start or attach
        RUNNING = "running"  # the host has said that it runs
        SUCCESS = "success"
        FAILURE = "failure"
        ERROR = "error"
        CANCELLED = "cancelled"

    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="phase_runs")
    host = models.CharField(max_length=63)  # its name when claimed, as frozen in the settings
    phase = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    batch = models.PositiveSmallIntegerField(null=True)  # null: the first, as 0
    optional = models.BooleanField(null=True)  # how it ends does not matter
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    code = models.IntegerField(null=True)  # the exit status
    reason = models.CharField(max_length=20, blank=True)  # a code, as a deployment's
    note = models.TextField(blank=True)
    doubt = models.TextField(blank=True)  # what its host could not end, until it has looked again
    offset = models.PositiveBigIntegerField(default=0)  # bytes of the remote log read and kept
    sent = models.PositiveBigIntegerField(default=0)  # bytes of code sent
    base = models.CharField(
        max_length=40, blank=True
    )  # what they change; empty: they are all of it
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "host"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "host", "phase"], name="one_run_per_host_and_phase"
            )
        ]
        indexes = [models.Index(fields=["host", "-deployment"])]

    def __str__(self) -> str:
        return f"{self.phase} on {self.host} of #{self.deployment_id}"

    @property
    def run_id(self) -> str:
        """The name of its folder on the host; hosts may share the home that it lies in.

        The moment tells it from a run of the same number by another installation, or by this one
        before its database was set up anew: a host must not take that one for this.
        """
        moment = f"{self.deployment.created_at:%y%m%d%H%M%S%f}"
        phase = self.phase.replace(" ", "-")
        return f"{self.deployment_id}-{moment}-{self.position}-{phase}.{self.host}"

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
