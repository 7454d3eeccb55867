"""A plan is carried out exactly as it was shown, once, within its time, or not at all."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from deployments.exceptions import Invalid, NotAllowed, NotFound, Refused, RepositoryAway
from deployments.models import (
    CommitStatus,
    Deployment,
    Environment,
    Host,
    Person,
    Plan,
    Secret,
    SshKey,
)
from deployments.plans import Asked
from deployments.services import locks, plans, queue
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments.services import elsewhere
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(qa: Environment, alice: Person) -> Plan:
    """Alice's plan to bring main to qa."""
    return planned(qa, alice, ref="main")


def planned(environment: Environment, person: Person, **asked: Any) -> Plan:
    made, _ = plans.make(Asked(environment=environment, **asked), person)
    return plans.plan_for(person, made.code)


def use(plan: Plan, person: Person, key: str = "") -> Deployment:
    return plans.use(plans.plan_for(person, plan.code), Door(person, "chat", key))


def refusals(plan: Plan, person: Person) -> str:
    """Return what stands against it; nothing may have been done."""
    before = Deployment.objects.count()
    with pytest.raises(Refused) as refused:
        use(plan, person)
    assert Deployment.objects.count() == before
    assert Plan.objects.get(pk=plan.pk).deployment is None
    return str(refused.value)


# ---- Making ----


def test_a_plan_does_nothing(plan: Plan) -> None:
    assert not Deployment.objects.exists()


def test_a_code_begins_with_a_digit_and_is_short(plan: Plan) -> None:
    assert len(plan.code) == 4 and plan.code[0].isdigit()


def test_it_shows_commits_hosts_phases_and_blockers(
    qa: Environment, alice: Person, bob: Person, repository: Repository
) -> None:
    build.live(qa, alice, repository.git("rev-parse", "v2^{commit}"))

    _, shown = plans.make(Asked(environment=qa), bob)

    assert shown.review.comparison is not None
    assert [c.subject for c in shown.review.comparison.commits] == ["Say it three times"]
    assert shown.review.hosts == ["hello-qa-1"]
    assert "build" in [step.name for step in shown.review.steps]
    assert [blocker.code for blocker in shown.blockers] == ["not_allowed"]


def test_what_the_app_does_not_declare_is_no_plan(qa: Environment, alice: Person) -> None:
    with pytest.raises(Refused, match="declares no parameter REGION"):
        planned(qa, alice, parameters={"REGION": "eu"})


def test_a_ref_that_is_not_there_is_no_plan(qa: Environment, alice: Person) -> None:
    with pytest.raises(Exception, match="nowhere"):
        planned(qa, alice, ref="nowhere")

    assert not Plan.objects.exists()


# ---- Using ----


def test_it_deploys_exactly_what_was_shown(
    qa: Environment, alice: Person, repository: Repository
) -> None:
    plan = planned(qa, alice, ref="v2", hosts=["hello-qa-1"], why="it is time")

    made = use(plan, alice)

    assert (made.sha, made.ref) == (repository.git("rev-parse", "v2^{commit}"), "v2")
    assert (made.hosts, made.why, made.status) == (["hello-qa-1"], "it is time", "queued")
    assert made.subject == "Say it twice"


def test_parameters_are_part_of_it(qa: Environment, alice: Person) -> None:
    qa.settings = {"parameters": {"REGION": "eu|us"}}
    qa.save(update_fields=["settings"])

    assert use(planned(qa, alice, parameters={"REGION": "eu"}), alice).parameters == {
        "REGION": "eu"
    }


def test_another_with_the_right_uses_it(plan: Plan, dora: Person) -> None:
    assert use(plan, dora).person == dora


def test_without_the_right_nobody_uses_it(plan: Plan, bob: Person) -> None:
    assert "Bob may not deploy to hello/qa" in refusals(plan, bob)


def test_it_counts_once(plan: Plan, alice: Person) -> None:
    made = use(plan, alice)

    with pytest.raises(Invalid, match=f"was carried out already, as #{made.pk}"):
        use(plan, alice)
    assert Deployment.objects.count() == 1


def test_the_same_line_again_gives_the_same_deployment(plan: Plan, alice: Person) -> None:
    assert use(plan, alice, key="post:1") == use(plan, alice, key="post:1")


def test_after_its_time_it_is_over(plan: Plan, alice: Person) -> None:
    Plan.objects.update(created_at=timezone.now() - timedelta(minutes=16))

    with pytest.raises(Invalid, match=r"15 minutes .* are over. Plan anew: plan hello/main to qa"):
        use(plan, alice)


def test_an_unknown_code_is_no_plan(alice: Person, plan: Plan) -> None:
    with pytest.raises(NotFound, match="There is no plan “zzzz”"):
        plans.plan_for(alice, "zzzz")


def test_who_may_see_nothing_sees_no_plan(plan: Plan, charlie: Person) -> None:
    with pytest.raises(NotFound):
        plans.plan_for(charlie, plan.code)


def test_old_plans_are_forgotten(plan: Plan, qa: Environment, alice: Person) -> None:
    Plan.objects.update(created_at=timezone.now() - timedelta(days=2))

    newer = planned(qa, alice)

    assert list(Plan.objects.all()) == [newer]


def test_a_maintainer_plans_past_checks_and_the_deployment_says_so(
    qa: Environment, dora: Person
) -> None:
    Environment.objects.filter(pk=qa.pk).update(checks="all")
    qa.refresh_from_db()
    plan = planned(qa, dora, force=True)

    made = use(plan, dora)

    assert made.forced and made.forced_past == ["no check was reported"]


def test_a_forced_plan_is_for_those_who_may_force(
    qa: Environment, alice: Person, dora: Person
) -> None:
    with pytest.raises(NotAllowed, match="go past the checks of hello/qa"):
        planned(qa, alice, force=True)

    assert "Alice may not go past the checks of" in refusals(planned(qa, dora, force=True), alice)


def test_checks_that_have_not_passed_stand_in_the_way(qa: Environment, alice: Person) -> None:
    Environment.objects.filter(pk=qa.pk).update(checks="all")
    qa.refresh_from_db()

    assert "no check was reported" in refusals(planned(qa, alice), alice)


# ---- What has moved ----


def test_a_branch_that_moved_is_named(plan: Plan, alice: Person, repository: Repository) -> None:
    moved = repository.commit({"app.py": "4\n"}, "Say it four times")

    text = refusals(plan, alice)

    assert f"main is at {moved[:7]} now, not at {plan.sha[:7]}." in text


def test_a_branch_that_is_gone_is_named(
    qa: Environment, alice: Person, repository: Repository
) -> None:
    repository.git("branch", "topic", "v2")
    plan = planned(qa, alice, ref="topic")
    repository.git("branch", "-D", "topic")

    with pytest.raises(Exception, match="topic"):
        use(plan, alice)
    assert not Deployment.objects.exists()


def test_another_release_is_named(plan: Plan, alice: Person, qa: Environment) -> None:
    made = build.live(qa, alice, "b" * 40)

    assert f"hello/qa runs #{made.pk} now" in refusals(plan, alice)


def test_a_deployment_on_its_way_is_named(plan: Plan, alice: Person, qa: Environment) -> None:
    made = build.deployment(qa, alice, "b" * 40, status="queued")

    assert f"#{made.pk} is on its way to hello/qa now." in refusals(plan, alice)


def test_a_host_more_and_another_address_are_named(
    plan: Plan, alice: Person, qa: Environment
) -> None:
    build.place(qa, "second")
    Host.objects.filter(name="hello-qa-1").update(address="elsewhere.invalid")

    assert "The hosts of hello/qa have changed: hello-qa-1, second." in refusals(plan, alice)


def test_a_changed_command_is_named(plan: Plan, alice: Person, qa: Environment) -> None:
    qa.settings = {"build": ["make all"]}
    qa.save(update_fields=["settings"])

    assert "The settings of hello/qa have changed: build." in refusals(plan, alice)


def test_a_changed_secret_is_named(plan: Plan, alice: Person, qa: Environment) -> None:
    Secret.objects.create(environment=qa, name="TOKEN", value_encrypted=b"x", fingerprint="f")

    assert "The secrets of hello/qa have changed: TOKEN." in refusals(plan, alice)


def test_another_key_is_named(plan: Plan, alice: Person, qa: Environment) -> None:
    SshKey.objects.filter(environment=qa).update(fingerprint="another")

    assert "The secrets of hello/qa have changed: SSH key." in refusals(plan, alice)


def test_a_check_that_failed_since_is_named(plan: Plan, alice: Person, qa: Environment) -> None:
    CommitStatus.objects.create(
        repository=qa.application.repository, sha=plan.sha, context="ci/test", state="failure"
    )

    assert "The check ci/test is failure now, not missing." in refusals(plan, alice)


def test_another_rule_for_checks_is_named(plan: Plan, alice: Person, qa: Environment) -> None:
    Environment.objects.filter(pk=qa.pk).update(required_contexts=["ci/test"])

    assert "What hello/qa asks of who deploys, or of checks, has changed." in refusals(plan, alice)


def test_a_lock_is_named(plan: Plan, alice: Person, dora: Person, qa: Environment) -> None:
    locks.take(qa, Door(dora, "web"), reason="mine")

    assert "Dora locked hello/qa" in refusals(plan, alice)


def test_ones_own_lock_is_named_too(plan: Plan, alice: Person, qa: Environment) -> None:
    locks.take(qa, Door(alice, "web"))

    assert "Alice locked hello/qa" in refusals(plan, alice)


def test_a_lock_that_is_gone_is_named(qa: Environment, alice: Person) -> None:
    locks.take(qa, Door(alice, "web"))
    plan = planned(qa, alice)
    locks.release(qa, Door(alice, "web"))

    assert "hello/qa is not locked any more." in refusals(plan, alice)


def test_all_that_moved_is_named_with_the_line_that_plans_anew(
    plan: Plan, alice: Person, qa: Environment, repository: Repository
) -> None:
    repository.commit({"app.py": "4\n"}, "Say it four times")
    build.place(qa, "second")

    with pytest.raises(Refused) as refused:
        use(plan, alice)

    assert len(refused.value.reasons) == 2
    assert refused.value.lines == ("plan hello/main to qa",)


def test_a_repository_that_is_away_lets_nothing_be_done(
    plan: Plan, alice: Person, repository: Repository
) -> None:
    shutil.move(repository.path, repository.path.with_name("away.git"))

    with pytest.raises(RepositoryAway):
        use(plan, alice)

    assert not Deployment.objects.exists()


def test_a_plan_that_is_not_marked_is_not_carried_out(plan: Plan, alice: Person) -> None:
    stale = plans.plan_for(alice, plan.code)
    other = build.deployment(plan.environment, alice, "b" * 40)
    Plan.objects.update(deployment=other)

    with pytest.raises(Invalid, match="was carried out already"):
        plans.use(stale, Door(alice, "web"))

    assert Deployment.objects.count() == 1


def test_what_dies_on_the_way_leaves_the_code_unused(
    plan: Plan, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(queue, "ring", _dies)
        with pytest.raises(OSError, match="gone"):
            use(plan, alice)
    assert not Deployment.objects.exists()

    assert use(plan, alice).status == "queued"


def _dies(*given: Any) -> None:
    raise OSError("gone")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_two_who_use_it_at_once_one_deploys(
    qa: Environment, alice: Person, dora: Person
) -> None:
    plan = planned(qa, alice)

    users = [elsewhere.process(_uses(plan, person)) for person in (alice, dora)]
    elsewhere.go(*users)

    assert sorted(elsewhere.answers(*users)) == ["deployed", "refused"]
    assert Deployment.objects.count() == 1


def _uses(plan: Plan, person: Person) -> str:
    return (
        "from deployments.models import Person\n"
        "from deployments.services import lifecycle, plans\n"
        "from deployments.exceptions import DeploymentError\n"
        f"person = Person.objects.get(pk={person.pk})\n"
        f"plan = plans.plan_for(person, '{plan.code}')\n"
        "try: plans.use(plan, lifecycle.Door(person, 'web'))\n"
        "except DeploymentError: print('refused')\n"
        "else: print('deployed')\n"
    )
