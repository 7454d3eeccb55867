"""However a search is cut into steps, and wherever its time is over, it finds the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deployments.models import Deployment, Environment, Person
from deployments.selectors import history, patience, reading, words
from deployments.selectors.asked import ask
from deployments.selectors.patience import TookTooLong
from deployments.selectors.words import Among
from deployments.services import indexing
from tests.deployments import build

pytestmark = pytest.mark.slow

A = "a" * 40


def numbers(page: history.Page) -> list[int]:
    return [one.pk for one in page.deployments]


@pytest.fixture
def mixed(qa: Environment, production: Environment, alice: Person, dora: Person) -> list[int]:
    """Thirty deployments, the newest first: two of three by alice, each fifth failed, and so on."""
    made = []
    for number in range(30):
        said = f"fair{' odd' if number % 2 else ''}" if number % 4 else "foul"
        person, status = (
            (dora if number % 3 else alice),
            ("failure" if not number % 5 else "success"),
        )
        one = build.deployment((qa, production)[number % 2], person, A, why=said, status=status)
        if not number % 6:
            build.log(one, "Collecting wheel\n")
        made.append(one.pk)
    indexing.catch_up()
    return made[::-1]


@pytest.mark.parametrize(("most", "apart"), [(1, 0), (2, 9), (10_000, 0)])
@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("fair", lambda n: n % 4),
        ("odd fair", lambda n: n % 4 and n % 2),
        ("fair -odd", lambda n: n % 4 and not n % 2),
        ("by:alice fair", lambda n: not n % 3 and n % 4),
        ("state:failed env:qa foul", lambda n: not n % 20),
        ("collecting", lambda n: not n % 6),
        ("collecting foul -state:failed", lambda n: not n % 12 and n % 5),
        ("alice", lambda n: not n % 3),
    ],
)
def test_however_small_the_steps_each_page_is_the_same_both_ways(
    mixed: list[int],
    alice: Person,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
    apart: int,
    query: str,
    fits: Callable[[int], bool],
) -> None:
    for name, value in {"FIRST": 3, "FIRST_OF_TEXTS": 2, "MOST": most}.items():
        monkeypatch.setattr(reading, name, value)
    monkeypatch.setattr(words, "APART", apart)
    monkeypatch.setattr(words, "NARROW", apart)
    right = [pk for n, pk in zip(range(29, -1, -1), mixed, strict=True) if fits(n)]

    down = numbers(history.find(alice, query, limit=4))
    below = numbers(history.find(alice, query, before=right[1], limit=9))
    up = numbers(history.find(alice, query, after=right[-1], limit=9))

    assert down == right[:4]
    assert below == right[2:11]
    assert up == right[-10:-1]


# ---- Time ----


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a search take one short step, and then find that its time is over."""
    monkeypatch.setattr(patience, "SECONDS", 0)
    for name in ("FIRST", "FIRST_OF_TEXTS"):
        monkeypatch.setattr(reading, name, 4)


@pytest.mark.parametrize("query", ["state:failed", "foul", "state:failed foul"])
def test_a_search_whose_time_is_over_says_how_far_it_came(
    mixed: list[int], alice: Person, hurried: None, query: str
) -> None:
    whole = range(mixed[0] - 3, mixed[0] + 1)

    page = history.find(alice, query)

    assert page.reached is not None
    assert (page.reached.number, page.older) == (whole[0], whole[0])
    assert page.reached.at == Deployment.objects.get(pk=whole[0]).created_at
    assert set(numbers(page)) <= set(whole)


@pytest.mark.parametrize(
    ("query", "every"), [("state:failed", 5), ("foul", 4), ("state:failed foul", 20)]
)
def test_going_on_from_there_finds_all_of_it(
    mixed: list[int], alice: Person, hurried: None, query: str, every: int
) -> None:
    page = history.find(alice, query)
    found = numbers(page)
    while page.reached:
        page = history.find(alice, query, before=page.older or 0)
        found += numbers(page)

    assert found == mixed[::-1][::every][::-1]


def test_upwards_it_says_so_too(mixed: list[int], alice: Person, hurried: None) -> None:
    page = history.find(alice, "foul", after=mixed[-1])

    assert page.reached and page.reached.upwards
    assert page.newer == page.reached.number == mixed[-1] + 4


def test_a_page_that_is_full_is_not_unfinished(
    mixed: list[int], alice: Person, hurried: None
) -> None:
    assert history.find(alice, "", limit=3).reached is None


def test_all_that_is_found_comes_however_long_it_takes(
    mixed: list[int], alice: Person, hurried: None
) -> None:
    read = [one.pk for page in history.pages(ask(alice, "state:failed"), 50) for one in page]

    assert len(read) == 6


def test_a_step_that_takes_too_long_is_tried_again_shorter(mixed: list[int], alice: Person) -> None:
    asked, tried = ask(alice, "state:failed"), []

    def slow(those: Among) -> list[int]:
        tried.append(those.high - those.low)
        if tried[-1] > 9:
            raise TookTooLong
        return mixed

    asked.ranged.append((slow, False))

    assert len(history.page(asked).deployments) == 6
    assert max(tried) > 9 and min(tried) < 9
