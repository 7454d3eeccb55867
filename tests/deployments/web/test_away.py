"""An environment whose repository is away, or does not answer."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from deployments.forges import git
from deployments.models import Deployment, Environment, Person
from deployments.models import Repository as RepositoryRow
from deployments.selectors import environments
from tests.deployments import build
from tests.deployments.web.production import PAGE, send, sha, text, words
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow  # looks at a page


def test_a_silent_repository_is_a_banner_not_a_fault(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))
    text(as_alice)
    shutil.move(repository.path, repository.path.with_suffix(".away"))

    page = text(as_alice)

    assert "cannot be read" in page and "as of" in page and "Say it three times" in page
    standing = page.split('id="blockers"')[1].split("</ul>")[0]
    assert "There is no folder" in standing and "begins by itself when it answers" in standing


def test_a_repository_that_is_away_stands_beside_the_other_reasons(
    as_alice: Client, production: Environment, repository: Repository
) -> None:
    production.ssh_key.delete()
    shutil.move(repository.path, repository.path.with_suffix(".away"))

    assert "2 things stand in the way" in text(as_alice)
    refused = words(send(as_alice, ref="main")).split("Not started.")[1].split("</ul>")[0]
    assert "no SSH key" in refused and "There is no folder" in refused


def test_alone_it_makes_a_deployment_wait(
    as_alice: Client, production: Environment, repository: Repository
) -> None:
    shutil.move(repository.path, repository.path.with_suffix(".away"))

    assert "aria-disabled" not in text(as_alice)
    assert send(as_alice, ref="main").status_code == 302
    assert Deployment.objects.get().status == "pending"


def test_for_a_commit_that_is_at_hand_nothing_is_waited_for(
    as_alice: Client, production: Environment, repository: Repository
) -> None:
    text(as_alice)
    seen = sha(repository)
    shutil.move(repository.path, repository.path.with_suffix(".away"))

    page = text(as_alice, f"{PAGE}?ref={seen}")

    assert "Deploy to production" in page and 'id="blockers"' not in page


@pytest.fixture
def gone(as_alice: Client, production: Environment) -> None:
    """The repository is on another machine, and a page has just found it away."""
    RepositoryRow.objects.update(location="https://127.0.0.1:1/hello.git")
    text(as_alice)


@pytest.mark.usefixtures("gone")
def test_no_page_waits_for_a_repository_that_was_away_a_moment_ago(
    as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "SPARED", timedelta(hours=1))
    asked = spy(monkeypatch)

    assert "cannot be reached" in text(as_alice).split('id="blockers"')[1]
    assert 'role="alert">' in text(as_alice, f"{PAGE}?ref=main")
    assert asked == []


@pytest.mark.usefixtures("gone")
def test_after_a_while_it_is_asked_again(as_alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "SPARED", timedelta(0))
    asked = spy(monkeypatch)

    text(as_alice)

    assert "ls-remote" in asked


def spy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what git is asked to do from now on."""
    asked, run = list[str](), git.run

    def noted(place: Any, arguments: list[str], **more: Any) -> git.Output:
        asked.append(arguments[0])
        return run(place, arguments, **more)

    monkeypatch.setattr(git, "run", noted)
    return asked
