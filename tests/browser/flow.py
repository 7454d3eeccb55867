"""A room of the built-in chat for the browser: who is there, what was said, how it is written."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from bots import rooms, threads
from bots.messages import to_json
from bots.models import Post
from bots.portraits import portrait
from bots.sayings import head
from deployments.models import Deployment, Environment, Person
from tests.bots.talking import Talk, goes, the_deployment
from tests.deployments import build

ROOM = "/flow/deploys/"


@pytest.fixture
def alice(site: str) -> Person:
    return build.person("alice")


@pytest.fixture
def production(alice: Person, tmp_path: Path) -> Environment:
    """Production of hello, live on two hosts at the first of three commits."""
    repository = build.repository(tmp_path)
    app = build.application("hello", repository.path)
    build.environment(app, "qa", position=1)
    made = build.environment(app, "production", hosts=2, position=2, production=True)
    build.live(made, alice, repository.git("rev-parse", "main~2"), subject="Say hello")
    return made


@pytest.fixture
def say(production: Environment, alice: Person) -> Talk:
    return Talk(alice, rooms.make("deploys"))


@pytest.fixture
def busy(say: Talk) -> str:
    """Fill the room with all that can be said there; return the address of its newest thread."""
    bob = build.person("bob")
    say.as_(bob)("Is anybody releasing today?")
    say("deploy hello/v2 to qa because the checkout retries for ever")
    goes(the_deployment(), "in_progress")
    goes(the_deployment(), "failure", reason="command", note="make exited with 2 on web-1.")
    for line in ("status", "help retry", "deploy hello to prodution", "deploys hello"):
        say(line)
    say("deploy hello to production")
    goes(the_deployment(), "in_progress")
    thread = say.in_thread()
    build.log(the_deployment(), "$ make\n\x1b[32mbuilt\x1b[0m in 3 s\n")
    thread.as_(bob)("Does this carry the fix?\nhttps://example.org/" + "x" * 90)
    for line in ("log", "diff", "cancel"):
        thread(line)
    type(the_deployment()).objects.filter(pk=the_deployment().pk).update(progress=62)
    return thread_address()


def thread_address() -> str:
    return f"{ROOM}{Post.objects.get(deployment=the_deployment()).pk}/"


def write(page: Page, text: str) -> None:
    page.get_by_label("Message or command").fill(text)
    page.keyboard.press("Enter")


@pytest.fixture
def full(say: Talk, production: Environment, tmp_path: Path) -> str:
    """Fill the inbox, with names and words as long as they come; return a thread's address."""
    bob = Person.objects.create_user("bartholomew.fitzgerald-montgomery", name="Bartholomew Fitz")
    name = "payments-reconciliation-service-for-the-northern-region"
    app = build.application(name, tmp_path / "elsewhere.git")
    place = build.environment(app, "production-europe-north-1-blue", hosts=1, position=1)
    for number in range(99):
        at = timezone.now() - timedelta(hours=number)
        subject = f"Mend the {number}th leak"
        made = build.deployment(production, bob, f"{number:040x}", subject=subject)
        Deployment.objects.filter(pk=made.pk).update(created_at=at)
        Post.objects.create(room=say.room, deployment=made, message=to_json(head(portrait(made))))
    ref = "feature/PROJ-12345-rewrite-the-whole-reconciliation-of-currencies-and-countries"
    note = "make: *** [all] Error 2 " * 9
    made = build.deployment(
        place, bob, "f" * 40, ref=ref, subject="Rewrite " * 20, status="failure", note=note
    )
    threads.bring_up_to_date(made)
    thread = say.in_thread(made)
    thread("a" * 300)
    thread.as_(bob)("See https://example.org/" + "path/" * 40 + " @alice")
    return f"{ROOM}{thread.thread.pk if thread.thread else 0}/"


def look_away(page: Page, *, hidden: bool) -> None:
    """Go to another tab, or come back: headless pages never hide by themselves."""
    state = "hidden" if hidden else "visible"
    page.evaluate(
        "([hidden, state]) => {"
        " Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
        " Object.defineProperty(document, 'visibilityState', {value: state, configurable: true});"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        [hidden, state],
    )
