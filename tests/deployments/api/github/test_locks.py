"""Heaven's deploy:lock and deploy:unlock, as hubot-deploy asks for them by its base URL."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.models import (
    Application,
    Change,
    Deployment,
    Environment,
    Lock,
    LockTask,
    Person,
    Role,
)
from deployments.selectors import locks
from deployments.services import locks as locking
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.api.github.conftest import Caller, MakeCaller
from tests.deployments.api.github.test_deployments import ALL, HUBOT, LIST, ONE, QA
from tests.servers.repositories import Repository

SAID = "deploy:lock on qa from hubot-deploy-v0.13.27"
LOCK: dict[str, Any] = {**HUBOT, "task": "deploy:lock", "description": SAID}
UNLOCK = {**LOCK, "task": "deploy:unlock"}


def test_it_locks_for_the_tokens_person_and_says_so(
    bot: Caller, qa: Environment, alice: Person
) -> None:
    answer = bot.post(ALL, LOCK, LIST)

    lock = locks.in_(qa)
    assert lock is not None
    assert (lock.person, lock.reason) == (alice, f"{SAID} (said to be for Shell)")
    assert answer.status_code == 201
    assert answer.json()["message"] == "hello/qa was locked by Alice."
    assert not Deployment.objects.exists()


def test_it_is_a_deployment_of_githubs_that_has_succeeded(
    bot: Caller, qa: Environment, repository: Repository
) -> None:
    made = bot.post(ALL, LOCK, LIST).json()

    told = bot.get(f"{ALL}/{made['id']}", ONE).json()
    assert told == {name: made[name] for name in told}
    assert (told["task"], told["environment"], told["ref"]) == ("deploy:lock", "qa", "main")
    assert told["sha"] == repository.git("rev-parse", "main").strip()
    (status,) = bot.get(f"{ALL}/{made['id']}/statuses", f"{ONE}/statuses").json()
    assert (status["state"], status["description"]) == ("success", "hello/qa was locked by Alice.")
    assert status["log_url"].endswith(qa.get_absolute_url())
    one = f"{ALL}/{made['id']}/statuses/{status['id']}"
    assert bot.get(one, f"{ONE}/statuses/{{status_id}}").json() == status


def test_it_keeps_others_out_and_is_opened(
    bot: Caller, caller: MakeCaller, dora: Person, qa: Environment
) -> None:
    bot.post(ALL, LOCK, LIST)
    refused = caller(dora).post(ALL, QA)
    assert (refused.status_code, "Alice locked hello/qa" in refused.json()["message"]) == (
        409,
        True,
    )

    answer = bot.post(ALL, UNLOCK, LIST)

    assert (answer.status_code, locks.in_(qa)) == (201, None)
    assert answer.json()["message"] == "hello/qa was unlocked by Alice."
    assert [one.via for one in Change.objects.filter(verb__startswith="lock.")] == ["api", "api"]


def test_they_are_listed_where_they_are_asked_for(bot: Caller, qa: Environment) -> None:
    numbers = [bot.post(ALL, one, LIST).json()["id"] for one in (LOCK, UNLOCK, QA)]

    def listed(asked: str) -> list[int]:
        return [one["id"] for one in bot.get(f"{ALL}?{asked}", LIST).json()]

    assert listed("environment=qa") == numbers[2:]
    assert listed("task=deploy:lock") == listed("task=deploy:lock&environment=qa") == numbers[:1]
    assert listed("task=deploy:unlock") == numbers[1:2]
    assert listed("task=deploy:lock&environment=production") == []


# ---- never without the right ----


@pytest.mark.parametrize("task", ["deploy:lock", "deploy:unlock"])
def test_who_may_not_deploy_there_does_not(
    caller: MakeCaller, bob: Person, hello: Application, qa: Environment, task: str
) -> None:
    locking.take(qa, Door(build.person("dora"), "web"))

    answer = caller(bob).post(ALL, {**LOCK, "task": task})

    assert answer.status_code == 403
    assert "may not" in answer.json()["message"]
    assert Lock.objects.get().person.username == "dora" and not LockTask.objects.exists()


def test_a_role_that_was_taken_away_counts_no_more(bot: Caller, alice: Person) -> None:
    bot.post(ALL, LOCK)
    Role.objects.filter(person=alice).update(name="viewer")

    assert bot.post(ALL, UNLOCK).status_code == 403


@pytest.mark.parametrize("scopes", [["read"], ["statuses"], ["chat", "force"]])
def test_a_token_that_may_not_deploy_does_not(
    caller: MakeCaller, alice: Person, hello: Application, scopes: list[str]
) -> None:
    assert caller(alice, scopes=scopes).post(ALL, LOCK).status_code == 403

    assert not Lock.objects.exists()


@pytest.mark.parametrize("force", [False, True])
def test_a_token_without_force_opens_no_lock_of_anothers(
    caller: MakeCaller, dora: Person, alice: Person, qa: Environment, force: bool
) -> None:
    locking.take(qa, Door(alice, "web"))

    answer = caller(dora, scopes=["deploy"]).post(ALL, {**UNLOCK, "force": force})

    assert (answer.status_code, locks.in_(qa) is not None) == (403, True)
    assert caller(dora).post(ALL, UNLOCK, LIST).status_code == 201


def test_what_another_has_locked_is_not_taken_from_them(
    bot: Caller, qa: Environment, dora: Person
) -> None:
    locking.take(qa, Door(dora, "web"), reason="demo at four")

    answer = bot.post(ALL, {**LOCK, "force": True, "required_contexts": []})

    assert answer.status_code == 409
    assert "Dora locked hello/qa" in answer.json()["message"]
    assert "demo at four" in answer.json()["message"]
    assert Lock.objects.get().person == dora


def test_what_is_not_locked_is_not_opened(bot: Caller) -> None:
    answer = bot.post(ALL, UNLOCK)

    assert (answer.status_code, answer.json()["message"]) == (422, "hello/qa is not locked.")


# ---- oddities ----


@pytest.mark.parametrize("ref", ["master", "moon", "--all"])
def test_a_ref_means_nothing_to_a_lock(bot: Caller, qa: Environment, ref: str) -> None:
    """Hubot-deploy says master where nothing is said."""
    answer = bot.post(ALL, {**LOCK, "ref": ref}, LIST)

    assert (answer.status_code, answer.json()["sha"]) == (201, "")


def test_a_repository_that_is_away_keeps_nobody_from_locking(
    bot: Caller, qa: Environment, repository: Repository
) -> None:
    repository.path.rename(repository.path.with_name("elsewhere"))

    assert bot.post(ALL, LOCK, LIST).status_code == 201


def test_the_same_key_locks_once(bot: Caller, qa: Environment, alice: Person) -> None:
    first = bot.ask("post", ALL, LOCK, LIST, key="one")
    locking.release(qa, Door(alice, "web"))

    again = bot.ask("post", ALL, LOCK, LIST, key="one")

    assert (again.json(), locks.in_(qa)) == (first.json(), None)
    other = bot.ask("post", ALL, UNLOCK, key="one")
    assert (other.status_code, "another request" in other.json()["message"]) == (409, True)


def test_a_task_of_the_app_that_is_called_so_is_the_apps(
    bot: Caller, hello: Application, qa: Environment
) -> None:
    hello.settings = {**hello.settings, "tasks": {"deploy:lock": ["touch lock"]}}
    hello.save(update_fields=["settings"])

    answer = bot.post(ALL, LOCK)

    assert "Nothing runs in hello/qa yet" in answer.json()["message"]
    assert not Lock.objects.exists()


def test_its_number_is_nobody_elses(bot: Caller, qa: Environment, tmp_path: Any) -> None:
    number = bot.post(ALL, LOCK, LIST).json()["id"]
    build.application("bare", tmp_path / "bare")

    assert bot.get(f"repos/acme/bare/deployments/{number}").status_code == 404
    assert bot.get(f"{ALL}/{number + 1}").status_code == 404
    assert bot.ask("delete", f"{ALL}/{number}").status_code == 422
    assert bot.post(f"{ALL}/{number}/statuses", {"state": "success"}).status_code == 403
