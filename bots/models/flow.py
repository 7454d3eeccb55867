from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse

from deployments.models import Deployment, Person


class Room(models.Model):
    """A room of the built-in chat."""

    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("flow-room", args=[self.slug])


class Post(models.Model):
    """What a person or the bot said in a room or a thread."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="posts")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="replies")
    # The deployment that a thread is about, at its first post.
    deployment = models.ForeignKey(Deployment, models.CASCADE, null=True, related_name="posts")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="posts")  # null: bot
    only_for = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    text = models.TextField(blank=True)
    message = models.JSONField(null=True)  # what the bot said, before it is drawn
    key = models.CharField(max_length=100, null=True, unique=True)  # noqa: DJ001  said once
    created_at = models.DateTimeField(auto_now_add=True)
    # A person's words wait until the bot has looked at them.
    handled_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["room", "parent", "id"]),
            models.Index(
                fields=["id"], condition=Q(handled_at=None, person__isnull=False), name="post_waits"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60] or f"message {self.pk}"


class ReadMark(models.Model):
    """How far a person has read: in a room, or in a thread of it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="read_marks")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    thread = models.ForeignKey(Post, models.CASCADE, null=True, related_name="+")
    last = models.PositiveBigIntegerField(default=0)  # the id of the newest post that was seen

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "room"], condition=Q(thread=None), name="one_mark_per_room"
            ),
            models.UniqueConstraint(fields=["person", "thread"], name="one_mark_per_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.person} read {self.room} up to {self.last}"


class PostMention(models.Model):
    """A person who is named in a post."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="mentions")
    person = models.ForeignKey(Person, models.CASCADE, related_name="mentions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "person"], name="one_mention_per_post")
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.post_id}"


class Kept(models.Model):
    """A post that a person keeps to come back to."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="kept")
    post = models.ForeignKey(Post, models.CASCADE, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["person", "post"], name="one_keeping_per_post")
        ]

    def __str__(self) -> str:
        return f"{self.post_id} kept by {self.person}"
