"""What auto-merge leaves alone, whoever asks by whatever door, and however a name may mislead."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from deployments.exceptions import Refused
from deployments.models import Application, Change, Deployment, Environment, ForgeAccount, Person
from deployments.selectors import code
from deployments.services import applications, clearing, creations, lifecycle, tokens
from deployments.services.creations import Creation
from deployments.services.lifecycle import Door
from deployments.services.merging import MERGED
from tests.deployments import build
from tests.deployments import merging as merging_of
from tests.deployments.api.conftest import Script
from tests.deployments.api.github.conftest import WEB, Caller
from tests.deployments.services.conftest import copy, tip
from tests.deployments.services.queueing import drain
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db

Ask = Callable[[str, Person], object]
UID = 583231


@pytest.fixture
def branch(hello: Application, repository: Repository) -> str:
    """A branch that lacks one commit of main, in an app that wants that merged; a tag is on it."""
    made = merging_of.lagging(hello, repository)
    repository.tag("v-fix", made)
    return made


def by_page(ref: str, person: Person) -> object:
    client = Client()
    client.force_login(person)
    return client.post("/apps/hello/qa/deploy/", {"ref": ref})


def by_api(ref: str, person: Person) -> object:
    asked = {"app": "hello", "environment": "qa", "ref": ref}
    return Script(person).post("deployments/", asked)


def by_githubs_api(ref: str, person: Person) -> object:
    asked = {"ref": ref, "environment": "qa", "auto_merge": True}
    token = tokens.make(person, "bot", by=build.maker())[1]
    return Caller(token).post(f"{WEB}/deployments", asked)


def by_webhook(ref: str, person: Person) -> object:
    """As GitHub tells it: the commit, and what it was called."""
    app = Application.objects.get(name="hello")
    at = "https://api.github.com"
    ForgeAccount.objects.create(person=person, base_url=at, uid=UID, login="octocat")
    told = Creation(
        remote_id=1,
        sha=code.resolve(app, ref).sha,
        ref=ref,
        task="deploy",
        environment="qa",
        description="",
        payload={"auto_merge": True},
        base_url=at,
        uid=UID,
        login="octocat",
        created_at=timezone.now(),
    )
    return creations.perform(app.repository, creations.look_at(app.repository, told))


DOORS = [by_page, by_api, by_githubs_api, by_webhook]


def as_it_is(made: Deployment, branch: str, repository: Repository) -> bool:
    """Return whether the commit itself goes out, and the branch is where it was."""
    drain("chat")
    kept = copy(made)
    assert not Change.objects.filter(verb=MERGED).exists()
    assert tip(repository, "refs/heads/fix-login") == branch
    return (kept.status, kept.sha, kept.merging) == ("queued", branch, None)


@pytest.mark.parametrize("ask", DOORS)
@pytest.mark.parametrize("ref", ["v-fix", "refs/tags/v-fix", "sha", "short", "SHORT"])
def test_tags_and_commits_go_out_as_they_are(
    alice: Person, repository: Repository, branch: str, ask: Ask, ref: str
) -> None:
    names = {"sha": branch, "short": branch[:9], "SHORT": branch[:9].upper()}

    ask(names.get(ref, ref), alice)

    assert as_it_is(Deployment.objects.get(), branch, repository)


@pytest.mark.parametrize("ask", DOORS)
def test_without_the_switch_no_door_merges(
    alice: Person, repository: Repository, branch: str, ask: Ask
) -> None:
    Application.objects.update(auto_merge=False)

    ask("fix-login", alice)

    assert as_it_is(Deployment.objects.get(), branch, repository)


def test_what_github_created_for_a_branch_is_that_commit(
    alice: Person, repository: Repository, branch: str
) -> None:
    by_webhook("fix-login", alice)

    assert as_it_is(Deployment.objects.get(), branch, repository)


@pytest.mark.parametrize("before", [by_page, by_githubs_api, by_webhook])
def test_a_retry_of_what_had_a_commit_keeps_it(
    alice: Person, repository: Repository, branch: str, before: Ask
) -> None:
    before("v-fix", alice)
    first = Deployment.objects.get()
    lifecycle.cancel(first, Door(alice, "web"))

    assert as_it_is(lifecycle.retry(copy(first), Door(alice, "chat")), branch, repository)


def test_a_new_app_has_it_off(root: Person, repository: Repository) -> None:
    assert not applications.add("other", str(repository.path), root).auto_merge


# ---- Names that mislead ----


@pytest.mark.parametrize("ref", ["fix-login", "refs/heads/fix-login"])
def test_a_branch_that_is_called_as_a_tag_is_refused_or_meant_in_full(
    qa: Environment, at_the_door: Door, repository: Repository, branch: str, ref: str
) -> None:
    repository.tag("fix-login", branch)

    if ref == "fix-login":
        with pytest.raises(Refused, match="means 2 things"):
            lifecycle.request(qa, ref, at_the_door)
        return
    lifecycle.request(qa, ref, at_the_door)
    drain("chat")
    assert tip(repository, "refs/heads/fix-login") != branch
    assert tip(repository, "refs/tags/fix-login") == branch


def test_the_tag_that_is_called_as_a_branch_moves_nothing(
    qa: Environment, at_the_door: Door, repository: Repository, branch: str
) -> None:
    repository.tag("fix-login", branch)

    made = lifecycle.request(qa, "refs/tags/fix-login", at_the_door)

    assert as_it_is(made, branch, repository)


def test_a_branch_that_is_called_as_a_short_commit_is_refused(
    qa: Environment, at_the_door: Door, repository: Repository, branch: str
) -> None:
    repository.branch(branch[:9], branch)

    with pytest.raises(Refused, match="means 2 things"):
        lifecycle.request(qa, branch[:9], at_the_door)


def test_a_branch_that_is_called_as_a_whole_commit_is_never_it(
    qa: Environment, at_the_door: Door, repository: Repository, branch: str
) -> None:
    repository.git("update-ref", f"refs/heads/{branch}", tip(repository, "main^^"))

    assert as_it_is(lifecycle.request(qa, branch, at_the_door), branch, repository)


def test_what_was_away_when_its_name_was_a_tags_is_no_branch_now(
    qa: Environment, at_the_door: Door, repository: Repository, branch: str
) -> None:
    away = repository.path.rename(repository.path.with_name("away.git"))
    made = lifecycle.request(qa, "v-fix", at_the_door)
    away.rename(repository.path)
    repository.branch("v-fix", branch)

    clearing.clear(copy(made))

    assert (copy(made).status, copy(made).sha) == ("error", "")
    assert "means 2 things" in copy(made).note


# ---- Another repository ----


def test_an_app_that_takes_its_code_from_elsewhere_has_it_off_there(
    hello: Application, dora: Person, branch: str, repository: Repository
) -> None:
    elsewhere = build.repository(repository.path.parent, "elsewhere")

    applications.move(hello, str(elsewhere.path), dora)

    assert not Application.objects.get(pk=hello.pk).auto_merge
    put_off = Change.objects.get(verb="application.changed", subject__contains="auto-merge")
    assert (put_off.person, put_off.old, put_off.new) == (dora, "yes", "no")


def test_an_app_that_only_reads_it_anew_keeps_it(
    hello: Application, dora: Person, branch: str, repository: Repository
) -> None:
    applications.move(hello, str(repository.path), dora)

    assert Application.objects.get(pk=hello.pk).auto_merge
