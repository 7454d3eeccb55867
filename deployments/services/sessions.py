"""Where a person is signed in: each session with its device and address, and how it is ended."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from deployments import changes, rights
from deployments.models import Person


def note(request: HttpRequest) -> None:
    """Keep when and from where the session was last used."""
    UserSession.objects.create_from_request(request)


def came_by(request: HttpRequest, way: str) -> None:
    """Keep who vouched when the session began."""
    mine = UserSession.objects.filter(session_key=request.session.session_key)
    mine.update(data={"way": way})


def of(person: Person) -> QuerySet[UserSession]:
    """Return the sessions that are still good, the one used last first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now())
    mine: QuerySet[UserSession] = UserSession.objects.filter(
        user=person, session_key__in=alive.values("session_key")
    )
    return mine.order_by("-last_seen_at")


def end(session: UserSession, by: Person) -> None:
    """Sign the person out there; pages that are open there stop following."""
    if by.pk != session.user_id:
        rights.require(by, "administer")
    with transaction.atomic():
        _end([session], session.user, by)


def end_all(person: Person, by: Person | None, *, keep: str = "") -> int:
    """Sign the person out everywhere but in the session with the key `keep`; return where."""
    if by is not None and by != person:
        rights.require(by, "administer")
    with transaction.atomic():
        ended = list(UserSession.objects.filter(user=person).exclude(session_key=keep))
        _end(ended, person, by)
    return len(ended)


def _end(ended: list[UserSession], person: Person, by: Person | None) -> None:
    keys = [session.session_key for session in ended]
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    for session in ended:
        changes.record(
            "session.ended",
            person=by,
            via="web" if by else "command",
            subject=person.username,
            old=f"from {session.ip}",
        )
