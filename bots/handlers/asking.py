"""Questions before something dangerous, and what a yes or a no does."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from bots import sayings
from bots.handlers import finding
from bots.language.commands import No, Parsed, Retry, Rollback
from bots.messages import Line, Message, Part
from bots.models import Question
from bots.speaker import Speaker
from deployments.exceptions import Invalid
from deployments.models import Environment, Person
from deployments.selectors import releases

LASTS = timedelta(minutes=2)
# A yes that comes later is told so; after this time it is talk among people.
FORGOTTEN = timedelta(hours=1)
SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"


def ask(
    speaker: Speaker,
    environment: Environment,
    line: str,
    *pieces: str | Part,
    label: str,
    sha: str = "",
) -> Message:
    """Ask whether to do what the line says; it takes the place of an earlier question here."""
    code = secrets.choice("23456789") + "".join(secrets.choice(SIGNS) for _ in range(3))
    Question.objects.update_or_create(
        person=speaker.person,
        place=speaker.place,
        defaults={
            "line": line,
            "sha": sha,
            "current": releases.newest(environment),
            "code": code,
            "answered": "",
        },
    )
    said = (*pieces, " This does it within two minutes: ", Line("yes"))
    url = speaker.base + environment.get_absolute_url()
    return sayings.question(*said, label=label, code=code, url=url)


def waits(speaker: Speaker) -> bool:
    """Return whether a yes or no of this person is about a question of the bot here."""
    if not speaker.is_known:
        return False
    since = speaker.at - FORGOTTEN
    return _here(speaker).filter(_unanswered(speaker.key), asked_at__gt=since).exists()


def open_codes(person: Person) -> frozenset[str]:
    """Return the codes of the person's questions that a button may still answer."""
    lately = Question.objects.filter(asked_at__gt=timezone.now() - LASTS)
    return frozenset(lately.filter(person=person, answered="").values_list("code", flat=True))


def take(speaker: Speaker, code: str = "") -> Question:
    """Return the open question, which from now on is answered. Of two answers one counts.

    The same answer delivered again finds its question again: its worker may have died over it.
    """
    question = _here(speaker).filter(code=code).first() if code else _here(speaker).first()
    if question is None or not _is_mine(question, speaker.key or uuid.uuid4().hex):
        raise Invalid("There is no open question of mine to this. Nothing was done.")
    if speaker.at - question.asked_at > LASTS:
        raise Invalid(f"The two minutes are over. Nothing was done; say again: {question.line}")
    return question


def no(command: No, speaker: Speaker) -> Message:
    question = take(speaker, command.code)
    return sayings.note("Left alone: ", Line(question.line), state="cancelled", quiet=True)


def environment_of(parsed: Parsed, speaker: Speaker) -> Environment | None:
    """Return the environment whose version a question was about."""
    match parsed:
        case Rollback(app=app, environment=name):
            return finding.environment(speaker, app, name)
        case Retry(number=number):
            return finding.deployment(speaker, number).environment
        case _:
            return None


def _here(speaker: Speaker) -> QuerySet[Question]:
    return Question.objects.filter(person=speaker.person, place=speaker.place)


def _is_mine(question: Question, key: str) -> bool:
    """Answer the question with the line of this key, unless another line did or it is another."""
    same = Question.objects.filter(_unanswered(key), pk=question.pk, code=question.code)
    return same.update(answered=key) == 1


def _unanswered(key: str) -> Q:
    return Q(answered="") | Q(answered=key) if key else Q(answered="")
