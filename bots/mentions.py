"""People named in what is said: @ana, by the name they sign in with or the one they go by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bots import rooms
from bots.models import Post, PostMention
from deployments.models import Person

# An address of mail is no mention: nothing of a word stands before the sign.
NAMED = re.compile(r"(?<![\w@./+-])@(\w[\w.+-]*)")
MOST = 20  # of one post


def note(post: Post) -> None:
    """Keep who is named in a post, in the transaction that keeps the post.

    A comment is told in several rooms: it names people in the first of them.
    """
    if post.only_for_id is not None or "@" not in post.text:
        return
    named = [person for person in people(post.text) if not _named_elsewhere(post, person)]
    PostMention.objects.bulk_create(
        (PostMention(post=post, person=person) for person in named), ignore_conflicts=True
    )


def people(text: str) -> list[Person]:
    """Return who is named in a text. A first name that two people share names neither."""
    words = list(dict.fromkeys(_words(text)))[:MOST]
    if not words:
        return []
    asked = (Q(username__iexact=word) | Q(name__istartswith=word) for word in words)
    known = list(Person.objects.filter(reduce(or_, asked), is_active=True))
    named = (_person(word, known) for word in words)
    return list(dict.fromkeys(person for person in named if person is not None))


def seen_by(person: Person) -> QuerySet[PostMention]:
    """Return where the person is named in what they may read, newest first."""
    mine = rooms.readable(person, "post__")
    return PostMention.objects.filter(mine, person=person).order_by("-post_id")


def drawn(text: str, named: Iterable[Person], reader: Person | None) -> SafeString:
    """Return a text as HTML in which the names of these people stand out."""
    known = list(named)
    pieces: list[SafeString] = []
    end = 0
    for match in NAMED.finditer(text) if known else ():
        person = _person(_trimmed(match[1]), known)
        if person is None:
            continue
        stop = match.start() + 1 + len(_trimmed(match[1]))
        pieces.append(_lines(text[end : match.start()]))
        pieces.append(_mention(text[match.start() : stop], person, reader))
        end = stop
    return SafeString("".join([*pieces, _lines(text[end:])]))


def _mention(text: str, person: Person, reader: Person | None) -> SafeString:
    me = " mention-me" if person == reader else ""
    return format_html('<span class="mention{}" title="{}">{}</span>', me, person, text)


def _lines(text: str) -> SafeString:
    return SafeString("<br>".join(format_html("{}", line) for line in text.split("\n")))


def _words(text: str) -> list[str]:
    return [_trimmed(word) for word in NAMED.findall(text)]


def _trimmed(word: str) -> str:
    return word.rstrip(".+-").lower()


def _person(word: str, known: Iterable[Person]) -> Person | None:
    """Return whom a word names: who signs in with it, else the only one who goes by it."""
    by_name = []
    for person in known:
        if person.username.lower() == word:
            return person
        if word in (person.get_short_name().lower(), str(person).lower()):
            by_name.append(person)
    return by_name[0] if len(by_name) == 1 else None


def _named_elsewhere(post: Post, person: Person) -> bool:
    if post.parent is None:
        return False
    same = PostMention.objects.filter(
        person=person, post__person=post.person_id, post__text=post.text
    )
    thread = same.filter(post__parent__deployment=post.parent.deployment_id)
    return thread.exclude(post__room=post.room_id).exists()
