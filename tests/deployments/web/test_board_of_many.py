"""The board of many apps: it comes in two steps, and draws what is near."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from deployments.models import Environment, Person
from deployments.services import stars
from deployments.web import board
from tests.deployments import build

pytestmark = pytest.mark.slow  # looks at a page

SHA = "a" * 40


def text(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.fixture
def many(alice: Person) -> int:
    """A hundred apps, the last with a star of alice's."""
    for number in range(100):
        app = build.application(f"app{number:02}", Path(f"/nowhere/{number}"))
        Environment.objects.create(application=app, name="qa")
    stars.give(alice, app)
    return 100


def test_many_apps_come_in_two_steps_ones_own_with_the_first(as_alice: Client, many: int) -> None:
    page = text(as_alice)

    assert page.count("data-row=") == board.FIRST and 'data-row="app99 ' in page
    assert f'<a class="link" href="/?whole=1">{many - board.FIRST} more apps</a>' in page
    assert f"Filter {many} apps" in page


@pytest.mark.parametrize("address", ["/?whole=1", "/?part=all&whole=1", "/?q=app"])
def test_all_of_many_apps_come_when_asked_for(as_alice: Client, many: int, address: str) -> None:
    page = text(as_alice, address)

    assert page.count("data-row=") == many and "more apps" not in page


def test_only_groups_that_fill_a_screen_wait_until_they_are_near(
    as_alice: Client, many: int
) -> None:
    own, head, *others = text(as_alice, "/?whole=1").split("<tbody")[1:]

    assert 'class="near"' not in own + head
    assert ['class="near"' in group for group in others] == [True, True, True, False]


def test_a_board_that_was_asked_for_whole_stays_so(as_alice: Client, many: int) -> None:
    assert "part=all&amp;show=&amp;q=&amp;whole=1" in text(as_alice, "/?whole=1")
    assert "whole=1" not in text(as_alice, "/?part=all").split("data-rest")[0]


def test_a_few_more_than_the_first_come_at_once(
    as_alice: Client, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "FIRST", many - 1)

    assert text(as_alice).count("data-row=") == many


def test_the_first_page_of_300_apps_is_light(as_alice: Client, alice: Person) -> None:
    for number in range(300):
        app = build.application(f"application{number}", Path(f"/nowhere/{number}"))
        build.live(Environment.objects.create(application=app, name="qa"), alice, SHA)

    answer = as_alice.get("/", headers={"accept-encoding": "gzip"})

    assert len(answer.content) < 20_000
