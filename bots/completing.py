"""What a person may go on writing: lines of the table, and names that they may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db.models import Q

from bots import withheld
from bots.language import completion
from bots.language.completion import Expected
from bots.language.table import Pattern
from bots.slots import Asker, Option, names, titled
from deployments.models import Deployment, Person
from deployments.web import actions
from deployments.web.looks import look_of

MOST = 8
SEVERAL = ("APP", "deploy")  # web,api


@dataclass(frozen=True)
class Suggestion:
    """What the word that is being typed may become."""

    text: str
    about: str
    typed: str
    more: bool = False  # something may follow
    possible: bool = True

    @property
    def parts(self) -> tuple[str, str, str]:
        """Return what stands before the letters that were typed, these, and what follows."""
        at = self.text.lower().find(self.typed.lower())
        if at < 0:  # it was found by what it is called
            return "", "", self.text
        end = at + len(self.typed)
        return self.text[:at], self.text[at:end], self.text[end:]

    @property
    def insert(self) -> str:
        return self.text + (" " if self.more and self.text[-1] not in ":=@" else "")


def suggestions(text: str, person: Person, deployment: Deployment | None) -> list[Suggestion]:
    """Return what the text may go on with; in a thread, its deployment needs no naming."""
    word = completion.last_word(text)
    if word.startswith("@") and not text[: -len(word)].strip().lower().endswith("where is"):
        return _people_named(word, person, with_bot=text == word)
    place = completion.place(text, in_thread=deployment is not None)
    asker, found = Asker(person, deployment), dict[str, Suggestion]()
    for expected in place.expected:
        for one in _fitting(expected, place.typed, asker):
            found.setdefault(one.text, one)
        if len(found) >= MOST:
            break
    listed = list(found.values())[:MOST]
    return [] if _is_said(listed, text, deployment) else listed


def people(text: str, person: Person) -> list[Suggestion]:
    """Return whom the text may go on to name after an “@”."""
    word = completion.last_word(text)
    return _people_named(word, person, with_bot=False) if word.startswith("@") else []


def _is_said(listed: list[Suggestion], text: str, deployment: Deployment | None) -> bool:
    """Return whether a list could only say what stands there already.

    Of a thread's word it says more: what it would do.
    """
    is_word = deployment is not None and " " not in text
    return not is_word and [one.text for one in listed] == [completion.last_word(text)]


def _fitting(expected: Expected, typed: str, asker: Asker) -> Iterator[Suggestion]:
    if not expected.slot:
        yield _word(expected, typed, asker)
        return
    one = _last_of_several(expected)
    end = "=" if one.slot == "KEY" else ""
    for name, about in _matching(names(one, asker), one.typed):
        yield Suggestion(f"{one.lead}{name}{end}", about, typed, one.more)
    for target, about in titled(one, asker):
        yield Suggestion(target, about, typed, one.more)


def _last_of_several(expected: Expected) -> Expected:
    """Return what is typed behind the last comma, where several names may stand."""
    is_list = expected.slot == "HOSTS" or (expected.slot, expected.pattern.name) == SEVERAL
    before, comma, typed = expected.typed.rpartition(",")
    if not is_list or not comma:
        return expected
    return replace(expected, lead=f"{expected.lead}{before},", typed=typed)


def _matching(options: Iterable[Option], typed: str) -> list[Option]:
    """Return the names that begin with what was typed, then those that hold it."""
    low = typed.lower()
    fits = [option for option in options if low in option[0].lower() and option[0] != ""]
    return sorted(fits, key=lambda option: not option[0].lower().startswith(low))[:MOST]


def _word(expected: Expected, typed: str, asker: Asker) -> Suggestion:
    """Suggest a word of the table; of what a thread can do now, with what would happen."""
    pattern, about, possible = expected.pattern, "", True
    if expected.lead.split(" ")[0] == pattern.name.split(" ")[0]:
        about, possible = _what_it_does(pattern, asker)
    elif expected.lead == "because":
        about = "why, for all who read it later"
    return Suggestion(expected.lead, about, typed, expected.more, possible)


def _what_it_does(pattern: Pattern, asker: Asker) -> tuple[str, bool]:
    """Say what a line would do, or who can where this person may not say it."""
    if asker.deployment is not None and pattern.in_thread:
        told = _in_thread(pattern.name, asker.deployment, asker.person)
        if told is not None:
            return told
    if pattern.name in withheld.ACTS and asker.kept_from:
        return asker.kept_from, False
    return pattern.help, True


def _in_thread(word: str, deployment: Deployment, person: Person) -> tuple[str, bool] | None:
    """Return what a word would do to the thread's deployment now, or why it cannot."""
    for action in actions.actions(deployment, person):
        if _is_said_so(word, action.line):
            return action.says, True
    against = actions.refusal(deployment, person)
    if word == "cancel":
        ended = f"it has ended: {look_of(deployment).word.lower()}"
        return (ended if deployment.is_finished else against or "it is being cancelled"), False
    if word == "go on":
        return "it is not paused" if not deployment.is_paused else against, False
    if word in ("retry", "retry failed hosts"):
        why = "only what failed or was cancelled is retried"
        return (against or why) if deployment.is_finished else "it has not ended yet", False
    return None


def _is_said_so(word: str, line: str) -> bool:
    """Return whether the line is the word's, with no more than a number behind it."""
    rest = line.removeprefix(word)
    return rest != line and (rest[:2] in ("", " #") or word == "rollback")


def _people_named(word: str, person: Person, *, with_bot: bool) -> list[Suggestion]:
    """Suggest whom `@an` may name; where a line begins, the bot as well."""
    if not person.is_active:
        return []
    typed = word[1:]
    named = Q(username__istartswith=typed) | Q(name__icontains=typed)
    known = Person.objects.filter(named, is_active=True).order_by("username")[:MOST]
    options = [(one.username, one.name) for one in known]
    if with_bot:
        options.append(("shipmate", "the bot"))
    fits = [one for one in options if typed.lower() in " ".join(one).lower()]
    fits.sort(key=lambda one: not one[0].lower().startswith(typed.lower()))
    return [Suggestion(f"@{name}", about, word, more=True) for name, about in fits[:MOST]]
