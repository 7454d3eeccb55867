from __future__ import annotations

import inspect

import pytest

from deployments.exceptions import Invalid
from deployments.forges import FORGES, forge
from deployments.forges.contract import Forge

QUESTIONS = [name for name in vars(Forge) if not name.startswith("_")]


@pytest.mark.parametrize("name", FORGES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_every_forge_answers_every_question(name: str, question: str) -> None:
    answer = inspect.signature(getattr(type(forge(name)), question))

    assert answer == inspect.signature(getattr(Forge, question))


def test_an_unknown_forge_is_refused_with_those_that_exist() -> None:
    with pytest.raises(Invalid, match=r"no forge “sourcesafe”\. There is: local"):
        forge("sourcesafe")
