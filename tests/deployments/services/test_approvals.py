"""What may not begin by itself waits for somebody who may let it, and is not who asked."""

from __future__ import annotations

import pytest
from django.db import transaction

from deployments.exceptions import Invalid, NotAllowed
from deployments.models import (
    Approval,
    Change,
    Deployment,
    Environment,
    ForgeAccount,
    ForgeDeployment,
    Person,
    Role,
)
from deployments.selectors import approvals as reading
from deployments.services import approvals, clearing, lifecycle
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services.conftest import tip
from tests.deployments.services.queueing import drain
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db

BECAUSE = "Octo at GitHub is linked to nobody here, so somebody has to approve it."


@pytest.fixture
def octo(db: None) -> Person:
    """Somebody who may nothing here."""
    return build.person("octo")


@pytest.fixture
def asked(qa: Environment, octo: Person, repository: Repository) -> Deployment:
    made = build.deployment(qa, octo, tip(repository), status="pending")
    with transaction.atomic():
        approvals.ask(made, BECAUSE)
    return made


def by(person: Person) -> Door:
    return Door(person, "web")


def kept(deployment: Deployment) -> Deployment:
    return Deployment.objects.get(pk=deployment.pk)


def test_it_waits_until_somebody_answers(asked: Deployment) -> None:
    clearing.clear(kept(asked))

    waiting = kept(asked)
    assert (waiting.status, waiting.waits_for, waiting.note) == ("pending", "approval", BECAUSE)


def test_approved_it_goes_on_with_the_authority_of_who_did(
    asked: Deployment, dora: Person, octo: Person
) -> None:
    approvals.approve(asked, by(dora))
    clearing.clear(kept(asked))

    done = kept(asked)
    assert (done.status, done.person) == ("queued", octo)
    assert reading.authority(done) == dora


def test_the_bell_rings_with_the_approval(asked: Deployment, dora: Person) -> None:
    approvals.approve(asked, by(dora))
    drain("chat")

    assert kept(asked).status == "queued"


def test_who_approved_is_on_record(asked: Deployment, dora: Person) -> None:
    approvals.approve(asked, by(dora))

    answer = Approval.objects.get(deployment=asked)
    assert (answer.approved, answer.person, answer.via) == (True, dora, "web")
    assert Change.objects.get(verb="deployment.approved").person == dora


def test_approving_twice_is_one_approval(asked: Deployment, dora: Person) -> None:
    approvals.approve(asked, by(dora))
    approvals.approve(asked, by(dora))

    assert Change.objects.filter(verb="deployment.approved").count() == 1


def test_what_another_answered_is_answered(asked: Deployment, dora: Person, root: Person) -> None:
    approvals.approve(asked, by(dora))

    with pytest.raises(Invalid, match="was approved by Dora already"):
        approvals.reject(asked, by(root), "no")


def test_rejected_it_ends_with_the_reason(asked: Deployment, dora: Person) -> None:
    approvals.reject(asked, by(dora), "not before the demo")

    done = kept(asked)
    assert (done.status, done.note) == ("cancelled", "cancelled by Dora: not before the demo")


def test_a_rejection_says_why(asked: Deployment, dora: Person) -> None:
    with pytest.raises(Invalid, match=f"reject #{asked.pk} because"):
        approvals.reject(asked, by(dora), "  ")


def test_a_deployer_approves_nothing(asked: Deployment, alice: Person, dora: Person) -> None:
    with pytest.raises(NotAllowed, match=r"takes a maintainer\. Ask dora"):
        approvals.approve(asked, by(alice))


def test_nobody_approves_what_they_asked_for(
    qa: Environment, dora: Person, repository: Repository
) -> None:
    own = build.deployment(qa, dora, tip(repository), status="pending")
    with transaction.atomic():
        approvals.ask(own, "It is old.")

    with pytest.raises(NotAllowed, match="Dora asked for it, and another approves it"):
        approvals.approve(own, by(dora))


def test_nobody_approves_what_their_account_at_github_created(
    asked: Deployment, dora: Person
) -> None:
    at_github = {"base_url": "https://api.github.com", "uid": 583231, "login": "octocat"}
    repository = asked.environment.application.repository
    ForgeDeployment.objects.create(
        repository=repository, remote_id=1, deployment=asked, **at_github
    )
    ForgeAccount.objects.create(person=dora, **at_github)

    with pytest.raises(NotAllowed, match="another approves it"):
        approvals.approve(asked, by(dora))


def test_who_may_not_deploy_there_approves_nothing_there(
    asked: Deployment, dora: Person, qa: Environment
) -> None:
    qa.deploys = "admin"
    qa.save(update_fields=["deploys"])

    with pytest.raises(NotAllowed, match="takes an admin"):
        approvals.approve(kept(asked), by(dora))


def test_what_was_cancelled_is_approved_no_more(
    asked: Deployment, dora: Person, root: Person
) -> None:
    lifecycle.cancel(asked, by(root))

    with pytest.raises(Invalid, match="nothing to approve"):
        approvals.approve(asked, by(dora))


def test_what_waits_for_nobody_is_not_approved(qa: Environment, dora: Person) -> None:
    other = build.deployment(qa, dora, "a" * 40)

    with pytest.raises(Invalid, match="waits for nobody's approval"):
        approvals.approve(other, by(dora))


def test_who_lost_the_right_since_approved_nothing(asked: Deployment, dora: Person) -> None:
    approvals.approve(asked, by(dora))
    Role.objects.filter(person=dora).delete()

    clearing.clear(kept(asked))

    done = kept(asked)
    assert (done.status, done.reason) == ("error", "settings")
    assert "Dora may not deploy to hello/qa" in done.note


def test_nor_did_who_may_deploy_still_and_approve_no_more(asked: Deployment, dora: Person) -> None:
    approvals.approve(asked, by(dora))
    Role.objects.filter(person=dora).update(name="deployer")

    clearing.clear(kept(asked))

    done = kept(asked)
    assert (done.status, done.reason) == ("error", "settings")
    assert "Dora may not approve deployments to hello/qa" in done.note


def test_without_an_answer_it_ends_in_time(asked: Deployment, settings: object) -> None:
    settings.SHIPMATE_WAITING_DEADLINE = -1  # type: ignore[attr-defined]

    clearing.clear(kept(asked))

    done = kept(asked)
    assert (done.status, done.note) == ("error", "Nobody approved it in time.")


def test_who_may_approve_is_told_what_waits(
    asked: Deployment, dora: Person, alice: Person, octo: Person
) -> None:
    assert reading.among(dora, [asked]) == [asked]
    assert reading.among(alice, [asked]) == reading.among(octo, [asked]) == []
    assert reading.who_may(asked) == [dora, build.maker()]
