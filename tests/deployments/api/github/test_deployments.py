"""Deployments as GitHub's clients ask for them."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.models import Application, CommitStatus, Deployment, Environment, Lock, Person
from tests.deployments import build
from tests.deployments.api.github.conftest import WEB, Caller, MakeCaller
from tests.servers.repositories import Repository

ALL = f"{WEB}/deployments"
LIST = "/repos/{owner}/{repo}/deployments"
ONE = f"{LIST}/{{deployment_id}}"
QA = {"ref": "main", "environment": "qa"}
# As hubot-deploy 0.13.27 sends it.
HUBOT = {
    "ref": "main",
    "task": "deploy",
    "force": False,
    "auto_merge": True,
    "environment": "qa",
    "required_contexts": None,
    "description": "deploy on qa from hubot-deploy-v0.13.27",
    "payload": {
        "name": "hello",
        "robotName": "hubot",
        "hosts": "",
        "notify": {"adapter": "shell", "room": "Shell", "user": 1, "user_name": "Shell"},
        "config": {"provider": "capistrano", "repository": "acme/hello"},
    },
}


@pytest.fixture
def sha(repository: Repository) -> str:
    return repository.git("rev-parse", "main").strip()


@pytest.fixture
def checked(qa: Environment) -> Environment:
    """qa, where ci/test has to have passed."""
    qa.checks, qa.required_contexts = "named", ["ci/test"]
    qa.save(update_fields=["checks", "required_contexts"])
    return qa


def passed(environment: Environment, sha: str, context: str, state: str = "success") -> None:
    repository = environment.application.repository
    CommitStatus.objects.create(repository=repository, sha=sha, context=context, state=state)


# ---- asking ----


def test_a_deployment_is_asked_for(bot: Caller, alice: Person, sha: str) -> None:
    answer = bot.post(ALL, QA, LIST)

    made = Deployment.objects.get()
    assert answer.status_code == 201
    assert (made.environment.name, made.person, made.sha) == ("qa", alice, sha)
    assert answer.json()["id"] == made.pk
    assert answer["Location"] == answer.json()["url"]


def test_what_hubot_deploy_sends_is_understood(bot: Caller) -> None:
    answer = bot.post(ALL, HUBOT, LIST)

    made = Deployment.objects.get()
    assert answer.status_code == 201
    assert made.why == "deploy on qa from hubot-deploy-v0.13.27 (said to be for Shell)"
    assert (made.hosts, made.forced, made.task) == ([], False, "deploy")


def test_without_an_environment_it_is_production(bot: Caller) -> None:
    bot.post(ALL, {"ref": "main"}, LIST)

    assert Deployment.objects.get().environment.name == "production"


def test_hosts_and_parameters_stand_in_the_payload(bot: Caller, hello: Application) -> None:
    hello.settings["parameters"] = {"COLOUR": "red|blue"}
    hello.save(update_fields=["settings"])
    sent = {"hosts": "hello-production-1", "parameters": {"COLOUR": "red"}}

    answer = bot.post(ALL, {"ref": "main", "payload": sent}, LIST)

    assert answer.status_code == 201, answer.json()
    made = Deployment.objects.get()
    assert (made.hosts, made.parameters) == (["hello-production-1"], {"COLOUR": "red"})


def test_a_payload_may_be_json_in_text(bot: Caller) -> None:
    bot.post(ALL, {"ref": "main", "payload": '{"hosts": ["hello-production-2"]}'}, LIST)

    assert Deployment.objects.get().hosts == ["hello-production-2"]


def test_the_payload_brings_no_commands(bot: Caller) -> None:
    bot.post(ALL, {**QA, "payload": {"config": {"build": ["rm -rf /"]}}}, LIST)

    assert "rm -rf" not in str(Deployment.objects.values())


def test_the_config_of_the_payload_chooses_among_what_is_here(
    bot: Caller, hello: Application, alice: Person
) -> None:
    other = {"repository": hello.repository, "provider": "heroku"}
    build.environment(Application.objects.create(name="worker", **other), "qa")

    answers = [
        bot.post(ALL, {**QA, "payload": {"config": {"provider": each}}}, LIST)
        for each in ("fabric", "heroku")
    ]

    assert "may be any of" in answers[0].json()["message"]
    assert "HEROKU_API_KEY is not set for worker" in answers[1].json()["message"]


def test_the_same_key_makes_one(bot: Caller) -> None:
    first, second = (bot.ask("post", ALL, QA, LIST, key="build-7") for _ in range(2))

    assert first.json() == second.json()
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "ref: This field is required."),
        ({"ref": 7}, "ref: Not a valid string."),
        ({**QA, "required_contexts": "ci"}, "required_contexts"),
        ({**QA, "environment": "moon"}, "It has: qa, production."),
        ({**QA, "ref": "mian"}, "Near it: main."),
        ({**QA, "task": "deploy:dance"}, "has no task"),
        ({**QA, "payload": {"hosts": 7}}, "payload.hosts: Send names, or a list of them."),
    ],
)
def test_what_makes_no_sense_is_told_with_what_would(
    bot: Caller, sent: dict[str, Any], said: str
) -> None:
    answer = bot.post(ALL, sent)

    assert answer.status_code == 422
    assert said in answer.json()["message"]
    assert not Deployment.objects.exists()


def test_what_makes_no_sense_is_that_though_another_comes_first(bot: Caller) -> None:
    bot.post(ALL, QA, LIST)

    assert bot.post(ALL, {**QA, "ref": "mian"}).status_code == 422


ODD = [
    "null",
    "[]",
    '"main"',
    "7",
    '{"ref": null}',
    '{"ref": ""}',
    '{"ref": "\\ud800"}',
    '{"ref": "main", "description": "\\ud800"}',
    '{"ref": "main", "payload": {"hosts": ["\\ud800"]}}',
    '{"ref": "main", "payload": {"name": "\\ud800"}}',
    '{"ref": "main", "required_contexts": ["\\ud800"]}',
    '{"ref": "--upload-pack=x"}',
    '{"ref": "main", "environment": null}',
    '{"ref": "main", "environment": "qa/"}',
    '{"ref": "main", "environment": "\\u0000"}',
    '{"ref": "main", "task": ["deploy"]}',
    '{"ref": "main", "required_contexts": [null]}',
    '{"ref": "main", "required_contexts": {"a": 1}}',
    '{"ref": "main", "payload": {"hosts": {"a": 1}}}',
    '{"ref": "main", "payload": {"hosts": ["\\u0000"]}}',
    '{"ref": "main", "payload": {"hosts": "moon"}}',
    '{"ref": "main", "payload": {"parameters": [1]}}',
    '{"ref": "main", "payload": {"parameters": {"A": {"B": 1}}}}',
    '{"ref": "main", "payload": {"parameters": {"\\ud800": "x"}}}',
    '{"ref": "main", "payload": {"parameters": {"\\ud800": 5}}}',
    '{"ref": "main", "payload": {"name": 7}}',
    '{"ref": "main", "auto_merge": "yes"}',
    '{"ref": "main", "force": "yes"}',
    '{"ref": "main", "description": "' + "x" * 501 + '"}',
]
FINE = [
    '{"ref": "main", "description": null, "auto_merge": null, "force": null, "payload": null}',
    '{"ref": "main", "payload": "no json"}',
    '{"ref": "main", "payload": "[1]"}',
    '{"ref": "main", "payload": ' + "[" * 400 + "]" * 400 + "}",
    '{"ref": "main", "payload": {"notify": 7, "hosts": null, "name": null}}',
    '{"ref": "main", "payload": {"notify": {"user_name": {"a": 1}}}}',
    '{"ref": "main", "payload": {"notify": {"user_name": "\\ud800"}}}',
    '{"ref": "main", "payload": {"notify": {"user_name": "\\u0000\\u202e"}}}',
    '{"ref": "main", "description": "two\\nlines \\u0001"}',
    '{"ref": "main", "NaN": 1e400}',
]


@pytest.mark.parametrize("sent", ODD)
def test_nothing_odd_is_an_error_of_ours(bot: Caller, sent: str) -> None:
    assert bot.post(ALL, sent).status_code == 422

    assert not Deployment.objects.exists()


@pytest.mark.parametrize("sent", FINE)
def test_what_is_not_asked_for_is_in_no_ones_way(bot: Caller, sent: str) -> None:
    assert bot.post(ALL, sent, LIST).status_code == 201


def test_what_is_in_the_way_is_said_whole_in_the_message(
    bot: Caller, checked: Environment, dora: Person, sha: str
) -> None:
    Lock.objects.create(environment=checked, person=dora, reason="demo at four")

    answer = bot.post(ALL, QA)

    assert answer.status_code == 409
    message = answer.json()["message"]
    assert "Dora locked hello/qa" in message
    assert "unlock hello in qa" in message
    assert "ci/test was not reported" in message
    assert len(answer.json()["errors"]) == 2


# ---- checks ----


def test_null_contexts_are_as_absent(bot: Caller, checked: Environment) -> None:
    assert bot.post(ALL, {**QA, "required_contexts": None}).status_code == 409


def test_contexts_that_have_passed_let_it_through(bot: Caller, qa: Environment, sha: str) -> None:
    passed(qa, sha, "lint")

    answer = bot.post(ALL, {**QA, "required_contexts": ["lint"]}, LIST)

    assert answer.status_code == 201


def test_contexts_that_have_not_are_named_as_github_does(
    bot: Caller, qa: Environment, sha: str
) -> None:
    passed(qa, sha, "lint", "failure")

    answer = bot.post(ALL, {**QA, "required_contexts": ["lint", "ci"]})

    told = answer.json()
    assert answer.status_code == 409
    assert "lint failed, ci was not reported" in told["message"]
    assert told["errors"][0]["contexts"] == [{"context": "lint", "state": "failure"}]


def test_contexts_of_ones_own_do_not_take_the_place_of_the_environments(
    bot: Caller, checked: Environment, sha: str
) -> None:
    passed(checked, sha, "lint")

    answer = bot.post(ALL, {**QA, "required_contexts": ["lint"]})

    assert answer.status_code == 409
    assert "ci/test was not reported" in answer.json()["message"]


@pytest.mark.parametrize(
    "past",
    [{"required_contexts": []}, {"force": True}, {"force": True, "required_contexts": ["lint"]}],
)
def test_going_past_checks_takes_the_right(
    bot: Caller, caller: MakeCaller, dora: Person, checked: Environment, past: dict[str, Any]
) -> None:
    refused = bot.post(ALL, {**QA, **past})
    assert refused.status_code == 403
    assert "may not go past the checks" in refused.json()["message"]

    assert caller(dora).post(ALL, {**QA, **past}, LIST).status_code == 201
    assert Deployment.objects.get().forced


def test_a_token_without_force_does_not_go_past(
    caller: MakeCaller, dora: Person, checked: Environment
) -> None:
    weak = caller(dora, scopes=["deploy"])

    assert weak.post(ALL, {**QA, "required_contexts": []}).status_code == 403


# ---- which environment ----


@pytest.fixture
def twins(hello: Application) -> Application:
    """Another app of the same repository, with a qa of its own."""
    made = Application.objects.create(
        name="worker", repository=hello.repository, settings=hello.settings
    )
    build.environment(made, "qa", hosts=1)
    return made


def test_an_environment_that_may_be_several_is_refused_with_all(
    bot: Caller, twins: Application
) -> None:
    answer = bot.post(ALL, QA)

    assert answer.status_code == 422
    assert "may be any of hello/qa, worker/qa" in answer.json()["message"]


@pytest.mark.parametrize(
    "told", [{"environment": "worker/qa"}, {**QA, "payload": {"name": "worker"}}]
)
def test_it_is_told_by_its_app(bot: Caller, twins: Application, told: dict[str, Any]) -> None:
    answer = bot.post(ALL, {"ref": "main", **told}, LIST)

    assert Deployment.objects.get().environment.application == twins
    assert answer.json()["environment"] == "worker/qa"


def test_usual_abbreviations_are_known(bot: Caller) -> None:
    bot.post(ALL, {"ref": "main", "environment": "prod"}, LIST)

    assert Deployment.objects.get().environment.name == "production"


def test_an_app_out_of_sight_makes_nothing_ambiguous(
    caller: MakeCaller, alice: Person, hello: Application, twins: Application
) -> None:
    bound = caller(alice, applications=[hello])

    assert bound.post(ALL, QA, LIST).json()["environment"] == "qa"
