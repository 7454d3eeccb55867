"""A chat worker's hold on a post."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from bots import hold, rooms
from bots.models import Post
from tests.deployments import build

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def post(transactional_db: None) -> Post:
    over = timezone.now() - timedelta(seconds=1)
    return Post.objects.create(
        room=rooms.make("deploys"), person=build.person("alice"), text="x", lease_until=over
    )


def is_held(post: Post) -> bool:
    post.refresh_from_db()
    return post.lease_until is not None and post.lease_until > timezone.now()


def test_a_hold_is_renewed_as_long_as_it_takes(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "LEASE", timedelta(seconds=1))

    with hold.Hold(post):
        until = time.monotonic() + 30
        while not is_held(post) and time.monotonic() < until:
            time.sleep(0.05)
        assert is_held(post)


def test_a_post_that_was_handled_is_held_no_more(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    Post.objects.update(handled_at=timezone.now(), lease_until=None)

    hold.Hold(post).renew()

    assert not is_held(post)


@pytest.mark.parametrize(("seconds", "is_free"), [(-1, True), (29, False), (3_600, True)])
def test_a_lease_of_before_a_clock_was_put_back_holds_nothing(
    post: Post, seconds: int, is_free: bool
) -> None:
    Post.objects.update(lease_until=timezone.now() + timedelta(seconds=seconds))

    assert Post.objects.filter(hold.free()).exists() == is_free
