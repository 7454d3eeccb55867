"""What the forge says of an application's code."""

from __future__ import annotations

import pytest

from deployments.exceptions import ForgeError
from deployments.models import Application
from deployments.selectors import code
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


def test_a_branch_a_tag_and_nothing_lead_to_commits(
    hello: Application, repository: Repository
) -> None:
    main, second = repository.git("rev-parse", "main"), repository.git("rev-parse", "main~1")

    assert code.resolve(hello, "main").sha == code.resolve(hello, "").sha == main
    assert code.resolve(hello, "v2").sha == second


def test_what_is_not_there_is_refused(hello: Application) -> None:
    with pytest.raises(ForgeError, match="nonsense"):
        code.resolve(hello, "nonsense")


def test_commits_come_newest_first(hello: Application) -> None:
    subjects = [commit.subject for commit in code.commits(hello, "main", 2)]

    assert subjects == ["Say it three times", "Say it twice"]


def test_two_commits_are_compared(hello: Application) -> None:
    base, head = (code.resolve(hello, ref).sha for ref in ("v2", "main"))

    comparison = code.between(hello, base, head)

    assert (comparison.ahead, comparison.behind) == (1, 0)
    diff = code.diff(hello, base, head)
    assert sorted(file.path for file in diff.files) == ["app.py", "new.txt"]


def test_branches_and_tags_are_listed(hello: Application) -> None:
    refs = code.refs(hello)

    assert (refs.default, [tag.name for tag in refs.tags]) == ("main", ["v2"])


def test_the_mirror_is_on_this_machine(hello: Application) -> None:
    sha = code.resolve(hello, "main").sha

    assert (code.mirror(hello, sha) / "objects").is_dir()
