"""Whatever a page offers as a chat line, the bot reads as the same intention."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.language import (
    Cancel,
    Deploy,
    DeployPlan,
    Deploys,
    DeployStatus,
    Diff,
    GoOn,
    Lock,
    Log,
    Parsed,
    Plan,
    Promote,
    Retry,
    RetryFailedHosts,
    Rollback,
    Search,
    Show,
    Status,
    Unlock,
    WhereCanIDeploy,
    WhereIs,
    WhichChecksFailed,
    Why,
    parse,
)
from bots.language.clauses import SMALL_WORDS
from bots.language.text import clean
from deployments import lines

pytestmark = pytest.mark.slow

APPS = st.from_regex(r"\A[a-z0-9][-_.a-z0-9]{0,20}\Z").filter(
    lambda name: name not in (*SMALL_WORDS, "plan")
)
PLACES = st.from_regex(r"\A[a-z0-9][-_.a-z0-9]{0,20}\Z").filter(
    lambda name: name not in SMALL_WORDS
)
REFS = st.none() | st.text(min_size=1)
HOSTS = st.lists(st.text(min_size=1, max_size=12), max_size=3)
READABLE = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))
NUMBERS = st.integers(1, 999_999_999)


def say(line: str, verb: str = "deploy") -> Parsed:
    return parse(line, addressed=True, verb=verb)


@given(APPS, REFS, PLACES, HOSTS, READABLE)
def test_a_deployment(
    app: str, ref: str | None, place: str, hosts: list[str], because: str
) -> None:
    line = lines.deploy(app, ref, place, hosts=hosts, because=because)

    if line:
        reason = clean(because) if "because" in line.split() else ""
        assert say(line) == Deploy(app, ref, place, tuple(hosts), reason)


@given(APPS, st.from_regex(r"\A[-A-Za-z0-9_./@#+=~,%!]{1,30}\Z"), PLACES)
def test_every_ordinary_ref_has_a_line(app: str, ref: str, place: str) -> None:
    line = lines.deploy(app, ref, place)

    assert say(line) == Deploy(app, ref, place) if not ref.startswith("-") else line == ""


@given(APPS, NUMBERS, PLACES, READABLE)
def test_a_pull_request_when_its_checks_have_passed(
    app: str, number: int, place: str, because: str
) -> None:
    ref = f"#{number}"
    line = lines.deploy(app, ref, place, when_green=True, because=because)

    reason = clean(because) if "because" in line.split() else ""
    assert say(line) == Deploy(app, ref, place, reason=reason, when_green=True)
    assert say(lines.where_is(ref, app=app)) == WhereIs(ref, None, app)
    assert say(lines.deploys(app, ref)) == Deploys(app, ref)


@given(APPS, st.none() | PLACES)
def test_an_app_and_its_place(app: str, place: str | None) -> None:
    assert say(lines.deploy(app, None, place)) == Deploy(app, None, place)
    assert say(lines.status(app, place)) == Status(app, place)
    assert say(lines.why(app, place)) == Why(app, place)
    assert say(lines.which_checks_failed(app, place)) == WhichChecksFailed(app, place)
    assert say(lines.diff(app, place)) == Diff(app, place)
    assert say(lines.deploys(app, "main", place)) == Deploys(app, "main", place)


@given(APPS, PLACES, st.none() | NUMBERS)
def test_a_rollback(app: str, place: str, to: int | None) -> None:
    assert say(lines.rollback(app, place, to)) == Rollback(app, place, to)


@given(NUMBERS, st.none() | st.from_regex(r"\A[A-Za-z0-9][-.A-Za-z0-9]{0,20}\Z"))
def test_a_number(number: int, host: str | None) -> None:
    assert say(lines.retry(number)) == Retry(number)
    assert say(lines.retry_failed_hosts(number)) == RetryFailedHosts(number)
    assert say(lines.go_on(number)) == GoOn(number)
    assert say(lines.cancel(number)) == Cancel(number)
    assert say(lines.show(number)) == Show(number)
    assert say(lines.log(number, host)) == Log(number, host)


TASKS = st.just("deploy") | st.from_regex(r"\A[a-z0-9][-_.a-z0-9]{0,12}\Z").filter(
    lambda task: task not in ("lock", "unlock", "version")
)
PARAMETERS = st.dictionaries(
    st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,9}\Z"), st.text(max_size=9), max_size=3
)


@given(APPS, PLACES, TASKS, st.booleans(), PARAMETERS)
def test_a_task_force_and_parameters(
    app: str, place: str, task: str, force: bool, parameters: dict[str, str]
) -> None:
    line = lines.deploy(app, None, place, task=task, force=force, parameters=parameters)
    shown = lines.plan(app, None, place, task=task, force=force, parameters=parameters)
    meant = Deploy(app, None, place, task=task, force=force, parameters=tuple(parameters.items()))

    if line:
        assert say(line) == meant
        assert say(shown) == Plan(meant)


@given(st.lists(APPS, min_size=2, max_size=4, unique=True), PLACES)
def test_several_applications(apps: list[str], place: str) -> None:
    line = lines.deploy(apps[0], None, place, apps=apps)

    assert say(line) == Deploy(apps[0], None, place, apps=tuple(apps))


@given(APPS, PLACES, PLACES)
def test_two_environments(app: str, one: str, other: str) -> None:
    assert say(lines.promote(app, one, other)) == Promote(app, one, other)
    assert say(lines.diff(app, one, other)) == Diff(app, one, other)


@given(APPS, st.none() | PLACES, st.none() | st.integers(1, 5000), READABLE)
def test_a_lock(app: str, place: str | None, minutes: int | None, because: str) -> None:
    seconds = minutes * 60 if minutes else None
    line = lines.lock(app, place, seconds=seconds, because=because)
    reason = clean(because) if "because" in line.split() else ""

    assert say(line) == Lock(app, place, seconds, reason)
    assert say(lines.unlock(app, place)) == Unlock(app, place)


@given(APPS, st.none() | PLACES)
def test_questions_about_an_app(app: str, place: str | None) -> None:
    assert say(lines.where_can_i_deploy(app)) == WhereCanIDeploy(app)
    assert say(lines.deploy_status(app, place)) == DeployStatus(app, place)


@given(APPS, st.from_regex(r"\A[A-Za-z0-9][-A-Za-z0-9_.]{0,20}\Z"))
def test_where_something_is(app: str, word: str) -> None:
    assert say(lines.where_is(word)) == WhereIs(word)
    assert say(lines.where_is(word, app=app)) == WhereIs(word, None, app)
    assert say(lines.where_is(person=word)) == WhereIs(None, word)


@given(st.from_regex(r"\A[0-9a-z]{4,8}\Z"))
def test_a_plan_by_its_code(code: str) -> None:
    assert say(lines.deploy_plan(code)) == DeployPlan(code)


@given(st.from_regex(r"\A[a-z:0-9\"]+( [a-z:0-9\"]+)*\Z"))
def test_a_search(query: str) -> None:
    assert say(lines.search(query)) == Search(query)


FOLDED = ["deploy web to qa", "lock web in qa for 2h", "promote web from qa to production",
          "where can i deploy web", "wcid web", "deploy-status for web", "who am i"]  # fmt: skip


@given(st.sampled_from(FOLDED), st.data())
def test_case_and_quotes_change_nothing(line: str, data: st.DataObject) -> None:
    words = line.split()
    at = data.draw(st.integers(0, len(words) - 1))
    words[at] = data.draw(st.sampled_from(["“%s”", "‘%s’", "'%s'", "«%s»", '"%s"'])) % words[at]
    said = "".join(
        letter.upper() if data.draw(st.booleans()) else letter for letter in " ".join(words)
    )

    assert say(said) == say(line)


def test_lines_without_anything_named() -> None:
    assert say(lines.retry()) == Retry()
    assert say(lines.retry_failed_hosts()) == RetryFailedHosts()
    assert say(lines.go_on()) == GoOn()
    assert say(lines.cancel()) == Cancel()
    assert say(lines.log()) == Log()
    assert say(lines.status()) == Status()
    assert say(lines.status(None, "qa")) == Status(None, "qa")


@pytest.mark.parametrize("verb", ["ship", "push"])
def test_a_renamed_verb(verb: str) -> None:
    assert say(lines.deploy("web", "x", "qa", verb=verb), verb) == Deploy("web", "x", "qa")
