"""A branch is deployed with what the default branch has: merged first, once, by a worker."""

from __future__ import annotations

import pytest

from deployments.exceptions import Refused
from deployments.models import Application, Change, Deployment, Environment, Person
from deployments.plans import Asked
from deployments.services import (
    checks,
    clearing,
    contexts,
    lifecycle,
    locks,
    people,
    plans,
    promotion,
)
from deployments.services.lifecycle import Door
from tests.deployments import build
from tests.deployments import merging as merging_of
from tests.deployments.merging import FIRST
from tests.deployments.services.conftest import copy, tip
from tests.deployments.services.queueing import bells, drain
from tests.servers.repositories import Repository

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch(hello: Application, repository: Repository) -> str:
    """A branch that lacks one commit of main; its app wants that merged."""
    return merging_of.lagging(hello, repository)


@pytest.fixture
def asked(qa: Environment, at_the_door: Door, branch: str) -> Deployment:
    return lifecycle.request(qa, "fix-login", at_the_door)


def gate(place: Environment, *names: str) -> None:
    place.checks, place.required_contexts = "named", list(names)
    place.save()


def say(deployment: Deployment, person: Person, name: str = "ci", state: str = "success") -> None:
    where = deployment.environment.application.repository
    checks.report(where, deployment.sha, person, context=name, state=state)


@pytest.mark.usefixtures("carrier")
def test_it_waits_without_a_commit_and_a_worker_is_told(asked: Deployment) -> None:
    kept = copy(asked)

    assert (kept.status, kept.sha, kept.waits_for) == ("pending", "", "merge")
    assert kept.note == "main is merged into fix-login first (1 commit)."
    assert ("deployments.tasks.clear", (asked.pk,)) in bells("chat")


def test_nothing_is_merged_before_it_is_written(
    asked: Deployment, branch: str, repository: Repository
) -> None:
    assert tip(repository, "fix-login") == branch


def test_the_worker_merges_and_it_goes_on(
    asked: Deployment, branch: str, repository: Repository
) -> None:
    drain("chat")

    kept, sha = copy(asked), tip(repository, "fix-login")
    assert (kept.status, kept.sha, kept.ref) == ("queued", sha, "fix-login")
    assert (kept.note, kept.subject) == (FIRST, "Mend it")
    assert repository.git("rev-parse", f"{sha}^1", f"{sha}^2").split() == [
        branch, tip(repository),
    ]  # fmt: skip


def test_who_asked_is_its_author_by_no_address_that_is_not_there(
    asked: Deployment, alice: Person, repository: Repository
) -> None:
    alice.email = "alice@private.example"
    alice.save()

    clearing.clear(copy(asked))

    said = repository.git("log", "-1", "--format=%an <%ae>%n%B", "fix-login")
    assert said.startswith("Alice <alice@localhost>\nAuto-merged main into fix-login on deployment")
    assert f"Shipmate merged it for Alice, hello/qa #{asked.pk}." in said


def test_an_address_that_stands_in_the_code_is_taken(
    asked: Deployment, alice: Person, repository: Repository
) -> None:
    alice.email = "Alice@example.org"
    alice.save()

    clearing.clear(copy(asked))

    assert repository.git("log", "-1", "--format=%ae", "fix-login") == "Alice@example.org"


def test_it_waits_for_the_checks_of_the_merge_commit_and_says_so(
    qa: Environment, asked: Deployment, alice: Person
) -> None:
    gate(qa, "ci")

    clearing.clear(copy(asked))

    kept = copy(asked)
    assert (kept.status, kept.waits_for) == ("pending", "checks")
    waits = f"{kept.sha[:7]} waits for its checks: ci was not reported."
    assert kept.note == f"{FIRST}; {waits}"
    told = Change.objects.get(verb="deployment.waits")
    assert (told.new, told.note) == ("checks", kept.note)


def test_it_goes_on_when_they_have_passed(
    qa: Environment, asked: Deployment, alice: Person
) -> None:
    gate(qa, "ci")
    clearing.clear(copy(asked))
    say(copy(asked), alice)

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).note) == ("queued", FIRST)


def test_checks_of_the_branch_do_not_count(
    qa: Environment, branch: str, at_the_door: Door, alice: Person
) -> None:
    gate(qa, "ci")
    checks.report(qa.application.repository, branch, alice, context="ci", state="failure")

    assert lifecycle.request(qa, "fix-login", at_the_door).waits_for == "merge"


# ---- In the way ----


@pytest.fixture
def conflicting(branch: str, repository: Repository) -> str:
    return merging_of.conflicting(repository)


def test_a_conflict_is_refused_at_once_with_files_and_next_step(
    qa: Environment, at_the_door: Door, conflicting: str, repository: Repository
) -> None:
    with pytest.raises(Refused) as refusal:
        lifecycle.request(qa, "fix-login", at_the_door)

    line = f"deploy hello/{conflicting[:7]} to qa"
    assert refusal.value.reasons == (
        "Conflict merging main into fix-login in app.py. Merge main into fix-login by hand and"
        f" push, or deploy without: “{line}”.",
    )
    assert refusal.value.lines == (line,)
    assert tip(repository, "fix-login") == conflicting


def test_a_conflict_that_comes_up_later_ends_it_in_the_same_words(
    asked: Deployment, repository: Repository, branch: str
) -> None:
    repository.commit({"new.txt": "fix\n"}, "Change it aside", branch="fix-login")

    clearing.clear(copy(asked))

    kept = copy(asked)
    assert (kept.status, kept.reason) == ("error", "forge")
    assert kept.note.startswith("Conflict merging main into fix-login in new.txt. Merge main")
    assert f"“deploy hello/{branch[:7]} to qa”" in kept.note


def test_a_branch_that_is_gone_ends_it(asked: Deployment, repository: Repository) -> None:
    repository.delete("refs/heads/fix-login")

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).reason) == ("error", "forge")
    assert "no branch “fix-login” any more" in copy(asked).note


def test_a_repository_that_is_away_is_waited_for_and_then_merged_in(
    asked: Deployment, repository: Repository
) -> None:
    away = repository.path.rename(repository.path.with_name("away.git"))
    clearing.clear(copy(asked))
    assert (copy(asked).status, copy(asked).waits_for) == ("pending", "repository")
    away.rename(repository.path)

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).sha) == ("queued", tip(repository, "fix-login"))


def test_nothing_is_merged_for_who_may_not_deploy_any_more(
    asked: Deployment, alice: Person, root: Person, branch: str, repository: Repository
) -> None:
    people.set_active(alice, False, root)

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).reason) == ("error", "settings")
    assert tip(repository, "fix-login") == branch


def test_a_switch_that_was_put_off_meanwhile_ends_it(
    hello: Application, asked: Deployment, branch: str, repository: Repository
) -> None:
    Application.objects.update(auto_merge=False)

    clearing.clear(copy(asked))

    assert "Nothing is merged for hello any more" in copy(asked).note
    assert tip(repository, "fix-login") == branch


def test_a_lock_is_no_end(asked: Deployment, dora: Person, qa: Environment) -> None:
    locks.take(qa, Door(dora, "web"))

    clearing.clear(copy(asked))

    assert copy(asked).status == "queued"


def test_where_nothing_can_be_merged_it_is_said_with_the_line_that_does_without(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    repository.git("config", "core.bare", "false")

    with pytest.raises(Refused, match="somebody's working copy") as refusal:
        lifecycle.request(qa, "fix-login", at_the_door)

    assert refusal.value.lines == (f"deploy hello/{branch[:7]} to qa",)


# ---- What somebody looked at ----


def test_what_was_looked_at_is_what_is_merged_into(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    asked = lifecycle.request(qa, "fix-login", at_the_door, expected_sha=branch)
    repository.commit({"late.py": "x\n"}, branch="fix-login")

    clearing.clear(copy(asked))

    assert (copy(asked).status, copy(asked).reason) == ("error", "forge")
    assert f"into {branch[:7]}, not into" in copy(asked).note


def test_without_that_it_is_the_branch_as_it_is_then(
    asked: Deployment, repository: Repository
) -> None:
    late = repository.commit({"late.py": "x\n"}, branch="fix-login")

    clearing.clear(copy(asked))

    assert repository.git("rev-parse", f"{copy(asked).sha}^1") == late


def test_checks_that_were_named_are_those_of_the_merge_commit(
    qa: Environment, at_the_door: Door, branch: str, alice: Person
) -> None:
    asked = contexts.request(qa, "fix-login", at_the_door, ["ci/slow"])
    clearing.clear(copy(asked))
    assert "waits for its checks: ci/slow was not reported" in copy(asked).note
    say(copy(asked), alice, "ci/slow")

    clearing.clear(copy(asked))

    assert copy(asked).status == "queued"


def test_what_was_not_to_be_merged_is_not_when_it_is_asked_for_again(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository
) -> None:
    away = repository.path.rename(repository.path.with_name("away.git"))
    asked = lifecycle.request(qa, "fix-login", at_the_door, merge=False)
    lifecycle.cancel(asked, at_the_door)
    away.rename(repository.path)

    again = lifecycle.retry(asked, at_the_door)

    assert (again.status, again.sha, again.merging) == ("queued", branch, None)


# ---- Never ----


def test_without_the_switch_nothing_is_merged(
    qa: Environment, hello: Application, at_the_door: Door, branch: str
) -> None:
    Application.objects.update(auto_merge=False)
    qa.refresh_from_db()

    asked = lifecycle.request(qa, "fix-login", at_the_door)

    assert (asked.status, asked.sha, asked.merging) == ("queued", branch, None)


@pytest.mark.parametrize("ref", ["main", "v2", "sha", "short", "even"])
def test_only_a_branch_that_lacks_something_is_merged_into(
    qa: Environment, at_the_door: Door, branch: str, repository: Repository, ref: str
) -> None:
    repository.commit({"x": "x\n"}, branch="even", parent=tip(repository))
    names = {"sha": branch, "short": branch[:8]}

    asked = lifecycle.request(qa, names.get(ref, ref), at_the_door)

    assert (asked.status, asked.merging) == ("queued", None)


def test_whoever_goes_past_checks_takes_the_branch_as_it_is(
    qa: Environment, dora: Person, branch: str
) -> None:
    asked = lifecycle.request(qa, "fix-login", Door(dora, "web"), force=True)

    assert (asked.status, asked.sha) == ("queued", branch)


def test_who_asks_for_none_gets_none(qa: Environment, at_the_door: Door, branch: str) -> None:
    assert lifecycle.request(qa, "fix-login", at_the_door, merge=False).sha == branch


def test_retries_rollbacks_and_promotions_keep_their_commit(
    qa: Environment, production: Environment, at_the_door: Door, alice: Person, branch: str
) -> None:
    first = build.live(qa, alice, branch, ref="fix-login")
    build.live(qa, alice, branch, ref="fix-login")
    failed = build.deployment(production, alice, branch, ref="fix-login", status="failure")

    made = [
        lifecycle.retry(failed, at_the_door),
        lifecycle.rollback(qa, at_the_door, to=first),
        promotion.promote(qa, production, at_the_door),
    ]

    assert [(one.sha, one.merging) for one in made] == [(branch, None)] * 3


def test_a_plan_deploys_what_it_showed(
    qa: Environment, at_the_door: Door, alice: Person, branch: str
) -> None:
    plan, _ = plans.make(Asked(environment=qa, ref="fix-login"), alice)

    made = plans.use(plan, at_the_door)

    assert (made.status, made.sha, made.merging) == ("queued", branch, None)


def test_what_conflicted_may_be_asked_for_again_once_it_is_mended(
    asked: Deployment, at_the_door: Door, repository: Repository
) -> None:
    repository.commit({"new.txt": "fix\n"}, branch="fix-login")
    clearing.clear(copy(asked))
    with pytest.raises(Refused, match="Conflict merging main"):
        lifecycle.retry(copy(asked), at_the_door)
    sha = repository.commit({"b": "x\n"}, branch="fix-login", parent=tip(repository))

    assert lifecycle.retry(copy(asked), at_the_door).sha == sha
