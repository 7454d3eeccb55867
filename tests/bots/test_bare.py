"""Which lines without the bot's name are meant for it, in a room of the built-in chat."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots import bare
from bots.language import commands
from bots.speaker import Speaker
from deployments.models import Person
from tests.deployments import build

TALK = [
    "...",
    "!important",
    "hello everyone",
    "show me the code",
    "no way",
    "yes",
    "no",
    "why is it down?",
    "why not",
    "why",
    "log in please",
    "status update",
    "help me please",
    "cancel the meeting",
    "look at this",
    "pro tip: sleep",
    "re: the meeting",
    "retro at 3pm",
    "where is everybody",
    "lock the door",
    "queue here",
    "lock",
    "lock the door because it is late",
    "unlock your phone",
    "search me",
    "search for the keys",
    "link to the page",
    "link please",
    "plan the party",
    "plan lunch for tomorrow",
    "where is the coffee",
    "where is lunch",
    "who are you",
    "what is this",
    "which checks failed?",
    "forget me not",
    "graph paper is over there",
    "ship it",
    "can you look at hello",
    "undo that please",
    "diff",
    "I want to deploy hello",
    "let's deploy after lunch",
    "what is running?",
    "is hello up?",
    "logs please",
    "stop it",
    "push it to the top",
    "approve",
    "where is the status page",
    "hey everyone",
    "word " * 500,
    "\u200b " * 1500,
]
LINES = [
    "where is hello#12",
    "where is acme/hello#12",
    "approve #12",
    "reject #12 because no",
    ".deploy hello to qa",
    "!status",
    "deploy hello to production",
    "Deploy hello",
    "rollback hello",
    "retry",
    "retry #12",
    "cancel",
    "cancel #12",
    "status",
    "status hello",
    "status in production",
    "why hello",
    "diff hello in qa",
    "log #12",
    "show 12",
    "deploys hello",
    "help",
    "help deploy",
    "deploy:version",
    "yes 7fk3",
    "deploy! hello",
    "promote hello from qa to production",
    "lock hello",
    "lock hello in qa for 2h because we test",
    "unlock hello",
    "locks",
    "plan hello to qa",
    "wcid hello",
    "where can i deploy hello",
    "where is 4f2c1a",
    "where is @bob",
    "deploy-status hello",
    "search app:hello refused",
    "who am i",
    "which checks failed for hello",
    "link",
    "forget me",
    "deploy plan 7fk3",
]
NEARLY = [
    "please deploy hello to qa",
    "can you deploy hello?",
    "- deploy hello to qa",
    "“deploy hello to qa”",
    "roll-back hello",
    "push hello to qa",
    "logs hello",
    "logs #12",
    "status of hello",
    "where can I deploy hello?",
    "where can i deploy",
    "approve #12 now",
    "freeze hello",
    "graph me -6h web.errors",
    "graph list",
    "tell me when 4f2c1a is in production",
    "what was in production at 14:30",
    "deploy hello because " + "x " * 500,
    ".deploy hello into qa",
    "deploy! hello qa",
    "promote hello qa production",
    "lock hello production",
    "deploy-status hello qa",
    "plan hello qa",
    "deploy",
    "deploy hello to",
    "deploy hello to production now",
    "deplyo hello to qa",
    "rollbak hello in qa",
    "retry it please",
    "cancel hello",
    "why hello?",
]


@pytest.fixture
def speaker(alice: Person) -> Speaker:
    build.application("hello", Path("/nowhere"))
    return Speaker(person=alice, via="chat", place="here")


@pytest.mark.parametrize("text", TALK)
def test_talk_is_left_alone(text: str, speaker: Speaker) -> None:
    assert bare.meant(text, speaker) == commands.NotACommand()


@pytest.mark.parametrize("text", LINES)
def test_whole_lines_need_no_name(text: str, speaker: Speaker) -> None:
    assert isinstance(bare.meant(text, speaker), commands.Command)


@pytest.mark.parametrize("text", NEARLY)
def test_what_is_nearly_a_line_is_not_ignored(text: str, speaker: Speaker) -> None:
    assert isinstance(
        bare.meant(text, speaker), commands.NearMiss | commands.NotYet | commands.TooLong
    )
