from __future__ import annotations

from django.db import models

from deployments.models import Application, Change, Deployment, Person


class ChatRoom(models.Model):
    """A room of some platform where deployments may be told."""

    platform = models.CharField(max_length=20)
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    # The apps that may be told in it; none named: all.
    applications = models.ManyToManyField(Application, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="one_room_per_id")
        ]

    def __str__(self) -> str:
        return self.name


class ChatThread(models.Model):
    """A deployment's thread in one room, and what of it has been told."""

    room = models.ForeignKey(ChatRoom, models.CASCADE, related_name="threads")
    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="threads")
    external_id = models.CharField(max_length=200, blank=True)  # of its first message
    # What it has told. Changes are not told in the order of their ids: one may be committed late.
    shown = models.ManyToManyField(Change, related_name="+")
    epoch = models.PositiveIntegerField(default=0)  # rises with each taking, fences the one before
    lease_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "deployment"], name="one_thread_per_room")
        ]

    def __str__(self) -> str:
        return f"{self.deployment} in {self.room}"


class Question(models.Model):
    """What the bot asked a person somewhere; a yes counts once, for exactly this, for a while."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    place = models.CharField(max_length=200)  # the room, or the thread in it
    line = models.CharField(max_length=1000)  # what a yes would do
    sha = models.CharField(max_length=40, blank=True)  # as shown when asked
    current = models.ForeignKey(Deployment, models.SET_NULL, null=True, related_name="+")
    code = models.CharField(max_length=4, blank=True)  # its buttons say it
    answered = models.CharField(max_length=120, blank=True)  # the key of the line that did
    asked_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "place"], name="one_question_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.line}?"
