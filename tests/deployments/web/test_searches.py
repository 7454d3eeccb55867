"""Keeping a search from the history's page."""

from __future__ import annotations

from urllib.parse import quote

from django.test import Client

from deployments.models import Environment, Person
from deployments.services import searches
from tests.deployments.web.production import text, words

SEARCH = "app:hello state:failed"
PAGE = f"/history/?q={quote(SEARCH)}"


def test_a_search_is_saved_and_stands_above_the_history(
    as_alice: Client, production: Environment
) -> None:
    assert "Save this search" in text(as_alice, PAGE)
    answer = as_alice.post("/history/save/", {"q": SEARCH, "name": "red"}, follow=True)

    assert "Saved as “red”." in words(answer) and "Save this search" not in words(answer)
    assert f'href="/history/?q={quote(SEARCH, safe="")}"' in text(as_alice, "/history/")


def test_a_saved_search_is_forgotten_where_it_is_shown(
    as_alice: Client, alice: Person, production: Environment
) -> None:
    searches.save(alice, "red", SEARCH)
    assert 'aria-label="Forget red"' in text(as_alice, PAGE)

    as_alice.post("/history/forget/", {"q": SEARCH, "name": "red"})

    assert not alice.searches.exists()


def test_a_name_that_is_missing_is_said(as_alice: Client, production: Environment) -> None:
    answer = as_alice.post("/history/save/", {"q": SEARCH, "name": " "}, follow=True)

    assert "Give the search a name" in words(answer)


def test_what_cannot_be_searched_is_not_offered_to_be_kept(
    as_alice: Client, production: Environment
) -> None:
    assert "Save this search" not in text(as_alice, "/history/?q=app:moon")


def test_a_name_is_escaped(as_alice: Client, alice: Person, production: Environment) -> None:
    searches.save(alice, "<script>alert(1)</script>", SEARCH)

    assert "<script>alert" not in text(as_alice, PAGE)
