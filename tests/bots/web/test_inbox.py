"""The team inbox: every deployment's thread, found by what stands in the address."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from bots import rooms
from bots.models import Post
from bots.web import inbox
from deployments.models import Deployment, Environment, Person
from tests.bots.talking import Talk, goes, the_deployment
from tests.bots.web.test_costs import crowd
from tests.bots.web.test_flow import page
from tests.deployments import build

pytestmark = pytest.mark.slow  # looks at a page

INBOX = "/flow/?pane=inbox"


@pytest.fixture
def threads(say: Talk, bob: Person) -> dict[str, int]:
    """Two threads: one failed in qa that bob spoke in, one queued for production."""
    say("deploy hello/v2 to qa because the checkout is slow")
    goes(the_deployment(), "in_progress", "failure")
    say.in_thread().as_(bob)("Was it the cache?")
    failed = the_deployment().pk
    say("deploy hello to production")
    return {"failed": failed, "queued": the_deployment().pk}


def shown(client: Client, query: str = "") -> list[int]:
    text = client.get(f"{INBOX}&{query}").content.decode()
    return [int(number) for number in re.findall(r'<span class="quiet">#(\d+)</span>', text)]


@pytest.mark.parametrize(
    "query",
    [
        "env=qa", "state=failure", "person=bob", "q=checkout", "q=CACHE", "q=v2", "q=slow+bob",
        "app=hello&env=qa", "unread=1", "talk=1", "q=%23{failed}", "q={failed}",
    ],
)  # fmt: skip
def test_a_filter_leaves_what_fits(as_alice: Client, threads: dict[str, int], query: str) -> None:
    if query.startswith("q={"):
        query += "+qa"  # a number may be part of a sha too
    assert shown(as_alice, query.format(**threads)) == [threads["failed"]]


def test_without_a_filter_the_newest_stands_first(
    as_alice: Client, threads: dict[str, int]
) -> None:
    assert shown(as_alice) == [threads["queued"], threads["failed"]]


def test_what_the_bot_adds_is_no_reply(as_alice: Client, threads: dict[str, int]) -> None:
    text = as_alice.get(f"{INBOX}&state=failure").content.decode()

    assert ' 1<span class="vh"> reply</span>' in text


def test_a_sha_finds_its_threads(as_alice: Client, threads: dict[str, int]) -> None:
    sha = Deployment.objects.get(pk=threads["failed"]).sha

    assert threads["failed"] in shown(as_alice, f"q={sha[:9]}")


@pytest.mark.parametrize("query", ["q=nothing", "app=x", "state=nonsense", "q=%27%25"])
def test_where_nothing_fits_the_page_says_how_to_go_on(
    as_alice: Client, threads: dict[str, int], query: str
) -> None:
    text = as_alice.get(f"/flow/?{query}").content.decode()

    assert "No thread fits" in text
    assert "Show all" in text


def test_private_answers_are_not_found(say: Talk, threads: dict[str, int], as_bob: Client) -> None:
    say.in_thread()("cancel #99999 please")
    root = Post.objects.filter(parent=None, deployment__isnull=False)[0]
    Post.objects.create(room=say.room, parent=root, only_for=say.person, text="a secret word")

    assert shown(as_bob, "q=secret") == []


def test_the_filter_stays_in_the_links(as_alice: Client, threads: dict[str, int]) -> None:
    text = as_alice.get("/flow/?env=qa&q=checkout").content.decode()

    assert "/?q=checkout&amp;env=qa" in text
    assert "<option selected>qa</option>" in text


def test_every_thread_can_be_reached(
    as_alice: Client, say: Talk, production: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "SHOWN", 2)
    crowd(production, say.person, threads=5, posts=0)
    found: list[int] = []
    query = ""
    for _ in range(3):
        found += shown(as_alice, query)
        older = re.search(r"before=(\d+)\">Older threads", page(as_alice, f"{INBOX}&{query}"))
        query = f"before={older[1]}" if older else ""

    told = Post.objects.filter(deployment__isnull=False, parent=None).values("deployment")
    assert found == list(
        Deployment.objects.filter(pk__in=told).order_by("-pk").values_list("pk", flat=True)
    )
    assert (len(found), query) == (5, "")


def test_a_deployment_told_in_two_rooms_stands_there_once(as_alice: Client, say: Talk) -> None:
    rooms.make("ops")
    say("deploy hello to qa")

    assert shown(as_alice) == [the_deployment().pk]
    assert Post.objects.filter(deployment=the_deployment()).count() == 2


def test_a_person_who_asked_for_nothing_is_not_offered(as_alice: Client, say: Talk) -> None:
    build.person("eve")
    say("deploy hello to qa")

    assert "<option>alice</option>" in as_alice.get("/flow/").content.decode()
    assert "<option>eve</option>" not in as_alice.get("/flow/").content.decode()


# ---- What a thread says of itself ----


def row(client: Client) -> str:
    """Return the first thread of the inbox, as words."""
    text = client.get(INBOX).content.decode()
    (found, *_) = re.findall(r'<p class="cut">(.*?)</p>', text, re.S)
    return " ".join(re.sub("<[^>]*>", " ", found).split())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "in_progress", "progress": 62}, "Running 62 % aaaaaaa Mend it"),
        ({"status": "failure", "note": "make said no"}, "Failed aaaaaaa make said no"),
        ({"status": "success", "note": "by the way"}, "Succeeded aaaaaaa Mend it"),
        ({"status": "queued", "note": "alice locked it"}, "Queued aaaaaaa alice locked it"),
        ({"status": "cancelled", "note": "cancelled by Dora"}, "Cancelled aaaaaaa by Dora"),
    ],
)
def test_a_thread_says_how_it_goes_and_what_is_wrong(
    as_alice: Client,
    alice: Person,
    say: Talk,
    qa: Environment,
    fields: dict[str, object],
    words: str,
) -> None:
    made = build.deployment(qa, alice, "a" * 40, subject="Mend it", **fields)
    Post.objects.create(room=say.room, deployment=made, text="about it")

    assert row(as_alice) == words


def test_mine_and_unread_are_a_click_away(as_alice: Client, threads: dict[str, int]) -> None:
    text = as_alice.get(INBOX).content.decode()

    assert 'href="/flow/?person=alice">Mine</a>' in text
    assert '>Unread <span class="quiet">1</span></a>' in text
