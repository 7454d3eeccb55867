"""What stands beside the talk on every page of the chat: rooms, people and the inbox."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from bots import around, reading
from bots.web.inbox import STATES, Filter
from bots.web.inbox import choices as filter_choices
from bots.web.inbox import inbox as threads
from deployments import rights
from deployments.web.doors import person_of


def rooms(request: HttpRequest) -> dict[str, Any]:
    person = person_of(request)
    known = reading.rooms(person)
    unread = reading.threads_unread(person)
    joined = around.joined()
    return {
        "rooms": known,
        "unread_threads": unread,
        "unread_mentions": reading.mentions_unread(person).count(),
        "unread": unread + sum(room.new for room in known),
        "people": around.people(person),
        "joined": joined,
        "may_join": bool(joined) and rights.may(person, "administer"),
    }


def inbox(request: HttpRequest) -> dict[str, Any]:
    asked = Filter.read(request.GET.dict())
    return {
        "inbox": threads(asked, person_of(request)),
        "choices": filter_choices(person_of(request)),
        "states": STATES,
    }


def may_make_rooms(request: HttpRequest) -> bool:
    return rights.may(person_of(request), "configure")
