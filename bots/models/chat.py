from __future__ import annotations

from django.db import models
from django.db.models import Max, Q

from deployments.models import Application, Change, Deployment, Person, Role
from deployments.models.names import slug


class ChatConnection(models.Model):
    """A chat outside, or a relay to one. It speaks for nobody but its own accounts."""

    platform = models.CharField(max_length=20)  # a key of bots.platforms.PLATFORMS
    name = models.CharField(max_length=63, unique=True, validators=[slug])
    secret_encrypted = models.BinaryField()  # signs what comes in and what goes out
    url = models.URLField(max_length=500, blank=True)  # where messages go
    # Whatever a linked person may do elsewhere, through this they may do no more than that.
    ceiling = models.CharField(max_length=20, choices=Role.Name.choices, default="deployer")
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)  # when it last spoke to us

    def __str__(self) -> str:
        return self.name


class ChatAccount(models.Model):
    """Somebody there, by the platform's stable id; tied to a person only by proof."""

    connection = models.ForeignKey(ChatConnection, models.CASCADE, related_name="accounts")
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="accounts"
    )
    linked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="one_account_per_id")
        ]

    def __str__(self) -> str:
        return f"{self.name} on {self.connection}"


class LinkRequest(models.Model):
    """A one-time address for an account, and the word that this account must type back."""

    account = models.OneToOneField(ChatAccount, models.CASCADE, related_name="link_request")
    digest = models.CharField(max_length=64, unique=True)  # of the address's secret part
    asked_at = models.DateTimeField()
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")  # who opened it
    word = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"link of {self.account}"


def newest_change() -> int:
    """Return up to where a room that is made now is told already: it hears nothing of the past."""
    return Change.objects.aggregate(newest=Max("pk"))["newest"] or 0


class Lane(models.Model):
    """Whose messages leave one after another: whoever sends them holds it by a lease."""

    epoch = models.PositiveIntegerField(default=0)  # rises with each taking, fences the one before
    lease_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class ChatRoom(Lane):
    """A room of some platform where deployments may be told."""

    platform = models.CharField(max_length=20)
    connection = models.ForeignKey(
        ChatConnection, models.CASCADE, null=True, blank=True, related_name="rooms"
    )  # null: the built-in chat
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    direct = models.BooleanField(default=False)  # one person alone with the bot
    signs = models.BooleanField(default=False)  # “.” or “!” may stand for the bot's name
    # The apps that may be told in it; none named: all.
    applications = models.ManyToManyField(Application, blank=True, related_name="+")
    # Each change up to this one stands in the threads there, or is none of the room's.
    told = models.PositiveBigIntegerField(default=newest_change)
    # A room that cannot be reached rests for a while: the workers have others to serve.
    reached_at = models.DateTimeField(null=True)  # the last contact
    failures = models.PositiveIntegerField(default=0)  # in a row, since then
    rest_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "external_id"],
                condition=Q(connection=None),
                name="one_room_per_id",
            ),
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="one_room_per_connection_and_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ChatThread(Lane):
    """A deployment's thread in one room, and what of it has been told."""

    room = models.ForeignKey(ChatRoom, models.CASCADE, related_name="threads")
    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="threads")
    external_id = models.CharField(max_length=200, blank=True)  # of its first message
    # What it has told. Changes are not told in the order of their ids: one may be committed late.
    shown = models.ManyToManyField(Change, related_name="+")

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
    line = models.CharField(max_length=2000)  # what a yes would do
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
