"""What every platform must do, from the point of view of those who talk there.

A platform's test subclasses `PlatformContract` and gives a `chat` fixture: its driver. The driver
plays the platform's people and reads what they see; all else is the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from deployments.models import Application, Deployment, Environment, Person
from tests.bots.talking import goes, the_deployment
from tests.deployments import build


@dataclass(frozen=True)
class Seen:
    """A message on the screen: its id, whose thread it stands in, its text, its buttons' lines."""

    id: str
    thread: str
    text: str
    buttons: tuple[str, ...] = ()


class Driver(Protocol):
    """People on a platform."""

    def say(self, person: Person, text: str, *, thread: str = "", again: str = "") -> None:
        """Say something there and wait until the bot is quiet; `again`: delivered once more."""

    def sees(self, person: Person) -> list[Seen]:
        """Return what the bot has said that this person can see, oldest first."""


class PlatformContract:
    """The main job, as it goes on each platform."""

    def test_deploy_begins_one_thread_with_the_six_fields(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello/v2 to qa")

        [head] = chat.sees(alice)
        assert "Alice’s deployment of hello" in head.text
        for label in ("Application", "Repository", "Deployment", "Deployed ref", "Environment"):
            assert f"{label}: " in head.text
        assert "Previous deployment" in head.text
        assert head.thread == ""

    def test_the_head_follows_in_place_and_each_step_is_told_once(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello to qa")
        before = chat.sees(alice)[0].id

        goes(the_deployment(), "in_progress", "success")

        head, *steps = chat.sees(alice)
        assert (head.id, head.text[0]) == (before, "✔")
        assert [step.thread for step in steps] == [head.id] * 2
        assert [step.text.split(" hello")[0] for step in steps] == [
            "↻ Started deploying",
            "✔ Alice deployed",
        ]

    def test_a_failure_says_why_and_offers_a_retry(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        failed = failure(chat, alice)

        head = chat.sees(alice)[0]
        assert "make exited with 2 on web-1" in head.text
        assert f"retry #{failed.pk}" in head.buttons

    def test_retry_in_the_thread_makes_a_new_deployment(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        failed = failure(chat, alice)

        chat.say(alice, "retry", thread=chat.sees(alice)[0].id)

        assert the_deployment().parent == failed
        assert len([seen for seen in chat.sees(alice) if not seen.thread]) == 2

    def test_cancelling_in_production_asks_and_does_it_after_a_yes(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello to production")
        running = goes(the_deployment(), "in_progress")
        thread = chat.sees(alice)[0].id

        chat.say(alice, "cancel", thread=thread)
        assert not now(running).stop_at
        chat.say(alice, "yes", thread=thread)

        assert now(running).stop_by == alice

    def test_who_may_only_look_is_refused_with_who_can(
        self, chat: Driver, alice: Person, bob: Person, hello: Application
    ) -> None:
        chat.say(bob, "shipmate deploy hello to qa")

        [answer] = chat.sees(bob)
        assert "Bob may not deploy to hello/qa: it takes a deployer. Ask alice" in answer.text
        assert chat.sees(alice) == []
        assert not Deployment.objects.exists()

    def test_two_people_at_once_have_a_thread_each(
        self, chat: Driver, alice: Person, dora: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello to qa")
        chat.say(dora, "shipmate deploy hello/v2 to qa")

        assert [seen.text.split("’")[0] for seen in chat.sees(alice)] == ["◔ Alice", "◔ Dora"]

    def test_the_same_message_twice_counts_once(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello to qa", again="m1")
        chat.say(alice, "shipmate deploy hello to qa", again="m1")

        assert Deployment.objects.count() == 1
        assert len(chat.sees(alice)) == 1

    def test_talk_gets_no_answer(self, chat: Driver, alice: Person, hello: Application) -> None:
        chat.say(alice, "why is it down?")

        assert chat.sees(alice) == []

    def test_a_rollback_of_production_returns_after_a_yes(
        self, chat: Driver, alice: Person, production: Environment
    ) -> None:
        first = build.live(production, alice, "a" * 40, subject="Begin")
        build.live(production, alice, "b" * 40)

        chat.say(alice, "shipmate rollback hello in production")
        assert "“Begin”" in chat.sees(alice)[-1].text
        chat.say(alice, "shipmate yes")

        assert (the_deployment().kind, the_deployment().parent) == ("rollback", first)


class Outside(Driver, Protocol):
    """People on a platform that has accounts of its own, and a line that breaks."""

    def says_a_stranger(self, text: str) -> list[str]:
        """Have an account say it that is tied to nobody; return what it is told."""

    def breaks(self) -> None:
        """Let nothing through to the platform from now on."""

    def is_back(self) -> None:
        """Let everything through again, and what waits first."""


class OutsideContract(PlatformContract):
    """What goes for platforms outside, besides."""

    def test_an_account_that_is_tied_to_nobody_is_told_how_to_tie_it(
        self, chat: Outside, hello: Application
    ) -> None:
        [answer] = chat.says_a_stranger("shipmate deploy hello to qa")

        assert "I do not know who you are here" in answer and "link" in answer
        assert not Deployment.objects.exists()

    def test_what_happens_while_the_line_is_broken_is_told_in_order_when_it_is_back(
        self, chat: Outside, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello to qa")
        before = len(chat.sees(alice))
        chat.breaks()
        goes(the_deployment(), "in_progress", "success")
        assert len(chat.sees(alice)) == before
        chat.is_back()

        head, *steps = chat.sees(alice)
        assert head.text[0] == "✔"
        assert [step.text[0] for step in steps] == ["↻", "✔"]


def failure(chat: Driver, person: Person) -> Deployment:
    """Let a deployment fail."""
    chat.say(person, "shipmate deploy hello to qa")
    made = goes(the_deployment(), "in_progress")
    return goes(made, "failure", reason="command", note="make exited with 2 on web-1.")


def now(deployment: Deployment) -> Deployment:
    return Deployment.objects.get(pk=deployment.pk)
