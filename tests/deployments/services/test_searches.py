"""Searches that a person keeps."""

from __future__ import annotations

import pytest

from deployments.exceptions import Invalid
from deployments.models import Person
from deployments.services import searches


def kept(person: Person) -> dict[str, str]:
    return dict(person.searches.values_list("name", "text"))


def test_a_name_is_given_once_and_may_mean_something_else_later(alice: Person) -> None:
    searches.save(alice, " my   failures ", "by:me state:failed")
    searches.save(alice, "my failures", "by:me state:failed since:7d")

    assert kept(alice) == {"my failures": "by:me state:failed since:7d"}


def test_each_person_has_their_own(alice: Person, bob: Person) -> None:
    searches.save(alice, "mine", "by:me")
    searches.forget(bob, "mine")

    assert kept(alice) == {"mine": "by:me"} and kept(bob) == {}


def test_what_is_forgotten_is_gone(alice: Person) -> None:
    searches.save(alice, "mine", "by:me")
    searches.forget(alice, "mine")

    assert kept(alice) == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("mine", " ", "empty search"), ("", "by:me", "a name"), ("x" * 61, "by:me", "at most 60")],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(
    alice: Person, name: str, text: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        searches.save(alice, name, text)


def test_nobody_keeps_too_many(alice: Person) -> None:
    for number in range(searches.MOST):
        searches.save(alice, f"search {number}", "by:me")

    with pytest.raises(Invalid, match="forget one"):
        searches.save(alice, "one more", "by:me")
    searches.save(alice, "search 3", "by:dora")
