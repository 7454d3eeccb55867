"""What a deployment does is decided once, and comes out the same for whoever goes on with it."""

from __future__ import annotations

import pytest

from deployments.exceptions import DeploymentError
from deployments.models import Deployment, Environment, Person, PhaseRun
from deployments.services import credentials, plan
from tests.deployments import build
from tests.deployments.services.conftest import SHA, copy

pytestmark = pytest.mark.django_db


def frozen(environment: Environment, person: Person, **fields: object) -> Deployment:
    """Write a deployment that succeeded and whose settings are frozen."""
    deployment = build.live(environment, person, SHA, **fields)
    return freeze(deployment)


def freeze(deployment: Deployment) -> Deployment:
    deployment.settings = plan.freeze(deployment)
    deployment.save(update_fields=["settings"])
    return copy(deployment)


def back_to(target: Deployment, person: Person) -> Deployment:
    """Ask for the way back to a release."""
    made = build.deployment(
        target.environment, person, SHA, status="queued", kind="rollback", parent=target
    )
    return copy(made)


def set_up(environment: Environment, **settings: object) -> None:
    environment.settings = settings
    environment.save(update_fields=["settings"])


def test_the_environment_says_otherwise_than_its_application(
    here: Environment, queued: Deployment
) -> None:
    set_up(here, build=["make here"])

    settings = plan.freeze(copy(queued))["settings"]

    assert (settings["build"], settings["restart"]) == (["make here"], ["systemctl restart web"])


def test_hosts_are_frozen_with_all_it_takes_to_reach_them(queued: Deployment) -> None:
    first = plan.freeze(queued)["hosts"][0]

    assert first == {
        "name": "plain-here-1",
        "address": "plain-here-1.invalid",
        "port": 22,
        "user": "deploy",
        "host_keys": [build.HOST_KEY],
        "roles": ["web"],
    }


def test_hosts_are_chosen_by_name_and_by_role(here: Environment, queued: Deployment) -> None:
    here.placements.filter(host__name="plain-here-2").update(roles=["db"])

    for asked, expected in (["db"], ["plain-here-2"]), (["plain-here-1"], ["plain-here-1"]):
        queued.hosts = asked
        assert [host["name"] for host in plan.freeze(queued)["hosts"]] == expected


def test_hosts_that_are_gone_are_a_refusal(queued: Deployment) -> None:
    queued.hosts = ["plain-here-9"]

    with pytest.raises(DeploymentError, match="has no such hosts any more"):
        plan.freeze(queued)


def test_secrets_are_frozen_as_marks(here: Environment, queued: Deployment) -> None:
    credentials.set_secret("TOKEN", "hunter2hunter2", build.maker(), environment=here)

    marks = plan.freeze(copy(queued))["secrets"]

    assert list(marks) == ["TOKEN"]
    assert "hunter2" not in str(marks)


def test_the_way_back_takes_the_commands_of_then_and_the_folder_of_today(
    here: Environment, alice: Person
) -> None:
    set_up(here, restart=["then"], path="~/then")
    target = frozen(here, alice)
    set_up(here, restart=["today"], path="~/today")

    settings = plan.freeze(back_to(target, alice))["settings"]

    assert (settings["restart"], settings["path"]) == (["then"], "~/today")


def test_a_release_in_another_folder_is_sent_again(here: Environment, alice: Person) -> None:
    target = frozen(here, alice)
    assert plan.freeze(back_to(target, alice))["returns"]

    set_up(here, path="~/elsewhere")

    assert not plan.freeze(back_to(target, alice))["returns"]


def test_the_way_back_to_a_way_back_is_the_release_it_led_to(
    here: Environment, alice: Person
) -> None:
    target = frozen(here, alice)
    back = frozen(here, alice, kind="rollback", parent=target)

    assert plan.freeze(back_to(back, alice))["release"] == target.release_name


def test_so_many_are_kept_and_what_runs(here: Environment, alice: Person) -> None:
    set_up(here, keep=2)
    old, *_, newest = [build.live(here, alice, SHA) for _ in range(4)]
    Environment.objects.filter(pk=here.pk).update(current=old)

    deployment = copy(build.deployment(here, alice, SHA, status="queued"))

    assert plan.freeze(deployment)["keep"] == [d.release_name for d in (deployment, newest, old)]


def test_the_same_frozen_settings_give_the_same_phases(here: Environment, alice: Person) -> None:
    deployment = frozen(here, alice)
    first = plan.phases(deployment)
    set_up(here, build=["something else"])
    here.placements.all().delete()

    assert plan.phases(copy(deployment)) == first
    assert plan.context(copy(deployment)) == plan.context(deployment)


def test_a_row_for_each_phase_and_host_is_laid_out_once(here: Environment, alice: Person) -> None:
    deployment = frozen(here, alice)
    planned = plan.phases(deployment)

    plan.lay_out(deployment, planned)
    PhaseRun.objects.update(status="success")
    plan.lay_out(deployment, planned)

    rows = PhaseRun.objects.filter(deployment=deployment)
    assert rows.count() == sum(len(phase.scripts) for phase in planned)
    assert not rows.exclude(status="success").exists()


def test_freezing_costs_the_same_for_two_hosts_and_for_many(
    here: Environment, queued: Deployment, django_assert_max_num_queries: object
) -> None:
    for number in range(3, 20):
        build.place(here, f"plain-here-{number}")

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        plan.freeze(copy(queued))
