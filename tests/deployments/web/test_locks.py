"""The lock on the pages: who holds it, the form that takes it, the button that opens it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from deployments.models import Environment, Lock, Person
from deployments.selectors import locks as reading
from deployments.services import locks
from deployments.services.lifecycle import Door
from tests.deployments import build

pytestmark = pytest.mark.slow

PAGE = "/apps/hello/qa/"


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def send(client: Client, what: str = "lock", **fields: str) -> Any:
    return client.post(f"{PAGE}{what}/", fields, headers={"referer": f"http://testserver{PAGE}"})


@pytest.fixture
def alices(qa: Environment, alice: Person) -> Lock:
    return locks.take(qa, Door(alice, "web"), seconds=7200, reason="we test the search")


def test_the_form_locks_with_a_length_and_a_reason(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    answer = send(as_alice, length="7200", reason="we test the search")

    lock = Lock.objects.get()
    assert answer.url == f"{PAGE}#lock"
    assert (lock.person, lock.reason) == (alice, "we test the search")
    assert lock.until is not None and 7190 < (lock.until - lock.since).total_seconds() <= 7201


def test_a_form_that_was_sent_twice_locks_once(as_alice: Client, qa: Environment) -> None:
    send(as_alice, key="abc")
    send(as_alice, key="abc", reason="again")

    assert Lock.objects.get().reason == ""


def test_a_length_that_is_not_offered_is_refused(as_alice: Client, qa: Environment) -> None:
    send(as_alice, length="5")

    assert "“5” is none of the lengths offered." in text(as_alice)
    assert not Lock.objects.exists()


def test_the_page_says_who_holds_it_until_when_and_why(
    as_bob: Client, alices: Lock, dora: Person
) -> None:
    page = text(as_bob)

    assert "<b>Alice locked it</b>" in page and "<q>we test the search</q>" in page
    assert "It is for alice, dora or maker to open." in page
    assert "Unlock qa</button>" not in page


def test_its_owner_reads_that_it_is_theirs_and_opens_it(
    as_alice: Client, alices: Lock, qa: Environment
) -> None:
    page = text(as_alice)
    assert "<b>You locked it</b>" in page and "Unlock qa</button>" in page
    assert "unlock hello in qa" in page

    send(as_alice, "unlock")

    assert reading.in_(qa) is None


def test_a_maintainer_opens_anothers(client: Client, alices: Lock, dora: Person) -> None:
    client.force_login(dora)

    assert "Unlock qa</button>" in text(client)
    send(client, "unlock")

    assert Lock.objects.get().released_by == dora


@pytest.mark.parametrize("what", ["lock", "unlock"])
def test_who_may_only_look_is_refused(
    as_bob: Client, alices: Lock, qa: Environment, what: str
) -> None:
    assert send(as_bob, what).status_code == 403

    assert reading.in_(qa) == alices


def test_who_may_only_look_reads_who_could_lock_it(as_bob: Client, qa: Environment) -> None:
    page = text(as_bob)

    assert "Bob may not lock hello/qa: it takes a deployer." in page
    assert "Lock qa</button>" not in page


def test_another_deployers_form_names_the_lock_among_the_reasons(
    client: Client, alices: Lock, dora: Person
) -> None:
    client.force_login(dora)

    page = text(client, f"{PAGE}?ref=main")

    assert "Alice locked hello/qa" in page and 'aria-disabled="true"' in page


def test_a_taken_lock_is_said_on_the_page(client: Client, alices: Lock, dora: Person) -> None:
    client.force_login(dora)

    send(client, reason="mine")

    assert "Alice locked hello/qa" in text(client)
    assert Lock.objects.get().person == alices.person


def test_the_page_names_what_waits_for_the_unlock(
    as_alice: Client, qa: Environment, dora: Person, alices: Lock
) -> None:
    waiting = build.deployment(qa, dora, "a" * 40, status="queued")

    assert f"#{waiting.pk}</a> by Dora waits for it." in text(as_alice)
    own = text(as_alice, f"/deployments/{waiting.pk}/")
    assert "Alice locked hello/qa" in own and "It begins when that is over." in own


def test_what_waits_for_something_else_says_that(
    as_alice: Client, qa: Environment, dora: Person, alices: Lock
) -> None:
    note = "ci has not ended yet."
    waiting = build.deployment(qa, dora, "a" * 40, status="pending", note=note)

    own = text(as_alice, f"/deployments/{waiting.pk}/")

    assert note in own and "It begins when that is over." not in own


def test_a_part_of_the_page_is_brought_up_to_date(as_alice: Client, alices: Lock) -> None:
    page = text(as_alice, f"{PAGE}?part=lock")

    assert page.startswith('<section class="card" id="lock"')


def test_nobody_signed_out_locks(client: Client, qa: Environment) -> None:
    assert "/accounts/login/" in send(client).url

    assert not Lock.objects.exists()


# ---- Elsewhere ----


def test_the_board_shows_the_lock_in_its_cell(as_bob: Client, alices: Lock) -> None:
    page = text(as_bob, "/")

    assert 'href="/apps/hello/qa/#lock"' in page and "Alice, <time" in page
    assert "You hold" not in page


def test_the_board_lists_what_one_holds(as_alice: Client, alices: Lock) -> None:
    page = text(as_alice, "/")

    assert "You hold" in page and "we test the search" in page
    assert 'aria-label="Unlock hello/qa"' in page and "you, <time" in page


def test_the_apps_page_shows_the_lock(as_bob: Client, alices: Lock) -> None:
    assert 'href="/apps/hello/qa/#lock"' in text(as_bob, "/apps/hello/")


def test_the_way_of_promotion_shows_the_lock(as_bob: Client, alices: Lock) -> None:
    assert "locked by Alice" in text(as_bob, "/apps/hello/production/")
