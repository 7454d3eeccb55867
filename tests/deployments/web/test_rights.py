"""Right × role on the pages: each door of deployments and locks, asked by each role."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Environment
from tests.deployments import build
from tests.deployments.acts import ACTS, ROLES, Act, acted, somebody
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow


def ask(client: Client, act: Act, number: int) -> int:
    data = {key: value.format(n=number) for key, value in act.data.items()}
    return client.post(act.address.format(n=number), data).status_code


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS, ids=str)
def test_each_door_takes_its_right(
    act: Act, role: str, client: Client, qa: Environment, repository: Repository
) -> None:
    person = somebody(role)
    there = act.before(qa, person, repository)
    client.force_login(person)
    before = acted()

    status = ask(client, act, there.pk if there else 0)

    assert (acted() > before) is act.allowed(role)
    assert (status == 302) is act.allowed(role)


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_a_role_for_another_environment_opens_nothing_here(
    act: Act, client: Client, qa: Environment, production: Environment, repository: Repository
) -> None:
    person = somebody("admin", production)
    there = act.before(qa, person, repository)
    client.force_login(person)
    before = acted()

    assert ask(client, act, there.pk if there else 0) in (403, 409)
    assert acted() == before


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_and_comments(role: str, client: Client, qa: Environment) -> None:
    there = build.live(qa, build.maker(), "a" * 40)
    client.force_login(somebody(role))

    assert client.get(there.get_absolute_url()).status_code == 200
    client.post(f"{there.get_absolute_url()}comment/", {"text": "seen"})

    assert there.comments.count() == 1
