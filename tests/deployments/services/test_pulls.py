"""Open pull requests are kept, as GitHub tells of them, and offered without asking."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from deployments.exceptions import RepositoryAway, UnknownRef
from deployments.forges.contract import Pull
from deployments.forges.github.pulls import MOST, of
from deployments.models import Environment, Person, PullRequest, PullRequestsHeard
from deployments.selectors import choices, code
from deployments.selectors import pulls as kept
from deployments.services import pulls
from tests.deployments.services.at_github import NAME, Clock, Shop, shop_at
from tests.deployments.services.queueing import bells, drain
from tests.servers.github.hub import Fault, GitHub

pytestmark = pytest.mark.django_db
LATER = timedelta(seconds=5)


@pytest.fixture
def shop(hub: GitHub, root: Person, alice: Person) -> Shop:
    made = shop_at(hub, root, alice)
    sha = made.kept.git.git("rev-parse", "main")
    hub.pull(NAME, 12, sha, "Mend the login", "ana")
    hub.pull(NAME, 123, sha, "New checkout", "bob")
    return made


@pytest.fixture
def known(shop: Shop) -> Shop:
    pulls.ask(shop.app)
    return shop


def numbers() -> list[int]:
    return list(PullRequest.objects.filter(is_open=True).values_list("number", flat=True))


def offered(place: Environment, text: str) -> list[str]:
    return [f"{one.name} {one.said} — {one.author}" for one in choices.choices(place, text)]


def test_the_open_ones_are_kept_with_title_and_author(known: Shop) -> None:
    told = PullRequest.objects.values_list("number", "title", "author")

    assert list(told) == [(123, "New checkout", "bob"), (12, "Mend the login", "ana")]


def test_to_ask_again_costs_no_request_while_nothing_changes(known: Shop) -> None:
    asked, charged = len(known.hub.asked), known.hub.charged
    pulls.ask(known.app)

    assert (len(known.hub.asked), known.hub.charged) == (asked + 1, charged)


def test_what_is_no_news_is_not_written_again(
    known: Shop, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(1000, 1050):
        known.hub.pull(NAME, number, known.kept.git.git("rev-parse", "main"))
    pulls.ask(known.app)

    with django_assert_max_num_queries(12):
        pulls.ask(known.app)


def test_one_that_was_closed_is_offered_no_more(known: Shop) -> None:
    known.hub.close(NAME, 12)
    pulls.ask(known.app)

    assert numbers() == [123]


def test_what_lies_behind_the_first_page_is_not_taken_for_closed(known: Shop) -> None:
    sha = known.kept.git.git("rev-parse", "main")
    for number in range(1000, 1000 + MOST):
        known.hub.pull(NAME, number, sha)
    pulls.ask(known.app)

    assert numbers()[-2:] == [123, 12]


def test_a_word_that_comes_late_opens_nothing_again(known: Shop) -> None:
    opened = of(known.hub.pull(NAME, 7, known.kept.git.git("rev-parse", "main")))
    closed = of(known.hub.close(NAME, 7))
    assert opened is not None and closed is not None

    pulls.hear(known.app.repository, closed)
    pulls.hear(known.app.repository, opened)

    assert 7 not in numbers()


def test_what_was_told_while_github_answered_stays(
    known: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    clock.on(seconds=-5)
    pulls.ask(known.app)  # begun before this one was told
    clock.on(seconds=5)
    pulls.hear(known.app.repository, Pull(7, "New", "ana", "a" * 40, True, timezone.now()))
    clock.on(seconds=-4)
    pulls.ask(known.app)

    assert 7 in numbers()


# ---- Whoever types ----


def test_a_hash_offers_them_and_so_do_words_of_the_title(known: Shop) -> None:
    login, checkout = "#12 Mend the login — ana", "#123 New checkout — bob"

    assert offered(known.qa, "#") == [checkout, login]
    assert offered(known.qa, "#12") == [checkout, login]
    assert offered(known.qa, "#123") == [checkout]
    assert login in offered(known.qa, "login")
    assert checkout in offered(known.qa, "bob check")


def test_whoever_types_asks_nobody_and_has_it_asked_once_a_minute(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = Clock(monkeypatch), len(shop.hub.asked)
    for _ in range(3):
        pulls.ring_if_old(shop.app)
    assert bells("chat") == [("deployments.tasks.look_at_pulls", (shop.app.pk,))]
    assert (numbers(), len(shop.hub.asked)) == ([], asked)

    drain("chat")
    assert numbers() == [123, 12]
    pulls.ring_if_old(shop.app)
    assert bells("chat") == []
    clock.on(minutes=2)
    pulls.ring_if_old(shop.app)
    assert len(bells("chat")) == 1


def test_of_git_alone_nobody_is_asked(qa: Environment) -> None:
    pulls.ring_if_old(qa.application)
    pulls.ask(qa.application)

    assert bells("chat") == []
    assert not PullRequestsHeard.objects.exists()


def test_while_github_is_away_they_stay_and_it_is_said_from_when(
    known: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    assert kept.known(known.app.repository).since is None
    clock.on(minutes=20)
    known.spoil(*[Fault(502)] * 9)
    with pytest.raises(RepositoryAway):
        pulls.ask(known.app)

    found = choices.choices(known.qa, "#12")
    assert [one.name for one in found] == ["#123", "#12"]
    assert all(one.since for one in found)


def test_one_that_is_not_there_names_those_near_it(known: Shop) -> None:
    with pytest.raises(UnknownRef, match="has no pull request #13") as error:
        code.resolve(known.app, "#13")

    assert error.value.near == ("#123", "#12")
    assert str(error.value).endswith("Near it: #123, #12.")


@pytest.mark.parametrize(
    "odd", [None, [], {"number": "12"}, {"number": 12}, {"number": 12, "updated_at": "soon"}]
)
def test_what_is_no_pull_request_is_none(odd: object) -> None:
    assert of(odd) is None


def test_a_title_of_any_kind_is_kept(known: Shop) -> None:
    said = of(
        {"number": 5, "updated_at": "2026-01-01T00:00:00Z", "title": "a\x00\n" * 300, "user": "x"}
    )
    assert said is not None
    pulls.hear(known.app.repository, replace(said, said_at=timezone.now() + LATER))

    assert PullRequest.objects.get(number=5).author == ""
