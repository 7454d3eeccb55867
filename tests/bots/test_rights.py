"""Right × role in chat: each line that acts, said by each role."""

from __future__ import annotations

import pytest

from deployments.models import Environment
from tests.bots.talking import Talk
from tests.deployments.acts import ACTS, ROLES, Act, acted, somebody
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
