"""What `script/demo --once` reads of the chat's pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from bots import conversation, rooms
from chatops.demo.client import texts
from tests.deployments import build


def test_words_that_belong_together_stay_together() -> None:
    page = '<p id="post-1"><b>Ana</b>’s deployment <time>04:43</time></p><p>more</p>'

    assert texts(page) == ["Ana’s deployment 04:43"]


@pytest.mark.django_db
def test_it_reads_each_message_and_nothing_else_of_the_page(client: Client) -> None:
    alice, room = build.person("alice"), rooms.make("deploys")
    for line in ("is anybody here?", "<b>not</b> markup"):
        conversation.say(alice, room, line)
    client.force_login(alice)

    page = client.get(reverse("flow-room", args=["deploys"])).content.decode()

    assert [re.sub(r"^.*\d\d:\d\d ", "", text) for text in texts(page)] == [
        "is anybody here?",
        "<b>not</b> markup",
    ]
