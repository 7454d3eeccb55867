"""Lines that only ask."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.handlers import answering
from bots.language import commands
from bots.receive import receive
from bots.rendering import plain
from bots.speaker import Speaker
from deployments.models import Deployment, Environment, Person
from deployments.selectors import code
from tests.bots.talking import Talk
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def live(qa: Environment, alice: Person) -> Deployment:
    """Qa runs the second of three commits."""
    sha = code.resolve(qa.application, "v2").sha
    return build.live(qa, alice, sha, subject="Say it twice")


def test_status_tells_what_runs_where(say: Talk, live: Deployment) -> None:
    _, columns, qa, production, *_ = say("status").splitlines()

    assert columns.split() == ["Where", "Runs", "Since", "By", "Behind"]
    assert qa.split() == f"hello/qa {live.sha[:7]} main 4 min ago Alice 1 behind".split()
    assert production.split() == ["hello/production", "nothing", "yet"]


def test_status_tells_where_a_host_says_something_else(say: Talk, live: Deployment) -> None:
    build.says(live.environment, "b" * 40, "hello-qa-1")

    assert f"; record says {live.sha[:7]}, hello-qa-1 says bbbbbbb" in say("status")


@pytest.fixture
def failed(production: Environment, alice: Person) -> Deployment:
    """What both hosts of production run, since it failed behind the switch."""
    first, second, _ = commits(production)
    build.live(production, alice, first)
    return build.switched(production, alice, second)


@pytest.fixture
def mixed(production: Environment, alice: Person) -> str:
    """What two hosts of production run, in words."""
    first, second, _ = commits(production)
    build.live(production, alice, first)
    build.switched(production, alice, second, "hello-production-1")
    return f"mixed: {second[:7]} on 1 host, {first[:7]} on 1 host"


def commits(environment: Environment) -> list[str]:
    return [commit.sha for commit in reversed(code.commits(environment.application, "main"))]


def test_status_tells_what_failed_behind_the_switch(say: Talk, failed: Deployment) -> None:
    row = say("status hello in production").splitlines()[2]

    assert f"{failed.sha[:7]} main, but its deployment failed" in row
    assert row.endswith("1 behind")


def test_status_names_each_version_where_hosts_differ(say: Talk, mixed: str) -> None:
    row = say("status hello in production").splitlines()[2]

    assert mixed in row
    assert row.endswith("2 behind")


def test_diff_is_against_what_the_hosts_run(say: Talk, failed: Deployment) -> None:
    assert f"{failed.sha[:7]} → " in say("diff hello in production")


def test_diff_where_hosts_differ_is_against_what_lacks_most(say: Talk, mixed: str) -> None:
    answer = say("diff hello in production")

    assert f"hello/production: {mixed}; from the one furthest away, {mixed[-17:-10]} → " in answer
    assert "2 ahead, 0 behind" in answer


def test_diff_with_a_place_where_hosts_differ_has_nothing_to_compare_with(
    say: Talk, live: Deployment, mixed: str
) -> None:
    line = commands.Diff("hello", "qa", "production")

    answer = answering.diff(line, Speaker(say.person, "chat", "here"))

    assert f"Nothing to compare with: hello/production is {mixed}." in plain.render(answer)


def test_status_asks_the_database_as_much_for_one_place_as_for_many(
    say: Talk, live: Deployment, bob: Person
) -> None:
    speaker = Speaker(bob, "chat", "here")
    with CaptureQueriesContext(connection) as few:
        receive("status", speaker)
    for number in range(9):
        place = build.environment(live.environment.application, f"place{number}", hosts=2)
        build.live(place, bob, live.sha)
        build.switched(place, bob, "c" * 40, f"hello-place{number}-1")

    with CaptureQueriesContext(connection) as many:
        receive("status", speaker)

    assert len(few) == len(many)


@pytest.mark.parametrize("line", ["status hello in qa", "status in qa", "shipmate status in QA"])
def test_status_can_be_narrowed(say: Talk, live: Deployment, line: str) -> None:
    answer = say(line)

    assert "hello/qa" in answer
    assert "hello/production" not in answer


def test_an_alias_of_an_environment_is_known(say: Talk, qa: Environment) -> None:
    qa.aliases = ["probe"]
    qa.save(update_fields=["aliases"])

    assert "hello/qa" in say("status in probe")
    assert "hello/production" in say("status in prod")


def test_status_of_an_unknown_place_offers_the_nearest(say: Talk) -> None:
    answer = say("status in prodution")

    assert "No environment is called “prodution”. There is: production, qa." in answer
    assert "- `status in production`" in answer


def test_status_without_any_app(alice: Person, say: Talk) -> None:
    Environment.objects.all().delete()

    assert "There is no environment yet." in say("status")


def test_deploys_lists_the_newest_first(say: Talk, live: Deployment) -> None:
    newer = build.deployment(live.environment, live.person, "c" * 40, status="failure", ref="x")

    rows = say("deploys hello in qa").splitlines()

    assert [row.split()[0] for row in rows[2:4]] == [f"#{newer.pk}", f"#{live.pk}"]
    assert rows[2].endswith("failed")
    assert f"#{live.pk}" not in say("deploys hello/x")


def test_deploys_asks_the_database_as_much_for_one_as_for_many(say: Talk, live: Deployment) -> None:
    speaker = Speaker(say.person, "chat", "here")
    build.deployment(live.environment, say.person, "c" * 40, status="queued")
    with CaptureQueriesContext(connection) as few:
        receive("deploys hello", speaker)
    for _ in range(8):
        build.deployment(live.environment, say.person, "c" * 40, status="queued", previous=None)

    with CaptureQueriesContext(connection) as many:
        receive("deploys hello", speaker)

    assert len(few) == len(many)


def test_diff_tells_what_is_not_out_yet(say: Talk, live: Deployment) -> None:
    answer = say("diff hello in qa")

    assert "1 ahead, 0 behind" in answer
    assert "Say it three times" in answer
    assert "/compare/hello/" in answer


def test_diff_of_what_is_level(say: Talk, qa: Environment, repository: Repository) -> None:
    build.live(qa, say.person, repository.git("rev-parse", "main"))

    assert ", the same." in say("diff hello in qa")


def test_diff_where_nothing_ran(say: Talk) -> None:
    assert "hello/qa has run nothing before" in say("diff hello in qa")


def test_diff_in_a_thread_is_what_the_deployment_brought(say: Talk, live: Deployment) -> None:
    say("deploy hello to qa")
    Deployment.objects.exclude(pk=live.pk).update(previous=live)

    assert "Say it three times" in say.in_thread()("diff")


def test_log_shows_the_last_lines_without_colours(say: Talk, live: Deployment) -> None:
    build.log(live, "\x1b[32mbuilt\x1b[0m\n", host="web-1")
    build.log(live, "elsewhere\n", host="web-2")

    answer = say(f"log #{live.pk} web-1")

    assert "web-1: built" in answer
    assert "web-2" not in answer


def test_log_of_a_host_reaches_behind_what_the_others_said(say: Talk, live: Deployment) -> None:
    build.log(live, "built\n", host="web-1")
    build.log(live, "elsewhere\n" * 5_000, host="web-2")

    assert "web-1: built" in say(f"log #{live.pk} web-1")


def test_log_of_a_host_that_is_none_of_its_own(say: Talk, live: Deployment) -> None:
    hosts = live.environment.placements.values_list("host__name", flat=True)
    build.phase(live, "build", 0, *["success"] * len(hosts))

    answer = say(f"log #{live.pk} {hosts[0]}x")

    assert f"{live} has no host “{hosts[0]}x”. It has: {hosts[0]}" in answer
    assert f"`log #{live.pk} {hosts[0]}`" in answer


def test_log_of_what_has_said_nothing(say: Talk, live: Deployment) -> None:
    assert "nothing has been written yet" in say(f"log #{live.pk}")


def test_show_has_the_six_fields(say: Talk, live: Deployment) -> None:
    answer = say(f"show #{live.pk}")

    assert f"Deployed ref: main @ {live.sha[:7]}" in answer
    assert f"Deployment: #{live.pk} (/deployments/{live.pk}/)" in answer


def test_show_of_nothing(say: Talk) -> None:
    assert "There is no deployment #99" in say("show #99")


def test_help_lists_what_acts(say: Talk) -> None:
    answer = say("help")

    assert "`rollback APP in ENV [to #NUMBER]`" in answer
    assert "freezes" not in answer
    assert say("help rollback").count("\n- ") == 1


def test_the_version_is_told(say: Talk) -> None:
    assert "This is Shipmate" in say("deploy:version")


def test_an_unknown_app_offers_whole_lines(say: Talk) -> None:
    answer = say("deploy helo/v2 to qa")

    assert answer.startswith("⛔ There is no app “helo” here. Nothing was done. Did you mean:")
    assert "- `deploy hello/v2 to qa`" in answer


def test_which_app_is_asked_where_there_are_several(say: Talk) -> None:
    build.application("other", Path("/nowhere/other.git"))

    answer = say("shipmate why")

    assert "Which app?" in answer
    assert "- `why hello`" in answer


def test_an_app_without_environments(say: Talk) -> None:
    build.application("other", Path("/nowhere/other.git"))

    assert "other has no default environment: say which." in say("deploy other")
