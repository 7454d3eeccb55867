"""People named in what is said."""

from __future__ import annotations

import pytest
from django.test import Client

from bots import mentions, reading, rooms
from bots.models import Post, PostMention
from deployments.models import Person
from deployments.services import comments
from tests.bots.talking import Talk, the_deployment
from tests.deployments import build
from tests.deployments.services.queueing import drain

MENTIONS = "/flow/-/mentions/"


def named() -> list[str]:
    return sorted(PostMention.objects.values_list("person__username", flat=True))


@pytest.mark.parametrize(
    "text", ["@bob look", "well, @Bob: look", "(@bob)", "@bob.", "@BOB\nand @bob again"]
)
def test_a_person_is_named_by_the_sign_and_the_name(say: Talk, bob: Person, text: str) -> None:
    say(text)

    assert named() == ["bob"]


@pytest.mark.parametrize("text", ["bob", "mail@bob", "git@bob:x", "@bobby", "@", "@nobody"])
def test_other_words_name_nobody(say: Talk, bob: Person, text: str) -> None:
    say(text)

    assert named() == []


def test_a_first_name_will_do_while_one_person_has_it(say: Talk, bob: Person) -> None:
    Person.objects.filter(pk=bob.pk).update(name="Robert Jones")
    say("@robert look")
    assert named() == ["bob"]

    build.person("rob2")
    Person.objects.filter(username="rob2").update(name="Robert Smith")
    say("@robert look again")

    assert named() == ["bob"]


def test_somebody_switched_off_is_not_named(say: Talk, bob: Person) -> None:
    Person.objects.filter(pk=bob.pk).update(is_active=False)

    say("@bob look")

    assert named() == []


def test_the_page_lists_mentions_and_counts_the_unread(say: Talk, as_bob: Client) -> None:
    say("@bob does this <b>look</b> right?")

    text = as_bob.get(MENTIONS).content.decode()

    assert '<span class="mention mention-me" title="Bob">@bob</span> does this &lt;b&gt;' in text
    assert "Mentions <span" in text


def test_a_mention_is_read_where_it_stands(say: Talk, as_bob: Client, bob: Person) -> None:
    say("@bob look")
    assert reading.mentions_unread(bob).count() == 1

    as_bob.get("/flow/deploys/")

    assert reading.mentions_unread(bob).count() == 0
    assert mentions.seen_by(bob).count() == 1


def test_a_mention_in_a_post_for_somebody_else_is_shown_to_nobody(
    say: Talk, as_bob: Client, bob: Person
) -> None:
    post = Post.objects.create(room=say.room, only_for=say.person, text="@bob secret")
    mentions.note(post)
    PostMention.objects.get_or_create(post=post, person=bob)

    assert "secret" not in as_bob.get(MENTIONS).content.decode()
    assert reading.mentions_unread(bob).count() == 0


def test_a_comment_on_the_deployments_page_names_people_once(
    say: Talk, bob: Person, other_room: Talk
) -> None:
    say("deploy hello to qa")
    comments.add(the_deployment(), say.person, "@bob see the third commit", via="web")
    drain("chat")

    assert other_room.in_thread().texts() == ["@bob see the third commit"]
    assert named() == ["bob"]


@pytest.fixture
def other_room(say: Talk) -> Talk:
    return Talk(say.person, rooms.make("ops"))


def test_mentions_go_on_on_another_page(say: Talk, as_bob: Client, bob: Person) -> None:
    posts = [
        Post.objects.create(room=say.room, person=say.person, text=f"@bob number {number}.")
        for number in range(51)
    ]
    PostMention.objects.bulk_create(PostMention(post=post, person=bob) for post in posts)

    first = as_bob.get(MENTIONS).content.decode()
    assert "number 0." not in first
    rest = as_bob.get(f"{MENTIONS}?before={posts[1].pk}").content.decode()

    assert "number 0." in rest
    assert f"?before={posts[1].pk}" in first


def test_hostile_names_are_written_out(say: Talk, bob: Person) -> None:
    Person.objects.filter(pk=bob.pk).update(name='"><script>')
    bob.refresh_from_db()

    assert "<script>" not in mentions.drawn("@bob <script>", [bob], None)
