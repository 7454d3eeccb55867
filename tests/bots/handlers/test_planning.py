"""Plans and promotions, as said in a room."""

from __future__ import annotations

import re

import pytest

from deployments.models import Application, CommitStatus, Deployment, Environment, Person, Plan
from deployments.services import applications
from tests.bots.talking import Talk, the_deployment
from tests.deployments import build
from tests.servers.repositories import Repository


def sha(repository: Repository, ref: str = "main") -> str:
    return repository.git("rev-parse", f"{ref}^{{commit}}")


def code_in(answer: str) -> str:
    found = re.search(r"deploy plan (\w+)", answer)
    assert found is not None, answer
    return found[1]


# ---- Plans ----


def test_a_plan_says_everything_and_does_nothing(
    say: Talk, qa: Environment, alice: Person, repository: Repository
) -> None:
    build.live(qa, alice, sha(repository, "v2"))
    CommitStatus.objects.create(
        repository=qa.application.repository, sha=sha(repository), context="ci", state="success"
    )

    answer = say("plan hello/main to qa because it is time")

    assert f"Version: {sha(repository)[:7]}, the branch main" in answer
    assert f"Runs now: {sha(repository, 'v2')[:7]}" in answer
    assert "Brings: 1 commit" in answer and "Say it three times" in answer
    assert "Hosts: hello-qa-1" in answer and "build\n  make" in answer
    assert "Checks: ci success" in answer and "Why: it is time" in answer
    assert "In the way: nothing" in answer
    assert Deployment.objects.count() == 1


def test_a_plan_shows_the_lines_that_a_program_would_be_called_by(
    say: Talk, qa: Environment, repository: Repository
) -> None:
    applications.choose(qa.application, "command:ansible", build.maker())

    answer = say("plan hello to qa")

    given = f"--extra-vars heaven_deploy_sha={sha(repository)}"
    line = f"ansible-playbook --inventory ansible/hosts {given} ansible/site.yml"
    assert f"deploy\n  {line}" in answer
    assert "In the way: nothing" in answer


def test_a_plan_lists_every_reason_with_who_clears_it(
    say: Talk, qa: Environment, bob: Person
) -> None:
    say("lock hello in qa")

    answer = say.as_(bob)("plan hello to qa")

    assert "In the way: Bob may not deploy to hello/qa: it takes a deployer. Ask alice" in answer
    assert "In the way: Alice locked hello/qa" in answer


def test_its_code_deploys_exactly_that(say: Talk, repository: Repository) -> None:
    code = code_in(say("plan hello@v2 on qa/hello-qa-1"))

    say(f"deploy plan {code}")

    assert (the_deployment().ref, the_deployment().hosts) == ("v2", ["hello-qa-1"])
    assert the_deployment().sha == sha(repository, "v2")


def test_its_code_is_understood_in_capitals(say: Talk) -> None:
    code = code_in(say("plan hello to qa"))

    say(f"deploy plan {code.upper()}")

    assert the_deployment().environment.name == "qa"


def test_the_same_message_delivered_twice_deploys_once(say: Talk) -> None:
    code = code_in(say("plan hello to qa"))

    say(f"deploy plan {code}", key="1")
    say(f"deploy plan {code}", key="1")

    assert Deployment.objects.count() == 1


def test_a_code_counts_once(say: Talk) -> None:
    code = code_in(say("plan hello to qa"))
    say(f"deploy plan {code}")

    answer = say(f"deploy plan {code}")

    assert f"was carried out already, as #{the_deployment().pk}." in answer


def test_what_has_moved_is_named_with_the_line_that_plans_anew(
    say: Talk, repository: Repository
) -> None:
    code = code_in(say("plan hello/main to qa"))
    moved = repository.commit({"app.py": "4\n"}, "Say it four times")

    answer = say(f"deploy plan {code}")

    assert "⛔ Nothing was done." in answer
    assert f"main is at {moved[:7]} now" in answer and "plan hello/main to qa" in answer
    assert not Deployment.objects.exists()


def test_an_unknown_code_is_said(say: Talk) -> None:
    assert "There is no plan “7fk3”" in say("deploy plan 7fk3")


def test_a_plan_of_a_task_names_it(
    say: Talk, qa: Environment, alice: Person, repository: Repository
) -> None:
    build.live(qa, alice, sha(repository), settings={"settings": {}})
    Application.objects.update(settings={"tasks": {"migrate": {"commands": ["bin/migrate"]}}})

    answer = say("plan:migrate hello to qa")

    assert (
        f"run migrate of hello {sha(repository)[:7]} in qa" in answer and "Task: migrate" in answer
    )


def test_a_plan_of_an_unknown_place_names_the_near_ones(say: Talk) -> None:
    answer = say("plan hello to prodution")

    assert "plan hello to production" in answer
    assert not Plan.objects.exists()


# ---- Promotion ----


@pytest.fixture
def runs(qa: Environment, alice: Person, repository: Repository) -> Deployment:
    """What runs in qa, which is not the newest."""
    return build.live(qa, alice, sha(repository, "v2"), ref="v2", subject="Say it twice")


def test_promote_deploys_exactly_what_runs_there(say: Talk, runs: Deployment) -> None:
    say("promote hello from qa to production")

    made = the_deployment()
    assert (made.environment.name, made.sha, made.ref) == ("production", runs.sha, "v2")
    assert (made.kind, made.parent, made.subject) == ("promote", runs, "Say it twice")


def test_promote_is_said_in_either_order(say: Talk, runs: Deployment) -> None:
    say("promote hello to prod from qa")

    assert the_deployment().environment.name == "production"


def test_the_same_promotion_delivered_twice_is_one(say: Talk, runs: Deployment) -> None:
    say("promote hello from qa to production", key="1")
    say("promote hello from qa to production", key="1")

    assert Deployment.objects.filter(kind="promote").count() == 1


def refused(say: Talk, line: str = "promote hello from qa to production") -> str:
    answer = say(line)
    assert answer.startswith("⛔")
    assert not Deployment.objects.filter(kind="promote").exists()
    return answer


def test_where_nothing_runs_nothing_is_promoted(say: Talk, qa: Environment) -> None:
    assert "Nothing runs in hello/qa yet." in refused(say)


def test_where_hosts_differ_nothing_is_promoted(
    say: Talk, production: Environment, alice: Person, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "main~2"))
    build.switched(production, alice, sha(repository, "v2"), "hello-production-1")

    answer = refused(say, "promote hello from production to qa")

    assert "hello/production runs several versions: " in answer
    assert f"{sha(repository, 'v2')[:7]} on 1 host" in answer


def test_what_failed_behind_the_switch_is_not_promoted(
    say: Talk, qa: Environment, alice: Person, repository: Repository
) -> None:
    build.switched(qa, alice, sha(repository, "v2"))

    answer = refused(say)

    assert "but its deployment failed" in answer
    assert f"deploy hello/{sha(repository, 'v2')} to production" in answer


def test_what_runs_there_already_is_said(
    say: Talk, runs: Deployment, production: Environment, alice: Person
) -> None:
    build.live(production, alice, runs.sha)

    assert f"hello/production runs {runs.sha[:7]} already." in refused(say)


def test_a_place_is_not_promoted_to_itself(say: Talk, runs: Deployment) -> None:
    assert "goes to another environment" in refused(say, "promote hello from qa to qa")


def test_promotion_takes_the_right_of_the_target(
    say: Talk, runs: Deployment, production: Environment
) -> None:
    Environment.objects.filter(pk=production.pk).update(deploys="maintainer")

    assert "Alice may not deploy to hello/production: it takes a maintainer" in refused(say)


def test_a_repository_that_is_away_is_waited_for(
    say: Talk, runs: Deployment, repository: Repository
) -> None:
    repository.path.rename(repository.path.with_name("away.git"))

    say("promote hello from qa to production")

    assert (the_deployment().status, the_deployment().sha) == ("pending", runs.sha)
