from __future__ import annotations

from deployments.models import Application, Person, Star
from deployments.services import stars


def test_a_star_is_given_once_and_is_ones_own(
    alice: Person, bob: Person, hello: Application
) -> None:
    stars.give(alice, hello)
    stars.give(alice, hello)
    stars.give(bob, hello)

    stars.take(alice, hello)

    assert [star.person for star in Star.objects.all()] == [bob]
