"""What people say stays with the deployment."""

from __future__ import annotations

import pytest

from deployments.exceptions import Invalid, NotAllowed
from deployments.models import Change, Comment, Deployment, Person
from deployments.services import comments

pytestmark = pytest.mark.django_db


def test_whoever_sees_it_may_say_something(queued: Deployment, bob: Person) -> None:
    said = comments.add(queued, bob, "  looks good \n", via="chat")

    assert (said.text, said.person, said.via) == ("looks good", bob, "chat")
    change = Change.objects.get(verb="deployment.comment")
    assert (change.subject, change.deployment) == (str(said.pk), queued)


def test_the_same_key_is_said_once(queued: Deployment, bob: Person) -> None:
    first, again = (
        comments.add(queued, bob, "looks good", via="web", key="1:one") for _ in range(2)
    )

    assert first == again and Comment.objects.count() == 1
    assert Change.objects.filter(verb="deployment.comment").count() == 1


def test_a_switched_off_account_says_nothing(queued: Deployment, charlie: Person) -> None:
    with pytest.raises(NotAllowed):
        comments.add(queued, charlie, "hello", via="web")


@pytest.mark.parametrize("text", ["", " \n ", "x" * 10_001])
def test_nothing_and_too_much_are_refused(queued: Deployment, bob: Person, text: str) -> None:
    with pytest.raises(Invalid):
        comments.add(queued, bob, text, via="web")
    assert not Comment.objects.exists()
