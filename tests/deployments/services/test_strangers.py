"""Who stands for an account at GitHub that is nobody's: named as who asked, and nothing else."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, transaction

from deployments.exceptions import Invalid
from deployments.models import Environment, ForgeStranger, Person
from deployments.selectors import history
from deployments.services import people, strangers
from tests.deployments import build

pytestmark = pytest.mark.django_db

API = "https://api.github.com"


def test_an_account_has_one_person_whatever_it_is_called() -> None:
    first = strangers.stand_in(API, 1, "octocat")
    second = strangers.stand_in(API, 1, "mona")

    assert first == second
    assert str(second) == "mona at GitHub"


def test_a_login_that_was_anothers_is_told_from_it() -> None:
    first = strangers.stand_in(API, 1, "octocat")
    second = strangers.stand_in(API, 2, "octocat")

    assert (first.username, second.username) == ("octocat@github.com", "octocat.2@github.com")


def test_an_enterprise_is_called_by_its_name() -> None:
    made = strangers.stand_in("https://ghe.example.com/api/v3", 1, "octocat")

    assert (str(made), made.username) == ("octocat at ghe.example.com", "octocat@ghe.example.com")


@pytest.mark.parametrize("login", ["github-actions[bot]", "x" * 300, "ü\u202e", "/../"])
def test_odd_logins_have_a_name_that_can_be_kept(login: str) -> None:
    made = strangers.stand_in(API, 1, login)

    made.full_clean(exclude=["password"])
    assert len(made.name) <= 120


def test_it_gets_no_way_in(root: Person) -> None:
    made = strangers.stand_in(API, 1, "octocat")

    with pytest.raises(Invalid, match="gets no way in"):
        people.set_active(made, True, root)
    assert not Person.objects.get(pk=made.pk).is_active


def test_it_is_found_as_who_asked(qa: Environment, alice: Person) -> None:
    made = build.deployment(qa, strangers.stand_in(API, 1, "octocat"), "a" * 40)
    build.deployment(qa, alice, "b" * 40)

    found = history.find(alice, "by:octocat@github.com")

    assert [one.pk for one in found.deployments] == [made.pk]


def test_two_workers_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Person.objects.create(username="first", is_active=False)
    ForgeStranger.objects.create(person=other, base_url=API, uid=1)

    assert strangers._make(API, 1, "octocat", "octocat at GitHub") == other
    assert Person.objects.filter(username__startswith="octocat").count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_moment_make_one() -> None:
    made, written = list[Person](), threading.Event()

    def other() -> None:
        try:
            with transaction.atomic():
                made.append(strangers.stand_in(API, 1, "octocat"))
                written.set()
                time.sleep(0.5)  # so that it is written and not yet seen
        finally:
            connection.close()

    worker = threading.Thread(target=other)
    worker.start()
    assert written.wait(30)
    with transaction.atomic():
        made.append(strangers.stand_in(API, 1, "octocat"))
    worker.join(30)

    assert made[0] == made[1]
    assert ForgeStranger.objects.count() == 1
