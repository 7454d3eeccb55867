"""Tasks, parameters, several apps and repositories in a deploy line."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.models import Application, Deployment, Environment, Person
from tests.bots.talking import Talk, goes, the_deployment
from tests.deployments import build
from tests.servers.repositories import Repository


@pytest.fixture
def api(tmp_path: Path) -> Application:
    """Another app with a place called qa."""
    app = build.application("api", build.repository(tmp_path, "api").path)
    build.environment(app, "qa", position=1)
    return app


@pytest.fixture
def running(qa: Environment, hello: Application) -> Deployment:
    hello.settings |= {"tasks": {"migrations": {"commands": ["bin/migrate"], "once": True}}}
    hello.settings |= {"parameters": {"REGION": "eu|us"}}
    hello.save()
    return build.live(qa, build.maker(), "b" * 40)


def test_a_task_is_told_as_what_it_is(say: Talk, running: Deployment) -> None:
    say("deploy:migrations hello to qa REGION=eu")
    made = the_deployment()
    goes(made, "in_progress", "success")

    assert (made.task, made.sha) == ("migrations", running.sha)
    told = "\n".join(say.in_thread(made).texts())
    assert "Started migrations of hello in qa (/apps/hello/qa/) with REGION=eu" in told
    assert "Alice ran migrations of hello (/apps/hello/) bbbbbbb in qa" in told


def test_an_unknown_task_is_refused_with_the_known_ones(say: Talk, running: Deployment) -> None:
    assert "no task “seeds”; it has: migrations" in say("deploy:seeds hello to qa")
    assert Deployment.objects.count() == 1


def test_parameters_are_those_that_the_app_declares(say: Talk, running: Deployment) -> None:
    assert "REGION takes eu|us, not “asia”" in say("deploy hello to qa REGION=asia")
    assert "declares no parameter COLOR" in say("deploy hello to qa COLOR=red")
    say("deploy hello to qa REGION=us")

    assert the_deployment().parameters == {"REGION": "us"}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("deploy hello to qa REGON=eu", "deploy hello to qa REGION=eu"),
        ("deploy hello to qa REGION=asia", "deploy hello to qa REGION=us"),
        ("deploy hello to qa/hello-qa-2", "deploy hello to qa/hello-qa-1"),
        ("deploy hello to qa/wbe REGION=eu", "deploy hello to qa/web REGION=eu"),
    ],
)
def test_one_slip_in_a_host_or_parameter_is_answered_with_the_line_that_acts(
    say: Talk, running: Deployment, line: str, offered: str
) -> None:
    answer = say(line)

    assert offered in answer
    say(offered.strip(""))
    assert Deployment.objects.count() == 2


def test_two_slips_are_answered_with_what_there_is_alone(say: Talk, running: Deployment) -> None:
    answer = say("deploy hello to qa/wbe REGON=eu")

    assert "no host or role called “wbe”" in answer and "no parameter REGON" in answer
    assert "deploy" not in answer


def test_a_question_keeps_task_and_parameters(
    say: Talk, production: Environment, running: Deployment
) -> None:
    build.live(production, build.maker(), "c" * 40)

    asked = say("deploy:migrations hello REGION=eu")
    say("yes")

    assert "Run migrations of hello" in asked
    assert (the_deployment().task, the_deployment().environment) == ("migrations", production)
    assert the_deployment().parameters == {"REGION": "eu"}


def test_several_apps_are_one_deployment_each_and_one_answer(
    say: Talk, hello: Application, api: Application
) -> None:
    answer = say("deploy hello,api to qa")

    made = Deployment.objects.order_by("pk")
    assert [str(one.environment) for one in made] == ["hello/qa", "api/qa"]
    assert all(f"#{one.pk}" in answer for one in made)


def test_the_same_line_delivered_twice_deploys_each_app_once(
    say: Talk, hello: Application, api: Application
) -> None:
    say("deploy hello,api to qa", key="one")
    say("deploy hello,api to qa", key="one")

    assert Deployment.objects.count() == 2


def test_one_app_that_cannot_be_deployed_holds_up_the_others(
    say: Talk, hello: Application, api: Application
) -> None:
    api.environments.get().placements.all().delete()
    answer = say("deploy hello,api/nonsense to qa")

    assert "api: api/qa has no hosts" in answer
    assert "hello: " in answer
    assert not Deployment.objects.exists()


def test_several_apps_need_a_place(say: Talk, hello: Application, api: Application) -> None:
    assert "Where?" in say("deploy hello,api")
    assert not Deployment.objects.exists()


def test_a_repository_may_be_named_in_the_place_of_its_app(say: Talk, qa: Environment) -> None:
    say("deploy acme/hello to qa")
    assert (the_deployment().environment, the_deployment().ref) == (qa, "main")

    say("deploy acme/hello@v2 to qa")
    assert the_deployment().ref == "v2"


def test_a_repository_of_several_apps_is_asked_about(say: Talk, hello: Application) -> None:
    Application.objects.create(name="other", repository=hello.repository)

    answer = say("deploy acme/hello to qa")
    assert "belongs to several apps" in answer
    assert answer.endswith("- `deploy hello to qa`\n- `deploy other to qa`")
    assert say("plan acme/hello@v2 to qa").endswith(
        "`plan hello/v2 to qa`\n- `plan other/v2 to qa`"
    )
    assert not Deployment.objects.exists()


# ---- Checks ----


@pytest.fixture
def gated(qa: Environment) -> Environment:
    qa.checks, qa.required_contexts = "named", ["ci/test"]
    qa.save()
    return qa


def test_which_checks_failed_is_said_in_a_sentence(say: Talk, gated: Environment) -> None:
    answer = say("deploy hello to qa")

    assert "ci/test was not reported" in answer and "dora" not in answer.split("Mend")[0]
    assert not Deployment.objects.exists()


def test_who_may_not_force_is_told_who_may(say: Talk, gated: Environment) -> None:
    answer = say("deploy! hello to qa")

    assert "Alice may not go past the checks of hello/qa" in answer
    assert "ci/test was not reported" in answer and "`deploy hello to qa`" not in answer
    assert not Deployment.objects.exists()


def test_a_maintainer_is_offered_the_line_that_forces(
    say: Talk, gated: Environment, dora: Person, repository: Repository
) -> None:
    short = repository.git("rev-parse", "main")[:7]

    assert f"deploy! hello/{short} to qa" in say.as_(dora)("deploy hello to qa")


def test_what_was_forced_is_told_for_ever(say: Talk, gated: Environment, dora: Person) -> None:
    say.as_(dora)("deploy! hello to qa")
    goes(the_deployment(), "in_progress", "success")

    told = say.in_thread().texts()
    assert "forced past ci/test was not reported" in told[-1]
