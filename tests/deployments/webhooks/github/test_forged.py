"""Whoever has a webhook's secret may say what they like: what GitHub itself says counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from deployments import sweeper
from deployments.models import (
    Application,
    Approval,
    Change,
    Delivery,
    Deployment,
    ForgeDeployment,
    Person,
    Webhook,
)
from deployments.services import coming_again
from tests.deployments.services.at_github import Clock
from tests.deployments.services.conftest import tip
from tests.deployments.services.queueing import drain, lose
from tests.deployments.webhooks.conftest import NAME, Deliver, handled
from tests.deployments.webhooks.github.conftest import NUMBER, Body, created_now, link, told
from tests.servers.github import created
from tests.servers.github.hub import TOKEN, Fault, GitHub, Kept

pytestmark = pytest.mark.django_db

DEPLOYMENTS = f"/repos/{NAME}/deployments"


@pytest.fixture
def hello(at_github: Application) -> Application:
    return at_github


@pytest.fixture
def there(hub: GitHub, hello: Application) -> Kept:
    return hub.repositories[NAME]


@pytest.fixture
def body(there: Kept, webhook: Webhook, root: Person, hello: Application) -> Body:
    """What names root, an administrator, as who created it."""
    link(root, hello)
    return created_now(tip(there.git))


def nothing_is_made() -> bool:
    return not (Deployment.objects.exists() or ForgeDeployment.objects.exists())


def carried_out(deliver: Deliver, body: Body) -> Delivery:
    deliver("deployment", body)
    return handled()


def now_comes() -> None:
    """Let the pause be over, and the sweeper look."""
    lose("chat")
    ago = timezone.now() - timedelta(minutes=1)
    Delivery.objects.update(lease_until=ago, rung_at=ago, received_at=ago)
    sweeper.sweep()
    drain("chat")


# ---- Forged with the right secret ----


def test_one_that_github_does_not_know_makes_nothing(deliver: Deliver, body: Body) -> None:
    done = carried_out(deliver, body)

    assert nothing_is_made()
    assert done.state == "failed"
    assert done.outcome == (
        f"Nothing is deployed. GitHub knows no deployment {NUMBER} of Hello-World. It was deleted"
        " there, or this delivery is forged, and somebody has the secret: then make another secret"
        " in the settings of the app, under Webhook."
    )


@pytest.mark.parametrize(
    ("forged", "says"),
    [
        ({"creator": {"login": "mallory", "id": 666}}, "who created it"),
        ({"sha": "f" * 40}, "its commit"),
        ({"environment": "qa"}, "its environment"),
        ({"task": "migrate"}, "its task"),
        ({"payload": {"hosts": "web-1"}}, "its payload"),
        ({"task": "migrate", "sha": "f" * 40}, "its commit, its task"),
    ],
)
def test_where_github_says_otherwise_nothing_is_made(
    deliver: Deliver, body: Body, there: Kept, forged: Body, says: str
) -> None:
    created.know(there, told(body, **forged)["deployment"])

    done = carried_out(deliver, body)

    assert nothing_is_made()
    assert done.state == "failed"
    assert f"GitHub says otherwise of deployment {NUMBER}: {says}. Unless" in done.outcome


def test_a_forged_one_leaves_no_word_at_github(
    deliver: Deliver, body: Body, there: Kept, hub: GitHub
) -> None:
    created.know(there, told(body, task="migrate")["deployment"])

    carried_out(deliver, body)

    assert there.deployment_statuses == []
    assert not any(asked.startswith("POST") for asked in hub.asked)


def test_githubs_own_is_performed_after_a_forged_one(
    deliver: Deliver, tell: Deliver, body: Body, root: Person, there: Kept
) -> None:
    deliver("deployment", told(body, creator={"login": "mallory", "id": 666}))
    drain("chat")

    tell("deployment", body)
    drain("chat")

    assert Deployment.objects.get().person == root
    assert ForgeDeployment.objects.get().login == "Codertocat"


def test_when_it_was_created_is_what_github_says(deliver: Deliver, body: Body, there: Kept) -> None:
    created.know(there, told(body, created_at="2019-05-15T15:20:53Z")["deployment"])

    carried_out(deliver, body)

    assert Deployment.objects.get().waits_for == "approval"


def test_the_name_and_the_reason_are_what_github_says(
    deliver: Deliver, body: Body, there: Kept
) -> None:
    created.know(there, told(body, ref="v2", description="Release")["deployment"])

    carried_out(deliver, told(body, ref="main", description="Nothing to see"))

    made = Deployment.objects.get()
    assert (made.ref, made.why) == ("v2", "Release")


def test_done_again_it_is_asked_anew(
    deliver: Deliver, body: Body, there: Kept, root: Person
) -> None:
    done = carried_out(deliver, body)
    created.know(there, body["deployment"])

    coming_again.do(done, root)

    assert handled().state == "handled"
    assert Deployment.objects.get().person == root


# ---- GitHub is away ----


def test_a_github_that_is_away_is_waited_for(
    tell: Deliver, body: Body, root: Person, hub: GitHub
) -> None:
    hub.faults.extend([Fault(502, path=DEPLOYMENTS)] * 9)
    waits = carried_out(tell, body)
    assert nothing_is_made()
    assert (waits.state, waits.attempts) == ("waiting", 0)
    said = f"GitHub cannot answer about {NAME} now (502). It is asked again by itself; it is tried"
    assert waits.outcome.startswith(f"{said} until ")
    assert waits.lease_until
    assert waits.lease_until > timezone.now() + timedelta(seconds=10)

    for _ in range(3):
        now_comes()

    made = Deployment.objects.get()
    assert (made.status, made.person) == ("queued", root)
    assert handled().state == "handled"


def test_ten_minutes_of_illness_end_in_the_right_deployment(
    tell: Deliver, body: Body, root: Person, hub: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    for _ in range(5):
        hub.faults.extend([Fault(502, path=DEPLOYMENTS)] * 9)
        tell("deployment", body)  # GitHub's own is sent again, too
        sweeper.sweep()
        drain("chat")
        clock.on(minutes=2.5)
    assert nothing_is_made()

    hub.faults.clear()
    sweeper.sweep()
    drain("chat")

    made = Deployment.objects.get()
    assert (made.status, made.person, made.sha) == ("queued", root, body["deployment"]["sha"])


def test_one_that_stays_away_ends_with_what_to_do(
    tell: Deliver, body: Body, hub: GitHub, settings: Settings
) -> None:
    hub.faults.extend([Fault(502, path=DEPLOYMENTS)] * 6)
    carried_out(tell, body)
    settings.SHIPMATE_PENDING_DEADLINE = -1

    now_comes()

    done = handled()
    assert (done.state, nothing_is_made()) == ("failed", True)
    assert "now (502). It has waited " in done.outcome
    assert done.outcome.endswith(
        "Press “Do it again” here, or “Redeliver” at GitHub, when GitHub answers."
    )


def test_done_again_it_is_waited_for_anew(
    tell: Deliver, body: Body, hub: GitHub, root: Person
) -> None:
    hub.faults.extend([Fault(502, path=DEPLOYMENTS)] * 3)
    row = carried_out(tell, body)
    Delivery.objects.update(away_since=timezone.now() - timedelta(days=1), state="failed")
    hub.faults.extend([Fault(502, path=DEPLOYMENTS)] * 3)

    coming_again.do(row, root)

    assert handled().state == "waiting"


# ---- GitHub cannot be asked ----


@pytest.mark.parametrize(
    "fault", [Fault(403, message="Resource not accessible by integration"), None]
)
def test_without_the_right_to_read_deployments_somebody_has_to_approve_it(
    tell: Deliver, body: Body, hub: GitHub, fault: Fault | None
) -> None:
    if fault is None:  # which GitHub does not tell from one that is not there
        hub.without_deployments.add(TOKEN)
    else:
        fault.path = DEPLOYMENTS
        hub.faults.append(fault)

    carried_out(tell, body)

    assert Deployment.objects.get().waits_for == "approval"
    because = Approval.objects.get().because
    assert because.startswith(
        "Nobody can tell whether Codertocat created it at GitHub, so somebody has to approve it."
    )
    assert "the right “Deployments: write”" in because


def test_a_credential_that_was_revoked_vouches_for_nobody(
    tell: Deliver, body: Body, hub: GitHub
) -> None:
    del hub.tokens[TOKEN]

    carried_out(tell, body)

    made = Deployment.objects.filter(waits_for="approval")
    assert not Deployment.objects.exclude(pk__in=made).exists()
    assert not Change.objects.filter(verb="deployment.status", new="queued").exists()
