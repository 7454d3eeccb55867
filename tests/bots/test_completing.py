"""What a person is offered while they write: only what they may see, without asking anybody."""

from __future__ import annotations

import pytest

from bots.completing import suggestions
from bots.slots import _seen
from deployments.models import Application, Deployment, Environment, Person, Role
from deployments.selectors import code
from deployments.services import locks
from deployments.services.lifecycle import Door
from tests.bots.talking import Talk, goes, the_deployment
from tests.deployments import build


@pytest.fixture(autouse=True)
def _forget_refs() -> None:
    _seen.cache_clear()


def texts(text: str, person: Person, deployment: Deployment | None = None) -> list[str]:
    return [one.text for one in suggestions(text, person, deployment)]


def about(text: str, person: Person, deployment: Deployment | None = None) -> str:
    return suggestions(text, person, deployment)[0].about


def test_apps_come_with_their_environments(alice: Person, hello: Application) -> None:
    assert texts("deploy he", alice) == ["hello"]
    assert about("deploy he", alice) == "qa, production"


def test_environments_are_those_of_the_app(alice: Person, hello: Application) -> None:
    assert texts("deploy hello ", alice) == [
        "to qa",
        "to production",
        "when green",
        "because",
    ]
    assert texts("promote hello from qa ", alice) == ["to production"]


def test_an_environment_says_what_runs_and_who_locked_it(
    alice: Person, root: Person, production: Environment
) -> None:
    build.live(production, alice, "a" * 40, subject="Say hello")
    locks.take(production, Door(root, "web"), reason="we test")

    assert about("deploy hello to p", alice) == "runs aaaaaaa, Say hello, locked by Root"


def test_branches_and_tags_are_those_of_the_last_look(alice: Person, hello: Application) -> None:
    assert texts("deploy hello/", alice) == []
    code.refs(hello)
    _seen.cache_clear()

    assert texts("deploy hello/", alice)[0] == "hello/main"
    assert "hello/v2" in texts("deploy hello/v", alice)


def test_what_holds_the_letters_comes_after_what_begins_with_them(
    alice: Person, hello: Application
) -> None:
    assert texts("help y", alice)[:2] == ["yes", "deploy"]


def test_numbers_are_those_that_the_word_is_for(say: Talk, alice: Person) -> None:
    say("deploy hello to qa")
    goes(the_deployment(), "in_progress", "failure")
    failed = the_deployment()
    say("deploy hello to production")

    assert texts("retry ", alice) == [f"#{failed.pk}", "failed"]
    assert texts("retry failed hosts ", alice) == [f"#{failed.pk}"]
    assert texts("cancel ", alice) == [f"#{the_deployment().pk}"]
    assert about("retry ", alice) == "hello/qa failed, just now"


def test_parameters_and_tasks_are_those_declared(alice: Person, hello: Application) -> None:
    hello.settings |= {"tasks": {"migrations": ["true"]}, "parameters": {"REGION": "eu|us"}}
    hello.save()

    assert texts("deploy:mi", alice) == ["deploy:migrations"]
    assert texts("deploy hello to qa re", alice) == ["REGION="]
    assert texts("deploy hello to qa region=", alice) == ["region=eu", "region=us"]


def test_several_apps_are_written_with_commas(alice: Person, hello: Application) -> None:
    assert texts("deploy web,he", alice) == ["web,hello"]


def test_people_are_named_anywhere(alice: Person, bob: Person) -> None:
    assert texts("what do you say, @bo", alice) == ["@bob"]
    assert texts("@sh", alice) == ["@shipmate"]


def test_somebody_who_may_see_nothing_is_offered_no_names(
    charlie: Person, hello: Application
) -> None:
    charlie.is_active = False

    assert texts("deploy ", charlie) == ["plan"]
    assert texts("@al", charlie) == []


# ---- In a thread ----


def test_a_word_says_what_it_would_do_to_the_threads_deployment(say: Talk, alice: Person) -> None:
    say("deploy hello to qa")

    assert about("ca", alice, the_deployment()) == "It has not begun; no host is touched."
    goes(the_deployment(), "in_progress", "failure")
    assert "as a new deployment" in about("re", alice, the_deployment())


def test_a_word_that_can_do_nothing_says_why(say: Talk, alice: Person) -> None:
    say("deploy hello to qa")
    goes(the_deployment(), "in_progress", "success")

    (cancel,) = suggestions("ca", alice, the_deployment())
    retry = suggestions("re", alice, the_deployment())[0]

    assert (cancel.possible, cancel.about) == (False, "it has ended: succeeded")
    assert (retry.possible, retry.about) == (False, "only what failed or was cancelled is retried")


def test_a_word_that_one_may_not_say_names_who_may(say: Talk, bob: Person) -> None:
    say("deploy hello to qa")
    Role.objects.filter(person=bob).exclude(name="viewer").delete()

    (cancel,) = suggestions("ca", bob, the_deployment())

    assert not cancel.possible
    assert "Ask " in cancel.about


# ---- What is inserted ----


def test_what_may_go_on_is_followed_by_a_space(alice: Person, hello: Application) -> None:
    assert suggestions("deploy he", alice, None)[0].insert == "hello "
    assert suggestions("deploy hello to q", alice, None)[0].insert == "to qa "[3:]
    assert suggestions("status hello in q", alice, None)[0].insert == "qa"


def test_what_stands_there_already_is_not_offered(alice: Person, hello: Application) -> None:
    assert texts("status hello in qa", alice) == []
    assert texts("deploy hello", alice) == []


def test_a_threads_whole_word_still_says_what_it_would_do(say: Talk, alice: Person) -> None:
    say("deploy hello to qa")

    assert about("cancel", alice, the_deployment()) == "It has not begun; no host is touched."


def test_the_letters_that_were_typed_stand_out(alice: Person, hello: Application) -> None:
    assert suggestions("deploy HE", alice, None)[0].parts == ("", "he", "llo")
