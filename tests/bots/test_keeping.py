"""What people keep, each for themselves."""

from __future__ import annotations

import pytest

from bots import keeping
from bots.models import Post
from deployments.exceptions import NotFound
from deployments.models import Person
from tests.bots.talking import Talk


@pytest.fixture
def post(say: Talk) -> Post:
    say("The key lies under the mat.")
    return Post.objects.get()


def test_what_is_kept_twice_is_kept_once(post: Post, alice: Person, bob: Person) -> None:
    keeping.keep(alice, post.pk)
    keeping.keep(alice, post.pk)

    assert keeping.among(alice, [post]) == {post.pk}
    assert keeping.kept_by(alice).count() == 1
    assert not keeping.kept_by(bob).exists()


def test_what_is_dropped_is_kept_no_longer(post: Post, alice: Person, bob: Person) -> None:
    keeping.keep(alice, post.pk)
    keeping.keep(bob, post.pk)

    assert keeping.drop(alice, post.pk) == post
    assert keeping.among(alice, [post]) == frozenset()
    assert keeping.among(bob, [post]) == {post.pk}


def test_what_another_alone_may_read_cannot_be_kept(say: Talk, bob: Person) -> None:
    say.as_(bob)("deploy hello to qa")
    refusal = Post.objects.get(only_for=bob)

    with pytest.raises(NotFound):
        keeping.keep(say.person, refusal.pk)
    assert keeping.keep(bob, refusal.pk) == refusal
