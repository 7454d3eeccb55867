"""People who talk in the built-in chat, and what they hear."""

from __future__ import annotations

from dataclasses import dataclass

from bots import conversation
from bots.messages import from_json
from bots.models import Post, Room
from bots.rendering import plain
from deployments.models import Deployment, Person
from deployments.services.moves import move
from tests.deployments.services.queueing import drain


@dataclass
class Talk:
    """One person in a room, or in a thread of it."""

    person: Person
    room: Room
    thread: Post | None = None

    def __call__(self, line: str, key: str = "") -> str:
        """Say it, let the chat worker do its work, and return what the bot said to this person."""
        before = newest()
        conversation.say(self.person, self.room, line, parent=self.thread, key=key)
        drain("chat")
        return "\n".join(shown(post) for post in self.heard(before) if post.person is None)

    def heard(self, after: int = 0) -> list[Post]:
        """Return what this person can read, in the order it was said."""
        posts = Post.objects.filter(room=self.room, pk__gt=after).order_by("pk")
        return [post for post in posts if post.only_for in (None, self.person)]

    def in_thread(self, deployment: Deployment | None = None) -> Talk:
        """Go into the thread of a deployment, or of the newest one."""
        roots = Post.objects.filter(room=self.room, parent=None, deployment__isnull=False)
        root = roots.filter(deployment=deployment) if deployment else roots.order_by("-pk")
        return Talk(self.person, self.room, root[0])

    def as_(self, person: Person) -> Talk:
        return Talk(person, self.room, self.thread)

    def texts(self) -> list[str]:
        """Return what stands in the thread, or in the room."""
        return [shown(post) for post in self.heard() if post.parent == self.thread]


def shown(post: Post) -> str:
    """Return a post as plain text."""
    return plain.render(from_json(post.message)) if post.message else post.text


def newest() -> int:
    return Post.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def the_deployment() -> Deployment:
    """Return the newest one."""
    return Deployment.objects.order_by("-pk")[0]


def goes(deployment: Deployment, *statuses: str, reason: str = "", note: str = "") -> Deployment:
    """Let it go on as a worker would, and let the chat hear of it."""
    deployment.refresh_from_db()
    for status in statuses:
        assert move(deployment, status, reason=reason, note=note)
        drain("chat")
    return deployment
