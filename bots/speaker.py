"""Who speaks, where, and by which door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from bots.models import ChatAccount
from deployments.models import Deployment, Person
from deployments.services.lifecycle import Door


@dataclass(frozen=True)
class Speaker:
    """A person in a place. In a deployment's thread the deployment needs no naming."""

    person: Person
    via: str
    place: str  # a question asked here is answered here
    key: str = ""  # the same line delivered twice has the same key
    asked: str = ""  # a fingerprint of what was sent with the key, where the door can tell
    deployment: Deployment | None = None
    base: str = ""  # what addresses begin with
    confirmed: bool = False  # said yes to exactly this
    sha: str = ""  # what was shown when asked
    account: ChatAccount | None = None  # where they speak from a chat outside
    at: datetime = field(default_factory=timezone.now)  # when it was said
    # The apps that the line turned out to be about: a room may be told of some only.
    about: set[int] = field(default_factory=set, compare=False)

    @property
    def is_known(self) -> bool:
        """Return whether it is known who speaks; an account that nobody tied to it is nobody."""
        return self.person.pk is not None

    @property
    def door(self) -> Door:
        return Door(self.person, self.via, self.key, self.asked)
