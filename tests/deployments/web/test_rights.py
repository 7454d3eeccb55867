"""Right × role on the pages: each door of deployments and locks, asked by each role."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Environment
from deployments.rights import RANK
from tests.deployments import build
from tests.deployments.acts import ACTS, COVERING, ROLES, SCOPES, Act, acted, scopes, somebody
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


@pytest.mark.parametrize("where", SCOPES)
@pytest.mark.parametrize("role", RANK)
@pytest.mark.parametrize("act", ACTS, ids=str)
def test_a_role_counts_where_it_was_given(
    act: Act, role: str, where: str, client: Client, qa: Environment, repository: Repository
) -> None:
    person = somebody(role, scopes(qa)[where])
    there = act.before(qa, person, repository)
    client.force_login(person)
    before, allowed = acted(), where in COVERING and act.allowed(role)

    status = ask(client, act, there.pk if there else 0)

    assert (acted() > before) is allowed
    assert status == 302 if allowed else status in (403, 409)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_and_comments(role: str, client: Client, qa: Environment) -> None:
    there = build.live(qa, build.maker(), "a" * 40)
    client.force_login(somebody(role))

    assert client.get(there.get_absolute_url()).status_code == 200
    client.post(f"{there.get_absolute_url()}comment/", {"text": "seen"})

    assert there.comments.count() == 1
