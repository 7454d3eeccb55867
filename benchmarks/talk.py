"""Rooms, threads and deployments in any number, as a team would have left them behind."""

from __future__ import annotations

from dataclasses import dataclass

from django.test import Client

from bots import rooms
from bots.messages import Message, phrase, to_json
from bots.models import Post, PostMention, ReadMark, Room
from bots.web.talk import STEP
from deployments.models import Application, Deployment, Environment, Person, Repository

SHA = "a" * 40
EACH = 10  # of so many posts one names somebody, and one is a deployment
STEPS = ("Started deploying", "Deployed hello to qa")


@dataclass(frozen=True)
class Talk:
    """A room, and the thread in it in which most was said."""

    room: Room
    thread: Post


class Reader:
    """Somebody who opens pages; one who forgets has read nothing each time."""

    def __init__(self, name: str, *, forgets: bool = False) -> None:
        self.person, self.forgets = Person.objects.create(username=name), forgets
        self.client = Client(headers={"host": "127.0.0.1"})
        self.client.force_login(self.person, "django.contrib.auth.backends.ModelBackend")

    def open(self, address: str) -> None:
        answer = self.client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")

    def forget(self) -> None:
        if self.forgets:
            ReadMark.objects.filter(person=self.person).delete()


def make(name: str, count: int, reader: Person) -> Talk:
    """Make a room with so many posts, a thread with as many, and one deployment for ten posts."""
    room = rooms.make(name)
    people = [_person(f"{name}-{number}") for number in range(8)]
    begun = iter(_deployments(_environment(name), people, count // EACH))
    text = f"@{reader.username} look at this"
    said = Post.objects.bulk_create(
        Post(room=room, person=people[number % 8], text=text)
        if number % EACH
        else Post(room=room, deployment=next(begun), message=_message("A deployment"))
        for number in range(count)
    )
    PostMention.objects.bulk_create(PostMention(post=p, person=reader) for p in said[1::EACH])
    threads = said[::EACH]
    Post.objects.bulk_create(reply for thread in threads for reply in _replies(thread, people, 2))
    Post.objects.bulk_create(_replies(threads[-1], people, count))
    return Talk(room, threads[-1])


def has_read(reader: Person, talk: Talk) -> None:
    """Have the reader look at everything there."""
    for thread in [None, *Post.objects.filter(room=talk.room, deployment__isnull=False)]:
        ReadMark.objects.create(person=reader, room=talk.room, thread=thread, last=2**40)


def _deployments(environment: Environment, people: list[Person], count: int) -> list[Deployment]:
    return Deployment.objects.bulk_create(
        Deployment(
            environment=environment,
            person=people[number % len(people)],
            sha=SHA,
            ref="main",
            via="chat",
            status="success",
        )
        for number in range(count)
    )


def _replies(thread: Post, people: list[Person], count: int) -> list[Post]:
    steps = [
        Post(
            room_id=thread.room_id,
            parent=thread,
            message=_message(text),
            key=f"{STEP}{thread.pk}:{n}:{count}",
        )
        for n, text in enumerate(STEPS)
    ]
    return steps + [
        Post(
            room_id=thread.room_id,
            parent=thread,
            person=people[n % len(people)],
            text=f"Is line {n} right?",
        )
        for n in range(count)
    ]


def _message(text: str) -> object:
    return to_json(Message(parts=phrase(text)))


def _environment(name: str) -> Environment:
    repository = Repository.objects.create(location=f"/{name}", name=f"acme/{name}")
    app = Application.objects.create(name=name, repository=repository)
    return Environment.objects.create(application=app, name="qa")


def _person(name: str) -> Person:
    return Person.objects.create(username=name, name=name.title(), password="!")  # noqa: S106
