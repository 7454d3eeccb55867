"""Lines that do something, as said in a room."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.models import Application, Deployment, Environment, Host, Person, SshKey
from deployments.selectors import code
from tests.bots.talking import Talk, goes, the_deployment
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def first(production: Environment, alice: Person) -> Deployment:
    """What ran in production before what runs now."""
    made = build.live(production, alice, "a" * 40, subject="Begin")
    build.live(production, alice, "b" * 40, subject="Go on")
    return made


def test_deploy_takes_ref_hosts_and_reason(say: Talk, repository: Repository) -> None:
    say("deploy hello@v2 on qa/hello-qa-1 because it is time")

    made = the_deployment()
    assert (made.ref, made.hosts, made.why) == ("v2", ["hello-qa-1"], "it is time")
    assert made.sha == repository.git("rev-parse", "v2^{commit}")


def test_deploy_without_a_place_goes_to_the_default_one(say: Talk, hello: Application) -> None:
    Application.objects.update(default_environment="qa")

    say("deploy hello")

    assert the_deployment().environment.name == "qa"


def test_deploy_without_a_place_never_goes_to_production_unasked(say: Talk) -> None:
    answer = say("deploy hello")

    assert answer.startswith("? Deploy hello main @ ")
    assert "to production?" in answer
    assert not Deployment.objects.exists()


def test_a_yes_deploys_the_commit_that_was_shown(say: Talk, repository: Repository) -> None:
    say("deploy hello")
    say("yes")

    assert the_deployment().environment.name == "production"
    assert the_deployment().sha == repository.git("rev-parse", "main")


def test_where_the_branch_has_moved_it_asks_anew(say: Talk, repository: Repository) -> None:
    say("deploy hello")
    moved = repository.commit({"app.py": "print('four')\n"}, "Say it four times")

    assert moved[:7] in say("yes")
    assert not Deployment.objects.exists()
    say("yes")
    assert the_deployment().sha == moved


def test_a_refusal_lists_every_reason_with_who_clears_it(say: Talk, bob: Person) -> None:
    SshKey.objects.filter(environment__name="qa").delete()
    Host.objects.update(host_keys="")

    answer = say.as_(bob)("deploy hello to qa")

    assert answer.count("\n- ") == 3
    assert "Ask alice" in answer
    assert "hello/qa has no SSH key. A maintainer makes one in its settings" in answer
    assert "Nobody has accepted the host key of hello-qa-1 yet." in answer


@pytest.fixture
def away(say: Talk, repository: Repository) -> Path:
    return repository.path.rename(repository.path.with_name("away.git"))


def test_while_the_repository_is_away_it_waits_and_says_so(say: Talk, away: Path) -> None:
    say("deploy hello to qa")

    assert the_deployment().status == "pending"
    assert "is waiting: There is no folder" in say(f"show #{the_deployment().pk}")


def test_a_refusal_lists_that_the_repository_is_away(say: Talk, away: Path, bob: Person) -> None:
    for line in ("deploy hello to qa", "deploy hello"):
        answer = say.as_(bob)(line)

        assert answer.count("\n- ") == 2, line
        assert "Ask alice" in answer and "There is no folder" in answer


def test_which_commit_a_yes_is_about_cannot_be_told_without_the_repository(
    say: Talk, away: Path
) -> None:
    assert "There is no folder" in say("deploy hello")
    assert say("yes") == ""
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("line", ["retry #{}", "rollback hello in production"])
def test_a_refused_retry_or_rollback_lists_it_too(
    say: Talk, away: Path, first: Deployment, bob: Person, line: str
) -> None:
    failed = build.deployment(first.environment, say.person, "c" * 40, status="failure")

    answer = say.as_(bob)(line.format(failed.pk))

    assert answer.count("\n- ") == 2
    assert "Ask alice" in answer and "There is no folder" in answer


def test_an_unknown_ref_is_refused(say: Talk) -> None:
    assert "nope" in say("deploy hello/nope to qa")
    assert not Deployment.objects.exists()


# ---- Retry ----


@pytest.fixture
def failed(say: Talk) -> Deployment:
    say("deploy hello/v2 to qa")
    return goes(the_deployment(), "in_progress", "failure")


def test_retry_deploys_the_same_commit_again(say: Talk, failed: Deployment) -> None:
    say(f"retry #{failed.pk}")

    assert (the_deployment().kind, the_deployment().sha) == ("retry", failed.sha)


def test_retry_over_something_newer_asks(say: Talk, failed: Deployment) -> None:
    say("deploy hello to qa")
    newer = goes(the_deployment(), "in_progress", "success")

    assert f"hello/qa runs #{newer.pk} since; this would go back to" in say(f"retry #{failed.pk}")
    assert the_deployment() == newer
    say("yes")
    assert the_deployment().parent == failed


def test_retry_over_something_newer_that_failed_but_runs_asks(
    say: Talk, failed: Deployment
) -> None:
    newer = build.switched(failed.environment, say.person, "c" * 40)

    assert f"hello/qa runs #{newer.pk} since" in say(f"retry #{failed.pk}")


def test_what_succeeded_is_not_retried(say: Talk) -> None:
    say("deploy hello to qa")
    done = goes(the_deployment(), "in_progress", "success")

    assert f"#{done.pk} succeeded; only what failed" in say(f"retry #{done.pk}")


# ---- Cancel ----


def test_cancel_outside_production_needs_no_yes(say: Talk) -> None:
    say("deploy hello to qa")

    assert "was cancelled by Alice" in say(f"cancel #{the_deployment().pk}")
    assert the_deployment().status == "cancelled"


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_cancel_in_production_asks_first(say: Talk, status: str) -> None:
    say("deploy hello to production")
    if status == "in_progress":
        goes(the_deployment(), "in_progress")

    answer = say(f"cancel #{the_deployment().pk}")

    assert "on all its hosts" in answer
    assert (the_deployment().status, the_deployment().stop_at) == (status, None)


def test_who_may_not_cancel_is_not_even_asked(say: Talk, bob: Person, dora: Person) -> None:
    say("deploy hello to production")

    assert "it takes a maintainer. Ask dora" in say.as_(bob)(f"cancel #{the_deployment().pk}")
    assert "on all its hosts" in say.as_(dora)(f"cancel #{the_deployment().pk}")


def test_what_has_ended_is_not_cancelled(say: Talk) -> None:
    say("deploy hello to production")
    goes(the_deployment(), "in_progress", "success")

    assert "there is nothing to cancel" in say(f"cancel #{the_deployment().pk}")


# ---- Rollback ----


def test_rollback_of_production_names_its_target_and_asks(say: Talk, first: Deployment) -> None:
    answer = say("rollback hello in production")

    assert (
        f"to aaaaaaa “Begin”, which #{first.pk} by Alice brought. It ran fine from 4 min" in answer
    )
    assert "Now it runs bbb" in answer
    assert the_deployment().kind == "deploy"


def test_a_yes_rolls_back_to_what_was_named(say: Talk, first: Deployment) -> None:
    say("rollback hello in production")
    say("yes")

    assert (the_deployment().kind, the_deployment().parent) == ("rollback", first)


def test_where_something_else_runs_meanwhile_it_asks_anew(
    say: Talk, first: Deployment, production: Environment
) -> None:
    say("rollback hello in production")
    build.live(production, say.person, "c" * 40)

    assert "Now it runs ccccccc" in say("yes")
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_where_the_hosts_run_what_failed_meanwhile_it_asks_anew(
    say: Talk, first: Deployment, production: Environment
) -> None:
    say("rollback hello in production")
    build.switched(production, say.person, "c" * 40)

    assert "Now it runs ccccccc" in say("yes")
    assert not Deployment.objects.filter(kind="rollback").exists()


def test_a_yes_rolls_back_what_failed_behind_the_switch(
    say: Talk, first: Deployment, production: Environment
) -> None:
    build.switched(production, say.person, "c" * 40)
    say("rollback hello in production")
    say("yes")

    assert (the_deployment().kind, the_deployment().sha) == ("rollback", "b" * 40)


def test_where_hosts_differ_rollback_names_each_version(
    say: Talk, first: Deployment, production: Environment
) -> None:
    build.switched(production, say.person, "c" * 40, "hello-production-1")

    answer = say("rollback hello in production")

    assert "Now it is mixed: ccccccc on 1 host, bbbbbbb on 1 host." in answer


def test_rollback_elsewhere_needs_no_yes(say: Talk, qa: Environment, alice: Person) -> None:
    build.live(qa, alice, "a" * 40)
    build.live(qa, alice, "b" * 40)

    say("rollback hello in qa")

    assert (the_deployment().kind, the_deployment().sha) == ("rollback", "a" * 40)


def test_what_never_ran_there_is_refused_before_anything_is_asked(
    say: Talk, first: Deployment, qa: Environment, alice: Person
) -> None:
    other = build.live(qa, alice, "a" * 40)

    said = say(f"rollback hello in production to #{other.pk}")

    assert f"#{other.pk} never ran in hello/production" in said


def test_migrations_on_the_way_are_told_and_asked_about_everywhere(
    say: Talk, qa: Environment, alice: Person, repository: Repository
) -> None:
    old = code.resolve(qa.application, "v2").sha
    new = repository.commit({"db/migrations/7.sql": "drop table a"}, "Drop a table")
    code.resolve(qa.application, "main")
    build.live(qa, alice, old)
    build.live(qa, alice, new)

    said = say("rollback hello in qa")

    assert "Migrations came since, and going back does not undo them: db/migrations/7.sql" in said
    say("yes")
    assert (the_deployment().kind, the_deployment().sha) == ("rollback", old)


def test_a_viewer_is_told_who_can_and_not_asked(say: Talk, first: Deployment, bob: Person) -> None:
    assert "Ask alice" in say.as_(bob)("rollback hello in production")
    assert say.as_(bob)("yes") == ""


def test_outside_of_a_thread_nothing_goes_back_that_was_not_named(say: Talk) -> None:
    Application.objects.update(default_environment="qa")

    assert "Which app? Nothing was done. Did you mean:\n- `rollback hello`" in say("rollback")
