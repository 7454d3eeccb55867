"""“Redeliver” at GitHub: of what nothing came is handled anew, what was done is not done twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from deployments import tasks
from deployments.models import Application, Change, Delivery, Deployment, Person, Webhook
from deployments.services import coming_again, deliveries, webhooks
from deployments.services.coming_again import Came
from deployments.services.deliveries import State, Told
from deployments.webhooks.github import events
from tests.deployments import build
from tests.deployments.services.conftest import tip
from tests.deployments.services.queueing import bells, drain
from tests.deployments.webhooks.conftest import NAME, Deliver, about, handled
from tests.deployments.webhooks.github.conftest import Body, created_now, link, told
from tests.servers.github import created
from tests.servers.github.hub import GitHub, Kept

pytestmark = pytest.mark.django_db

AGAIN = "Kept before. Nothing came of it then, so it is handled anew."
Once = Callable[..., HttpResponse]


@pytest.fixture
def once(deliver: Deliver) -> Once:
    """Deliver by one id, as GitHub does when it delivers again."""

    def send(event: str, body: Any, **given: str) -> HttpResponse:
        return deliver(event, body, X_GitHub_Delivery="one", **given)

    return send


@pytest.fixture
def failed(once: Once) -> Delivery:
    """A push over which five workers died."""
    once("push", about(ref="refs/heads/main"))
    Delivery.objects.update(attempts=deliveries.ATTEMPTS)
    return handled()


def said(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, str(json.loads(answer.content)["message"])


def again(once: Once) -> tuple[int, str]:
    return said(once("push", about(ref="refs/heads/main")))


def test_one_that_failed_is_handled_anew(once: Once, failed: Delivery) -> None:
    assert again(once) == (202, AGAIN)

    done = handled()
    assert (done.state, done.redelivered, done.again) == ("handled", 1, 0)
    assert done.redelivered_at is not None


def test_it_is_recorded_and_what_came_of_it_before_stays(once: Once, failed: Delivery) -> None:
    again(once)

    (attempt,) = handled().attempts_before
    assert (attempt["state"], attempt["by"]) == ("failed", "")
    assert attempt["outcome"] == failed.outcome
    assert Change.objects.get(verb="delivery.redelivered").subject == "push one"


def test_its_page_says_when_it_came_again(
    once: Once, failed: Delivery, as_dora: Client, dora: Person
) -> None:
    again(once)
    drain("chat")
    coming_again.do(Delivery.objects.get(), dora)

    page = " ".join(as_dora.get(f"/settings/deliveries/{failed.pk}/").content.decode().split())

    assert "<dt>Delivered again</dt><dd>1 time, <time" in page
    assert "GitHub delivered it again <time" in page
    assert "Dora had it done again <time" in page
    assert failed.outcome in page


def test_the_answer_names_its_page(once: Once, failed: Delivery) -> None:
    answer = json.loads(once("push", about(ref="refs/heads/main")).content)

    assert answer["page"].endswith(f"/settings/deliveries/{failed.pk}/")


def test_one_that_was_handled_stays_as_it_is(once: Once) -> None:
    once("ping", about())
    done = handled()

    answer = said(once("ping", about()))

    assert answer == (200, "Kept before, and handled. Its page here has “Do it again”.")
    assert bells("chat") == []
    assert Delivery.objects.values().get() == Delivery.objects.filter(pk=done.pk).values().get()


def test_one_that_is_handled_at_this_moment_is_left_to_who_does(once: Once) -> None:
    once("ping", about())
    taken = deliveries.take(Delivery.objects.get().pk)
    assert taken is not None

    assert said(once("ping", about()))[0] == 200

    assert deliveries.end(taken, State.HANDLED, "Done.")
    assert Delivery.objects.get().redelivered == 0


def test_who_wakes_after_it_came_again_says_nothing_of_it(once: Once) -> None:
    """A worker that was stopped for long, and believes that nothing came of it."""
    once("ping", about())
    slow = deliveries.take(Delivery.objects.get().pk)
    assert slow is not None
    Delivery.objects.update(lease_until=None)
    quick = deliveries.take(slow.pk)
    assert quick is not None
    deliveries.end(quick, State.FAILED, "No.")
    once("ping", about())

    assert not deliveries.end(slow, State.FAILED, "Too late.")
    assert handled().state == "handled"


def test_another_body_by_its_id_is_not_taken_for_it(once: Once, failed: Delivery) -> None:
    status, words = said(once("push", about(ref="refs/heads/evil")))

    assert status == 200
    assert words.startswith("Kept before. What was said first counts")
    assert Delivery.objects.get().state == "failed"


def test_forged_it_is_refused(once: Once, failed: Delivery) -> None:
    answer = once("push", about(ref="refs/heads/main"), X_Hub_Signature_256=f"sha256={'0' * 64}")

    assert answer.status_code == 403
    assert Delivery.objects.get().state == "failed"


def test_it_is_what_it_was_told_to_be_at_first(once: Once, failed: Delivery) -> None:
    """The event stands in a header that nobody signs."""
    once("deployment", about(ref="refs/heads/main"))

    assert handled().event == "push"


def test_who_replays_it_for_ever_makes_no_work_for_ever(once: Once, failed: Delivery) -> None:
    Delivery.objects.update(redelivered=coming_again.MOST)

    assert again(once)[0] == 200
    assert bells("chat") == []


def test_a_fault_of_ours_is_mended_by_it(
    once: Once, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setitem(events.EVENTS, "push", lambda *_: 1 // 0)
        once("push", about(ref="refs/heads/main"))
        assert handled().state == "failed"

    again(once)

    assert handled().state == "handled"


# ---- Deployments ----


class TestDeployments:
    @pytest.fixture
    def hello(self, at_github: Application) -> Application:
        return at_github

    @pytest.fixture
    def there(self, hub: GitHub, hello: Application) -> Kept:
        return hub.repositories[NAME]

    @pytest.fixture
    def body(self, there: Kept, webhook: Webhook, root: Person, hello: Application) -> Body:
        link(root, hello)
        return created_now(tip(there.git))

    def test_one_that_github_did_not_confirm_is_asked_of_github_anew(
        self, once: Once, body: Body, there: Kept, root: Person
    ) -> None:
        once("deployment", body)
        assert handled().state == "failed"
        created.know(there, body["deployment"])

        assert said(once("deployment", body)) == (202, AGAIN)

        assert handled().state == "handled"
        assert Deployment.objects.get().person == root

    def test_a_forged_one_is_none_however_often_it_comes(
        self, once: Once, body: Body, there: Kept
    ) -> None:
        created.know(there, told(body, task="migrate")["deployment"])
        for _ in range(3):
            once("deployment", body)
            drain("chat")

        assert handled().state == "failed"
        assert not Deployment.objects.exists()

    def test_what_was_performed_is_not_performed_twice(
        self, once: Once, body: Body, there: Kept
    ) -> None:
        created.know(there, body["deployment"])
        for _ in range(3):
            once("deployment", body)
            drain("chat")

        assert Deployment.objects.count() == 1
        assert handled().state == "handled"

    def test_one_that_comes_behind_a_later_one_has_to_be_approved(
        self, deliver: Deliver, once: Once, body: Body, there: Kept
    ) -> None:
        once("deployment", body)
        drain("chat")
        later = told(body, id=body["deployment"]["id"] + 1)
        created.know(there, later["deployment"])
        created.know(there, body["deployment"])
        deliver("deployment", later)
        drain("chat")
        first = Deployment.objects.get()

        once("deployment", body)
        drain("chat")

        made = Deployment.objects.exclude(pk=first.pk).get()
        assert (first.waits_for, made.waits_for) == (None, "approval")
        assert f"came before it, as #{first.pk}, so somebody has to approve it" in made.note

    def test_one_for_other_hosts_overtakes_nothing(
        self, deliver: Deliver, body: Body, there: Kept
    ) -> None:
        number = body["deployment"]["id"]
        for more in ({"id": number + 1, "payload": {"hosts": "hello-production-2"}},
                     {"payload": {"hosts": "hello-production-1"}}):  # fmt: skip
            each = told(body, **more)
            created.know(there, each["deployment"])
            deliver("deployment", each)
            drain("chat")

        assert Deployment.objects.count() == 2
        assert not Deployment.objects.filter(waits_for="approval").exists()


@pytest.mark.django_db(transaction=True)
def test_two_that_come_again_at_once_are_one(hello: Application) -> None:
    webhook, _ = webhooks.make(hello, build.maker(), NAME)
    push = Told("one", "push", "", b"{}")
    row, _ = deliveries.accept(webhook, push)
    drain("chat")
    Delivery.objects.update(state="failed")
    together = threading.Barrier(4)

    def deliver(_: int) -> Came:
        together.wait(60)
        try:
            return deliveries.accept(webhook, push)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(deliver, range(4)))

    assert sorted(one.value for one in came) == ["again", "before", "before", "before"]
    assert bells("chat") == [("deployments.tasks.heed", (row.pk,))]
    tasks.heed(row.pk)
    row.refresh_from_db()
    assert (row.state, row.redelivered, len(row.attempts_before)) == ("handled", 1, 1)
