"""What a chat line may do by a token: what the token's scopes name, in the apps it is bound to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deployments.models import Application, Deployment, Environment, Lock, Person, Role
from tests.deployments import build
from tests.deployments.api.conftest import Script

URL = "chat/commands/"


def say(script: Script, text: str) -> Any:
    return script.post(URL, {"text": text})


@pytest.mark.parametrize("scopes", [["read"], ["deploy", "force"], ["admin"]])
def test_a_line_takes_the_scope_for_chat(alice: Person, qa: Environment, scopes: list[str]) -> None:
    answer = say(Script(alice, scopes=scopes), "status")

    assert answer.status_code == 403
    assert "This takes the scope “chat”" in answer.json()["error"]["text"]


@pytest.mark.parametrize("line", ["deploy hello to qa", "lock hello in qa", "cancel #{waiting}"])
def test_what_a_line_does_takes_its_own_scope(alice: Person, qa: Environment, line: str) -> None:
    waiting = build.deployment(qa, alice, "a" * 40, status="queued")

    answer = say(Script(alice, scopes=["chat"]), line.format(waiting=waiting.pk))

    assert answer.status_code == 409
    assert "it has no scope “deploy”" in answer.json()["error"]["text"] + answer.json()["answer"]
    assert list(Deployment.objects.values_list("status", flat=True)) == ["queued"]
    assert not Lock.objects.exists()


def test_with_both_it_is_done(alice: Person, qa: Environment) -> None:
    assert say(Script(alice, scopes=["chat", "deploy"]), "deploy hello to qa").status_code == 200

    assert Deployment.objects.get().person == alice


def test_to_force_takes_its_scope_whatever_the_person_may(dora: Person, qa: Environment) -> None:
    answer = say(Script(dora, scopes=["chat", "deploy"]), "deploy! hello to qa")

    assert answer.status_code == 409
    assert "it has no scope “force”" in answer.json()["answer"]


def test_looking_takes_no_other_scope(alice: Person, qa: Environment) -> None:
    assert "hello/qa" in say(Script(alice, scopes=["chat"]), "status hello").json()["answer"]


def test_a_bound_token_hears_of_its_apps_only(alice: Person, hello: Application) -> None:
    other = build.application("secretive", Path("/nowhere/other.git"))
    hidden = build.live(build.environment(other, "qa"), alice, "b" * 40)
    build.log(hidden, "open sesame\n")
    Role.objects.create(person=alice, name="maintainer", application=other)
    bound = Script(alice, applications=[hello])

    lines = ("status", "status secretive", "deploys secretive", f"show #{hidden.pk}", "locks",
             "search state:success", "deploy secretive to qa", f"retry #{hidden.pk}",
             "whoami", "search sesame", "search app:secretiv")  # fmt: skip
    for line in lines:
        heard = say(bound, line).json()["answer"].replace("“secretive”", "")
        assert "secretive" not in heard and "bbbbbbb" not in heard, line
    assert Deployment.objects.get() == hidden
