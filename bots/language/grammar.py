"""One function for each line: words in, a command out, read on after its first words."""

from __future__ import annotations

import re

from bots.language import clauses
from bots.language.commands import (
    Approve,
    Cancel,
    Deploy,
    DeployPlan,
    Deploys,
    Diff,
    GoOn,
    Help,
    Log,
    No,
    Plan,
    Promote,
    Reject,
    Retry,
    RetryFailedHosts,
    Rollback,
    Show,
    Status,
    Version,
    Why,
    Yes,
)
from bots.language.text import shorten
from bots.language.words import Reader

TASK = re.compile(r":[_.0-9a-z][-_.:0-9a-z]*")
PARAMETER = re.compile(r"[a-z_][0-9a-z_]*=.*")
QUESTION = re.compile(r"[0-9][0-9a-z]{3}")
PLAN = re.compile(r"[0-9a-z]{4,8}")
WHEN = {
    "when": re.compile("green"),
    "at": re.compile(r"[0-9]{1,2}([:.h][0-9]{2})?(am|pm|h)?"),
    "after": clauses.DURATION,
}
CODE = re.compile(r"[0-9]{6}|[cbdefghijklnrtuv]{32,64}")


def deploy(reader: Reader) -> Deploy:
    task, force = _task_and_force(reader)
    apps, ref = clauses.targets(reader)
    environment, hosts = clauses.place_and_hosts(reader)
    parameters = _parameters(reader)
    _code(reader)
    when_green = _when(reader, task, force=force)
    reason = clauses.because(reader)
    reader.end()
    several = apps if len(apps) > 1 else ()
    link = reader.link
    return Deploy(
        apps[0], ref, environment, hosts, reason, task, force, parameters, several, when_green, link
    )


def plan(reader: Reader) -> Plan:
    shown = deploy(reader)
    if shown.apps:
        reader.at = 1
        reader.puzzle("a plan is for one application")
    return Plan(shown)


def deploy_plan(reader: Reader) -> DeployPlan:
    if not PLAN.fullmatch(reader.peek()):
        reader.puzzle("a plan's code like 7fk3 must follow", back=0 if reader.peek() else 1)
    code = reader.take().lower()
    reader.end()
    return DeployPlan(code)


def promote(reader: Reader) -> Promote:
    app = clauses.named_app(reader)
    places: dict[str, str] = {}
    while (word := reader.peek()) in ("from", "to") and word not in places:
        reader.take()
        places[word] = clauses.environment(reader)
    reader.end()
    if len(places) < 2:
        reader.puzzle("it is said “promote APP from ENV to ENV”", back=1)
    return Promote(app, places["from"], places["to"])


def retry(reader: Reader) -> Retry:
    number = clauses.number(reader)
    reader.end()
    return Retry(number)


def retry_failed_hosts(reader: Reader) -> RetryFailedHosts:
    number = clauses.number(reader)
    reader.end()
    return RetryFailedHosts(number)


def go_on(reader: Reader) -> GoOn:
    number = clauses.number(reader)
    reader.end()
    return GoOn(number)


def cancel(reader: Reader) -> Cancel:
    number = clauses.number(reader)
    reader.end()
    return Cancel(number)


def approve(reader: Reader) -> Approve:
    number = clauses.number(reader)
    reader.end()
    return Approve(number)


def reject(reader: Reader) -> Reject:
    number = None if reader.peek() == "because" else clauses.number(reader)
    reason = clauses.because(reader)
    reader.end()
    return Reject(number, reason)


def rollback(reader: Reader) -> Rollback:
    app = clauses.app(reader)
    environment = None if _number_follows(reader) else clauses.place(reader)
    to = None
    if _number_follows(reader):
        reader.take()
        to = clauses.number(reader)
    environment = environment or clauses.place(reader)
    reader.end()
    return Rollback(app, environment, to)


def status(reader: Reader) -> Status:
    app, environment = _app_and_place(reader)
    return Status(app, environment)


def deploys(reader: Reader) -> Deploys:
    app, ref = clauses.target(reader)
    environment = clauses.place(reader)
    reader.end()
    return Deploys(app, ref, environment)


def why(reader: Reader) -> Why:
    app, environment = _app_and_place(reader)
    return Why(app, environment)


def diff(reader: Reader) -> Diff:
    app = clauses.app(reader)
    pair = _two_environments(reader) if app else None
    if pair:
        reader.end()
        return Diff(app, *pair)
    environment = clauses.place(reader)
    reader.end()
    return Diff(app, environment)


def log(reader: Reader) -> Log:
    number = clauses.number(reader)
    host = reader.take() if reader.peek() else None
    reader.end()
    return Log(number, host)


def show(reader: Reader) -> Show:
    number = clauses.number(reader)
    reader.end()
    return Show(number)


def help_(reader: Reader) -> Help:
    return Help(shorten(reader.take_rest().lower()) or None)


def version(reader: Reader) -> Version:
    reader.end()
    return Version()


def yes(reader: Reader) -> Yes:
    return Yes(_question(reader))


def no(reader: Reader) -> No:
    return No(_question(reader))


def _question(reader: Reader) -> str:
    """Read the code of a question, which a button says."""
    code = reader.take().lower() if QUESTION.fullmatch(reader.peek()) else ""
    reader.end()
    return code


def _app_and_place(reader: Reader) -> tuple[str | None, str | None]:
    app = clauses.app(reader)
    environment = clauses.place(reader)
    reader.end()
    return app, environment


def _task_and_force(reader: Reader) -> tuple[str, bool]:
    head = reader.head.lower()
    force = "!" in head
    task = "".join(re.split("^[^:!]+", head)).replace("!", "", 1)
    if task and not TASK.fullmatch(task):
        reader.puzzle("a task is written like “:migrations”", back=1)
    if force and task in (":lock", ":unlock", ":version"):
        reader.puzzle("it cannot be forced", back=1)
    return task[1:] or "deploy", force


def _parameters(reader: Reader) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    while PARAMETER.fullmatch(reader.peek()):
        key, _, value = reader.take().partition("=")
        if key in found:
            reader.puzzle(f"{key} is given twice", back=1)
        found[key] = value
    return tuple(found.items())


def _code(reader: Reader) -> None:
    if CODE.fullmatch(reader.peek()):
        reader.take()
        reader.needs(9, "a one-time code")


def _when(reader: Reader, task: str, *, force: bool) -> bool:
    """Read “when green”, which waits for checks; times are understood, and not done yet."""
    word = reader.peek()
    if word not in WHEN:
        return False
    reader.take()
    if not WHEN[word].fullmatch(reader.peek()):
        reader.puzzle("it is said “when green”, “at 03:00” or “after 20m”", back=1)
    said = reader.take()
    if word != "when":
        reader.needs(9, f"{word} {said}")
        return False
    if force:
        reader.puzzle("it goes past checks, and “when green” waits for them", back=reader.at)
    if task != "deploy":
        reader.puzzle("a task waits for no check, so it has no “when green”", back=reader.at)
    return True


def _number_follows(reader: Reader) -> bool:
    if reader.peek() != "to" or reader.at + 1 >= len(reader.words):
        return False
    return bool(clauses.NUMBER.fullmatch(reader.words[reader.at + 1].plain))


def _two_environments(reader: Reader) -> tuple[str, str] | None:
    names = [word.plain.lower() for word in reader.words[reader.at : reader.at + 2]]
    if len(names) < 2 or not all(map(clauses.SLUG.fullmatch, names)):
        return None
    if names[0] in clauses.SMALL_WORDS or names[1] in clauses.SMALL_WORDS:
        return None
    reader.at += 2
    return names[0], names[1]
