"""What is said about a deployment that pauses, or was done on some hosts only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots import tasks
from deployments.models import Change, Deployment, Environment, Person
from deployments.services import locks
from deployments.services.lifecycle import Door
from tests.bots.talking import Talk, the_deployment
from tests.deployments import build

HOSTS = ["hello-production-1", "hello-production-2"]
SHA = "a" * 40


@pytest.fixture
def paused(production: Environment, alice: Person) -> Deployment:
    """One that waits behind its first host."""
    return build.deployment(
        production, alice, SHA, status="in_progress", lease_until=None, paused_at=timezone.now(),
        settings={"hosts": [{"name": name} for name in HOSTS]},
    )  # fmt: skip


@pytest.fixture
def partly(production: Environment, alice: Person) -> Deployment:
    """One that was done on the first of two hosts."""
    made = build.deployment(
        production, alice, SHA, status="failure", reason="partly", note="restart ended with 3.",
        settings={"hosts": [{"name": name} for name in HOSTS]},
    )  # fmt: skip
    build.phase(made, "restart", 0, "success", "failure")
    return made


# ---- go on ----


def test_go_on_lets_it_go_on(say: Talk, paused: Deployment) -> None:
    answer = say(f"go on #{paused.pk}")

    assert answer.startswith("↻ Alice’s deployment of hello")
    assert Deployment.objects.get().went_on_by == say.person


def test_in_its_thread_the_words_alone_do(say: Talk, paused: Deployment) -> None:
    tasks.tell(paused.pk)

    say.in_thread(paused)("go on")

    assert Change.objects.get(verb="deployment.went_on").via == "chat"


def test_who_may_not_deploy_does_not_let_it_go_on(
    say: Talk, bob: Person, paused: Deployment
) -> None:
    assert "Bob may not let go on what is paused in" in say.as_(bob)(f"go on #{paused.pk}")
    assert Deployment.objects.get().is_paused


def test_a_lock_of_somebody_else_is_named(say: Talk, dora: Person, paused: Deployment) -> None:
    locks.take(paused.environment, Door(dora, "web"))

    assert "Dora locked hello/production" in say(f"go on #{paused.pk}")


def test_what_is_not_paused_is_told(say: Talk, partly: Deployment) -> None:
    assert f"#{partly.pk} is not paused" in say(f"go on #{partly.pk}")


@pytest.mark.parametrize("talk", ["go on", "go on holiday", "go on, tell me more"])
def test_among_people_it_is_talk(say: Talk, paused: Deployment, talk: str) -> None:
    assert say(talk) == ""


# ---- What its thread says ----


def told(say: Talk, deployment: Deployment, verb: str, **fields: object) -> str:
    build.change(deployment, verb, **fields)
    tasks.tell(deployment.pk)
    return say.in_thread(deployment).texts()[-1]


def test_the_thread_says_behind_what_it_waits(say: Talk, paused: Deployment) -> None:
    step = told(say, paused, "deployment.paused", subject=HOSTS[0])

    assert step.startswith("‖ Alice’s deployment of hello")
    assert "is paused: after hello-production-1, until somebody says “go on”; given up at" in step


def test_the_thread_says_when_it_goes_on(say: Talk, paused: Deployment) -> None:
    until = timezone.now() + timedelta(minutes=30)
    Deployment.objects.update(paused_until=until)

    step = told(say, paused, "deployment.paused", subject=HOSTS[0])

    assert f"goes on at {until:%H:%M} UTC" in step  # with its day, close to midnight
    assert "or when somebody says “go on”" in step


def test_the_head_offers_to_go_on(say: Talk, paused: Deployment) -> None:
    tasks.tell(paused.pk)

    head = say.texts()[-1]

    assert head.startswith("‖ ")
    assert f"go on #{paused.pk}" in head
    assert f"cancel #{paused.pk}" in head


@pytest.mark.parametrize("by", ["alice", ""])
def test_the_thread_says_who_let_it_go_on(
    say: Talk, alice: Person, paused: Deployment, by: str
) -> None:
    Deployment.objects.update(went_on_at=timezone.now())

    step = told(say, paused, "deployment.went_on", person=alice if by else None, via="chat")

    assert step == ("↻ Alice let it go on in chat." if by else "↻ Its pause is over; it goes on.")


def test_the_thread_says_as_what_it_is_undone(say: Talk, partly: Deployment) -> None:
    step = told(say, partly, "deployment.undone", subject="web-1", new="813")

    assert step == "↩ web-1 is being rolled back as #813."


def test_the_thread_says_how_it_went_host_by_host(say: Talk, partly: Deployment) -> None:
    step = told(say, partly, "deployment.status", old="in_progress", new="failure")

    assert "was done on some hosts only" in step
    assert "\n- done: hello-production-1\n- restart failed: hello-production-2\n" in step


# ---- retry failed hosts ----


def test_the_failed_hosts_are_retried(say: Talk, partly: Deployment) -> None:
    say(f"retry failed hosts #{partly.pk}")

    made = the_deployment()
    assert (made.kind, made.parent, made.hosts) == ("retry", partly, HOSTS[1:])


def test_the_head_offers_to_retry_them(say: Talk, partly: Deployment) -> None:
    tasks.tell(partly.pk)

    assert f"retry failed hosts #{partly.pk}" in say.texts()[-1]
    assert "Retrying as #" in say.in_thread(partly)("retry failed hosts")


def test_where_something_newer_runs_it_asks_first(
    say: Talk, alice: Person, partly: Deployment
) -> None:
    newer = build.live(partly.environment, alice, "b" * 40)

    answer = say(f"retry failed hosts #{partly.pk}")
    assert f"runs #{newer.pk} since; this would go back to aaaaaaa on {HOSTS[1]}." in answer
    say("yes")

    assert the_deployment().hosts == HOSTS[1:]


def test_what_succeeded_has_no_failed_hosts(say: Talk, production: Environment) -> None:
    done = build.deployment(production, say.person, SHA)

    assert "only what failed, erred or was cancelled" in say(f"retry failed hosts #{done.pk}")


def test_a_plan_says_in_which_order_the_hosts_come(say: Talk, production: Environment) -> None:
    assert "Order" not in say("plan hello to production")
    Environment.objects.filter(pk=production.pk).update(settings={"first": "pause"})

    answer = say("plan hello to production")

    order = "hello-production-1 first, a pause until somebody says “go on”, then the others at once"
    assert f"Order: {order}" in answer
