"""What clouds have in common beyond what every provider keeps (test_provider_contract.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import providers
from deployments.blockers import blockers
from deployments.services import lifecycle
from tests.deployments.services import clouds
from tests.deployments.services.clouds import Cloud
from tests.deployments.services.here import until_it_says
from tests.deployments.services.world import Meanwhile, log_of

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("short_lease")]


@pytest.fixture(params=providers.without_hosts())
def cloud(
    request: pytest.FixtureRequest, transactional_db: None, tmp_path: Path
) -> Iterator[Cloud]:
    with clouds.at(request.param, tmp_path) as made:
        yield made


def test_a_cancel_in_the_middle_asks_the_cloud_to_stop(cloud: Cloud) -> None:
    cloud.hold()
    under_way = Meanwhile(cloud.world.ask())
    until_it_says(under_way.deployment, cloud.begun)

    lifecycle.cancel(cloud.world.now(under_way.deployment), cloud.world.door)

    assert cloud.stopped in log_of(under_way.end())


def test_hosts_cannot_be_chosen(cloud: Cloud) -> None:
    found = blockers(cloud.world.environment, cloud.world.alice, hosts=["web-1"])

    assert "is deployed to as a whole" in " ".join(map(str, found))


def test_without_its_secrets_nothing_begins(cloud: Cloud) -> None:
    cloud.world.environment.application.secrets.all().delete()

    found = blockers(cloud.world.environment, cloud.world.alice)

    assert {blocker.code for blocker in found} == {"no_secret"}
