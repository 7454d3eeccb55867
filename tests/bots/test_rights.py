"""Right × role in chat: each line that acts, said by each role."""

from __future__ import annotations

import pytest

from deployments.models import Environment
from deployments.rights import RANK
from tests.bots.talking import Talk
from tests.deployments.acts import ACTS, COVERING, ROLES, SCOPES, Act, acted, scopes, somebody
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", ACTS, ids=str)
def test_each_line_takes_its_right(
    act: Act, role: str, say: Talk, qa: Environment, repository: Repository
) -> None:
    person = somebody(role)
    there = act.before(qa, person, repository)
    before = acted()

    answer = say.as_(person)(act.line.format(n=there.pk if there else 0))

    assert (acted() > before) is act.allowed(role)
    assert act.allowed(role) or "Ask " in answer


@pytest.mark.parametrize("where", SCOPES)
@pytest.mark.parametrize("role", RANK)
@pytest.mark.parametrize("act", ACTS, ids=str)
def test_a_role_counts_where_it_was_given(
    act: Act, role: str, where: str, say: Talk, qa: Environment, repository: Repository
) -> None:
    person = somebody(role, scopes(qa)[where])
    there = act.before(qa, person, repository)
    before, allowed = acted(), where in COVERING and act.allowed(role)

    say.as_(person)(act.line.format(n=there.pk if there else 0))

    assert (acted() > before) is allowed
