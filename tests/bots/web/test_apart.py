"""Posts apart from their rooms: what is kept. Of mentions see test_flow.py and test_mentions.py."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from bots import keeping
from bots.models import Kept, Post
from tests.bots.talking import Talk
from tests.bots.web.test_costs import cost

pytestmark = pytest.mark.slow

KEPT = "/flow/-/kept/"


def test_a_bookmark_keeps_and_drops_by_a_plain_form(say: Talk, as_alice: Client) -> None:
    say("The key lies under the mat.")
    number = Post.objects.get().pk

    answer = as_alice.post(KEPT, {"keep": number})
    assert answer.headers["Location"].endswith(f"#post-{number}")
    assert "The key lies under the mat." in as_alice.get(KEPT).content.decode()
    page = as_alice.get("/flow/deploys/").content.decode()
    assert re.search(rf'name="drop" value="{number}" aria-pressed="true"', page)

    as_alice.post(KEPT, {"drop": number})
    assert "You keep nothing" in as_alice.get(KEPT).content.decode()


def test_a_thread_is_kept_from_its_head(say: Talk, as_alice: Client) -> None:
    say("deploy hello to qa")
    root = Post.objects.get(deployment__isnull=False)

    as_alice.post(KEPT, {"keep": root.pk}, headers={"X-Live": "1"})

    assert f'href="/flow/deploys/{root.pk}/"' in as_alice.get(KEPT).content.decode()
    head = as_alice.get(f"/flow/deploys/{root.pk}/?pane=head").content.decode()
    assert f'name="drop" value="{root.pk}"' in head


def test_what_is_no_post_is_not_found(say: Talk, as_alice: Client) -> None:
    for number in ("0", "x", str(2**62), ""):
        assert as_alice.post(KEPT, {"keep": number}).status_code == 404
    assert as_alice.post(KEPT, {"drop": "0"}).headers["Location"] == KEPT


def test_a_longer_list_takes_no_more_questions(say: Talk, as_alice: Client) -> None:
    for line in ("one", "two"):
        say(line)
    keeping.keep(say.person, Post.objects.latest("pk").pk)
    few = cost(as_alice, KEPT)

    Post.objects.bulk_create(Post(room=say.room, person=say.person, text="Hi") for _ in range(70))
    Kept.objects.all().delete()
    Kept.objects.bulk_create(Kept(person=say.person, post=post) for post in Post.objects.all())

    assert cost(as_alice, KEPT) == few
    older = re.search(r'href="\?before=(\d+)"', as_alice.get(KEPT).content.decode())
    assert (
        older and as_alice.get(f"{KEPT}?before={older[1]}").content.decode().count("data-row") == 22
    )
