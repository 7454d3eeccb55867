"""The page of outgoing messages: readable everywhere, and it works without scripts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bots import outgoing, rooms
from bots.messages import Message, phrase
from bots.models import ChatRoom, Outgoing
from deployments.models import Person
from tests.browser.conftest import CheckPage, PageFor
from tests.deployments import build

pytestmark = pytest.mark.browser

OUTGOING = "/settings/outgoing/"


@pytest.fixture
def root(site: str) -> Person:
    return build.person("root")


@pytest.fixture
def known(root: Person) -> ChatRoom:
    """A room that is away: a message was given up, one waits, and one was sent before."""
    rooms.make("deploys")
    known = ChatRoom.objects.get()
    past = timezone.now() - timedelta(hours=2)
    queue(known, "Alice deployed hello 4f2c1ab to production in 1 m 12 s", state="sent")
    queue(known, "Ahoy" * 60, state="failed", attempts=10, error="The chat is away.")
    queue(known, "Ahoy again", attempts=3, next_at=timezone.now() + timedelta(minutes=9))
    ChatRoom.objects.update(failures=3, reached_at=past)
    return known


def queue(room: ChatRoom, text: str, **fields: object) -> None:
    row = outgoing.queue_message(room, Message(parts=phrase(text)), key=text[:80])
    Outgoing.objects.filter(pk=row.pk).update(**fields)


def test_it_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, root: Person, known: ChatRoom
) -> None:
    check_page(page_for(root), OUTGOING)


def test_empty_it_is_fit_for_everybody(
    page_for: PageFor, check_page: CheckPage, root: Person
) -> None:
    check_page(page_for(root), OUTGOING, name="settings-outgoing-empty")


def test_without_scripts_a_message_is_sent_again(
    page_for: PageFor, root: Person, known: ChatRoom
) -> None:
    page = page_for(root, scripts=False)
    page.goto(OUTGOING)

    page.get_by_role("link", name="Given up").click()
    page.get_by_role("button", name="Send again the message “Ahoy").click()

    expect(page.get_by_text("1 message is on the way again.")).to_be_visible()
    assert not Outgoing.objects.filter(state="failed").exists()
