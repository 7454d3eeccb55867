"""An hour of a team: what people type, rightly and sloppily, and the answers in full.

`an_hour/*.txt` hold each line behind “> ” with its answer below it, indented; “@ bob” says who
speaks from there on. Whatever a line does is undone before the next. Numbers count from the first
deployment, and codes and times of day, which differ each time, are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management.color import no_style
from django.db import connection, transaction

from bots import tongue
from bots.language import Command
from bots.messages import Line, Message
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.models import Application, Deployment, Person, Role
from deployments.selectors import code
from tests.deployments import build
from tests.servers.repositories import Repository

FOLDER = Path(__file__).with_name("an_hour")
SHOWN = 14  # lines of an answer
APPS = {
    "api": ("", ["staging", "production"]),
    "billing": ("", ["production"]),
    "shop-frontend": ("staging", ["preview", "staging", "production"]),
    "web": ("qa", ["qa", "staging", "production"]),
}
TASKS = {"migrations": {"commands": ["bin/migrate"], "once": True}}
ANA = b"Ana Ferri <ana@acme.test>"


@pytest.fixture
def team(db: None, tmp_path: Path) -> dict[str, Person]:
    """Four apps with a history; alice and ana deploy, bob looks, dora keeps the settings."""
    people = {name: build.person(name) for name in ("alice", "ana", "bob", "dora", "root")}
    Role.objects.create(person=people["ana"], name="deployer")
    for name, (default, places) in APPS.items():
        repository, first, second, newest = _repository(tmp_path, name)
        app = build.application(name, repository.path, tasks=TASKS, parameters={"REGION": "eu|us"})
        Application.objects.filter(pk=app.pk).update(default_environment=default)
        code.resolve(app, "")  # its branches and tags have been seen
        for position, place in enumerate(places):
            _live(app, place, position, people["ana"], first, second, newest)
    staging = Application.objects.get(name="web").environments.get(name="staging")
    build.deployment(staging, people["alice"], newest, status="failure", reason="command")
    return people


def _repository(path: Path, name: str) -> tuple[Repository, str, str, str]:
    made = Repository(path / f"{name}.git")
    first = made.commit({"README": "1\n"}, "Begin")
    second = made.commit({"app.py": "2\n"}, "Add the search", author=ANA)
    made.tag("v2.0", second)
    made.commit({"app.py": "3\n"}, "Mend the login", branch="fix-login", parent=second)
    made.commit({"app.py": "4\n"}, "New checkout", branch="feature/checkout", parent=second)
    made.tag("v2.1", made.commit({"a": "5\n"}, "Release", branch="release/2.1", parent=second))
    newest = made.commit({"app.py": "6\n"}, "Speed up the start", parent=second, author=ANA)
    return made, first, second, newest


def _live(app: Application, place: str, position: int, ana: Person, *shas: str) -> None:
    made = build.environment(
        app, place, hosts=2, position=position, production=place == "production"
    )
    first, second, newest = shas
    if place != "preview":
        build.live(made, ana, first, subject="Begin")
        build.live(made, ana, second if place == "production" else newest, subject="Add the search")


def told(path: Path) -> Iterator[tuple[str, str, str]]:
    """Give who speaks, the line, and the answer, for each line of a file."""
    who = "alice"
    for part in path.read_text(encoding="utf-8").split("\n> "):
        line, *answer = part.strip("\n").split("\n")
        if answer and answer[-1].startswith("@ "):
            yield who, line, "\n".join(answer[:-1])
            who = answer[-1][2:]
        elif not part.startswith("#"):
            yield who, line, "\n".join(answer)


def answered(who: Person, line: str, base: int) -> str:
    """Say the lines, one after another, undo what they did, and return the answers."""
    said = []
    with transaction.atomic():
        for number, text in enumerate(line.split(" >> ")):
            speaker = Speaker(person=who, via="chat", place="here", key=f"line-{number}")
            known = re.sub(r"#(\d+)", lambda found: f"#{base + int(found[1])}", text)
            answer = receive(known.replace("\\n", "\n"), speaker)
            assert answer is not None
            assert_every_offer_acts(answer)
            said += plain.render(answer).splitlines()[:SHOWN]
        transaction.set_rollback(True)
    _number_on()
    return "\n".join(f"    {shown}" for shown in _alike("\n".join(said), base).split("\n"))


def _number_on() -> None:
    """Have the next deployment take up the number of one that was undone, as SQLite does."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Deployment]):
            cursor.execute(statement)


def assert_every_offer_acts(answer: Message) -> None:
    """What is offered in place of a line, and what a button says, is a line that can be done."""
    offered = [part.text for item in answer.items for part in item if isinstance(part, Line)]
    is_offer = answer.state in ("question", "refused")
    for line in [*offered * is_offer, *(button.line for button in answer.buttons)]:
        assert isinstance(tongue.read(line), Command), line


def _alike(text: str, base: int) -> str:
    """Return the answer without what differs each time."""
    text = re.sub(r"(#|/deployments/)(\d+)", lambda m: f"{m[1]}{int(m[2]) - base}", text)
    text = re.sub(r"\b(yes|no|[Pp]lan) [2-9][2-9a-z]{3}\b", r"\1 CODE", text)
    text = re.sub(r"\b\d min ago", "4 min ago", text)
    return re.sub(r"\d\d:\d\d UTC( on \w{3} \d+ \w{3})?", "HH:MM UTC", text)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, reset_sequences=True)  # the files name numbers
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_every_line_has_its_answer(path: Path, team: dict[str, Person]) -> None:
    base = Deployment.objects.order_by("pk").values_list("pk", flat=True)[0] - 1

    for who, line, answer in told(path):
        assert (line, answered(team[who], line, base)) == (line, answer)
