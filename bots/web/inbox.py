"""The team inbox: the deployments' threads, filtered by what stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet

from bots import reading, rooms
from bots.models import Post
from bots.web.talk import replies
from deployments.models import Deployment, Person
from deployments.selectors import lookup
from deployments.web.looks import LOOKS, Look, look_of

SHOWN = 50
NEWEST = 2**63 - 1
RELATED = ("room", "deployment__environment__application", "deployment__person")
STATES = {
    name: LOOKS[name].word
    for name in ("pending", "queued", "in_progress", "success", "failure", "error", "cancelled")
}
FIELDS = ("q", "app", "env", "state", "person", "unread", "talk")


@dataclass(frozen=True)
class Thread:
    """A deployment's thread in the inbox: its state now, and how lively it is."""

    post: Post
    deployment: Deployment
    look: Look
    replies: int
    new: int
    people: list[str] = field(default_factory=list)

    @property
    def how(self) -> str:
        """Say its state, and how far it is."""
        goes = self.deployment.status == Deployment.Status.IN_PROGRESS
        return f"{self.look.word} {self.deployment.progress} %" if goes else self.look.word

    @property
    def says(self) -> str:
        """Say what is to be known about it: what is wrong, or what it brings."""
        deployment = self.deployment
        if deployment.status == Deployment.Status.CANCELLED:
            who = deployment.stop_by or deployment.note.removeprefix("cancelled by ")
            left = f": {deployment.note}" if deployment.stop_by and deployment.note else ""
            return f"by {who}{left}" if who else deployment.subject
        said = "" if deployment.status == Deployment.Status.SUCCESS else deployment.note
        return said or deployment.subject or deployment.ref

    @property
    def names(self) -> str:
        """Return who began it and who spoke, each once."""
        return ", ".join(dict.fromkeys([self.deployment.person.get_short_name(), *self.people]))


@dataclass(frozen=True)
class Filter:
    """What the reader asked for; each empty part lets everything through."""

    q: str = ""
    app: str = ""
    env: str = ""
    state: str = ""
    person: str = ""
    unread: str = ""
    talk: str = ""  # only threads in which people speak
    before: int = NEWEST  # the deployment from which on older ones are shown

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        before = given.get("before", "")
        known = {name: given.get(name, "").strip()[:200] for name in FIELDS}
        number = int(before) if before.isdecimal() and len(before) < 19 else NEWEST
        return cls(**known, before=number)

    @property
    def address(self) -> str:
        """Return it as it stands in addresses, without the page."""
        return urlencode({name: getattr(self, name) for name in FIELDS if getattr(self, name)})

    @property
    def page(self) -> str:
        """Return it as it stands in addresses, with the page."""
        before = "" if self.before == NEWEST else urlencode({"before": self.before})
        return "&".join(filter(None, (self.address, before)))

    @property
    def is_narrow(self) -> bool:
        return bool(self.address)


@dataclass(frozen=True)
class Inbox:
    threads: list[Thread]
    filter: Filter
    older: int  # the deployment after which the next page begins; 0: there is none


def inbox(asked: Filter, person: Person) -> Inbox:
    """Return a page of threads, the newest deployment first."""
    rows = list(
        _matching(asked, person)
        .select_related(*RELATED)
        .annotate(new=reading.new_in_thread(person))
        .order_by("-deployment_id", "pk")[: SHOWN + 1]
    )
    more, rows = len(rows) > SHOWN, rows[:SHOWN]
    names, counts = _speakers(rows), replies(rows)
    threads = [
        Thread(
            p, p.deployment, look_of(p.deployment), counts.get(p.pk, 0), p.new, names.get(p.pk, [])
        )
        for p in rows
        if p.deployment is not None
    ]
    return Inbox(threads, asked, threads[-1].deployment.pk if more else 0)


def choices(person: Person) -> dict[str, list[str]]:
    """Return what the filter offers."""
    apps, places = lookup.applications_for(person), lookup.environments_for(person)
    people = Person.objects.filter(deployments__isnull=False).order_by("username")
    return {
        "apps": list(apps.order_by("name").values_list("name", flat=True)),
        "environments": list(places.order_by("name").values_list("name", flat=True).distinct()),
        "people": list(people.values_list("username", flat=True).distinct()),
    }


def _matching(asked: Filter, person: Person) -> QuerySet[Post]:
    """Return each deployment's thread, in the first room that tells it."""
    # Only first posts have a deployment. To ask for them in other words as well would have SQLite
    # read all that was ever said in rooms, in place of the newest deployments.
    told = Post.objects.filter(rooms.in_rooms_for(person))
    earlier = told.filter(deployment=OuterRef("deployment"), pk__lt=OuterRef("pk"))
    roots = told.filter(deployment__lt=asked.before).exclude(Exists(earlier))
    exact = {
        "deployment__environment__application__name__iexact": asked.app,
        "deployment__environment__name__iexact": asked.env,
        "deployment__status": asked.state,
    }
    roots = roots.filter(**{name: value for name, value in exact.items() if value})
    if asked.person:
        asker = Q(deployment__person__username__iexact=asked.person)
        roots = roots.filter(asker | _replied(person__username__iexact=asked.person))
    if asked.unread:
        roots = roots.filter(Exists(reading.replies_unread(person)))
    if asked.talk:
        roots = roots.filter(_replied(person__isnull=False, only_for=None))
    for word in asked.q.split()[:8]:
        roots = roots.filter(_says(word))
    return roots


def _says(word: str) -> Q:
    """Match threads with the word: its number, who, why, what, where, or what was said."""
    of = "deployment__"
    found = Q(**{f"{of}sha__startswith": word.lower()})
    for name in ("text", "person__username", "person__name"):
        found |= _replied(**{f"{name}__icontains": word, "only_for": None})
    for name in (
        "why", "ref", "subject", "person__username", "person__name",
        "environment__name", "environment__application__name",
    ):  # fmt: skip
        found |= Q(**{f"{of}{name}__icontains": word})
    number = word.removeprefix("#")
    if number.isdecimal() and len(number) < 19:
        found |= Q(deployment=int(number))
    return found


def _replied(**said: object) -> Q:
    return Q(Exists(Post.objects.filter(parent=OuterRef("pk"), **said)))


def _speakers(rows: Sequence[Post]) -> dict[int, list[str]]:
    """Return who spoke in each thread, in one query."""
    talk = Post.objects.filter(parent__in=[post.pk for post in rows], person__isnull=False)
    pairs = (
        talk.order_by("parent", "person__username")
        .values_list("parent", "person__name", "person__username")
        .distinct()
    )
    names: dict[int, list[str]] = {}
    for parent, name, username in pairs:
        if parent is not None:
            names.setdefault(parent, []).append((name or username).split()[0])
    return names
