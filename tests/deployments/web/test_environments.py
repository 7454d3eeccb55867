"""An environment: what runs, what waits to go out, and the form that deploys."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from deployments.forges import git
from deployments.models import Deployment, Environment, Host, Person
from deployments.models import Repository as RepositoryRow
from deployments.selectors import environments
from tests.deployments import build
from tests.servers.repositories import Repository

PAGE = "/apps/hello/production/"


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return words(answer)


def sha(repository: Repository, ref: str = "main") -> str:
    return repository.git("rev-parse", f"{ref}^{{commit}}")


def send(client: Client, **fields: str) -> Any:
    return client.post(f"{PAGE}deploy/", {"ref": "", "why": "", **fields})


# ---- What runs, what waits ----


def test_before_the_first_deployment_it_says_that_nothing_runs(
    as_alice: Client, production: Environment
) -> None:
    assert "Nothing has been deployed here to all hosts yet" in text(as_alice)


def test_it_says_what_runs_and_who_brought_it(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"), subject="Say it twice")

    page = text(as_alice)

    assert "Say it twice" in page and "Alice" in page and "all 2 agree" in page


def test_a_host_that_runs_another_version_stands_out(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))
    odd = build.deployment(production, alice, sha(repository), status="failure", reason="partly")
    production.placements.filter(host__name="hello-production-2").update(current=odd)

    page = text(as_alice)

    assert "1 of 2 agree" in page and f"should be {sha(repository, 'v2')[:7]}" in page


@pytest.fixture
def failed(alice: Person, production: Environment, repository: Repository) -> Deployment:
    """What both hosts run, since it failed behind the switch; before it ran the first commit."""
    build.live(production, alice, sha(repository, "main~2"))
    return build.switched(production, alice, sha(repository, "v2"))


@pytest.fixture
def mixed(alice: Person, production: Environment, repository: Repository) -> tuple[str, str]:
    """The commits of two hosts: the first one runs what failed on it."""
    first, second = sha(repository, "main~2"), sha(repository, "v2")
    build.live(production, alice, first)
    build.switched(production, alice, second, "hello-production-1")
    return first[:7], second[:7]


def test_what_failed_behind_the_switch_is_what_runs(
    as_alice: Client, failed: Deployment, production: Environment
) -> None:
    page = text(as_alice, f"{PAGE}?part=now")

    assert "Live, but its deployment failed" in page and "all 2 agree" in page
    assert page.index(failed.sha[:7]) < page.index("What last succeeded here is")
    assert "should be" not in page


def test_hosts_that_differ_are_named_with_their_versions(
    as_alice: Client, mixed: tuple[str, str]
) -> None:
    page = text(as_alice, f"{PAGE}?part=now")

    assert "Mixed" in page and 'id="hosts"' in page and "1 of 2 agree" in page
    for version in mixed:
        assert f'{version}</code><span class="quiet">on 1 host' in page
    assert "Live" not in page


def test_what_waits_is_counted_from_what_the_hosts_run(
    as_alice: Client, failed: Deployment
) -> None:
    page = text(as_alice)

    assert "1 commit on main" in page and f"/compare/hello/{failed.sha}..." in page


def test_where_hosts_differ_what_waits_is_counted_from_what_lacks_most(
    as_alice: Client, mixed: tuple[str, str]
) -> None:
    page = text(as_alice)

    assert "2 commits on main" in page and f"<code>{mixed[0]}</code>, the one furthest away" in page


def test_it_lists_the_commits_that_wait_to_go_out(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))

    page = text(as_alice)

    assert "1 commit on main" in page and "Say it three times" in page


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


def test_the_last_try_that_failed_is_told_with_its_reason(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    note = "make exited with 2"
    build.deployment(production, alice, sha(repository), status="failure", note=note)

    assert "Last try: failed." in text(as_alice) and note in text(as_alice)


def test_an_alias_leads_to_the_one_address(as_alice: Client, production: Environment) -> None:
    answer = as_alice.get("/apps/hello/prod/")

    assert answer.status_code == 302 and answer["Location"] == PAGE


def test_an_unknown_environment_is_a_404_that_lists_the_known_ones(
    as_alice: Client, production: Environment
) -> None:
    answer = as_alice.get("/apps/hello/moon/")

    assert answer.status_code == 404 and "It has: qa, production" in words(answer)


# ---- Review ----


def test_the_form_offers_branches_and_tags(as_alice: Client, production: Environment) -> None:
    page = text(as_alice)

    assert '<option value="main">' in page and '<option value="v2">' in page


def test_the_review_tells_what_will_happen(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))

    page = text(as_alice, f"{PAGE}?ref=main&why=fix")

    for word in (sha(repository)[:7], "1 commit", "systemctl restart web", "Deploy to production"):
        assert word in page
    assert f'name="expected_sha" value="{sha(repository)}"' in page


def test_the_review_tells_what_the_hosts_run(as_alice: Client, failed: Deployment) -> None:
    page = text(as_alice, f"{PAGE}?ref=v2")

    assert f'{failed.sha[:7]}</code>, but its deployment failed (<a class="link"' in page
    assert "no new commit: the same version again" in page


def test_the_review_names_each_version_where_hosts_differ(
    as_alice: Client, mixed: tuple[str, str]
) -> None:
    page = text(as_alice, f"{PAGE}?ref=main")

    assert "mixed: " in page and "2 commits" in page
    for version in mixed:
        assert f"{version}</code> on 1 host" in page


def test_going_back_is_said_plainly(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository))

    assert "not a descendant of what runs" in text(as_alice, f"{PAGE}?ref=v2")


def test_a_wrong_ref_is_told_beside_the_field(as_alice: Client, production: Environment) -> None:
    page = text(as_alice, f"{PAGE}?ref=nowhere")

    assert 'aria-invalid="true"' in page and "has no branch, tag or commit" in page


def test_all_hosts_ticked_is_the_same_as_none(as_alice: Client, production: Environment) -> None:
    page = text(as_alice, f"{PAGE}?ref=&hosts=hello-production-1&hosts=hello-production-2")

    assert "Only some hosts" not in page


def test_some_hosts_are_said_to_be_some(as_alice: Client, production: Environment) -> None:
    assert "Only some hosts" in text(as_alice, f"{PAGE}?ref=&hosts=hello-production-1")


def test_the_chat_line_says_what_the_form_says(as_alice: Client, production: Environment) -> None:
    page = text(as_alice, f"{PAGE}?ref=v2&why=calm")

    assert "<code>deploy hello/v2 to production because calm</code>" in page


# ---- Deploy ----


def test_review_then_deploy_without_scripts(
    as_alice: Client, production: Environment, repository: Repository
) -> None:
    answer = send(as_alice, ref="main", why="fix", expected_sha=sha(repository), key="k1")

    made = Deployment.objects.get()
    assert answer["Location"] == f"/deployments/{made.pk}/"
    assert (made.sha, made.why, made.via) == (sha(repository), "fix", "web")


def test_sending_the_form_twice_starts_one(as_alice: Client, production: Environment) -> None:
    first, second = (send(as_alice, key="k1") for _ in range(2))

    assert first["Location"] == second["Location"]
    assert Deployment.objects.count() == 1


def test_a_ref_that_moved_since_the_review_is_refused(
    as_alice: Client, production: Environment, repository: Repository
) -> None:
    answer = send(as_alice, ref="main", expected_sha=sha(repository, "v2"))

    assert answer.status_code == 409 and "Look at it again" in words(answer)
    assert not Deployment.objects.exists()


def test_every_reason_is_listed_at_once(as_alice: Client, production: Environment) -> None:
    Host.objects.update(host_keys="")
    production.ssh_key.delete()

    page = text(as_alice, f"{PAGE}?ref=main")
    answer = send(as_alice, ref="main")

    for reason in (
        "no SSH key",
        "host key of hello-production-1",
        "host key of hello-production-2",
    ):
        assert reason in page and reason in words(answer)
    assert 'aria-disabled="true"' in page and 'aria-describedby="blockers"' in page
    assert "disabled>" not in page and answer.status_code == 409


def test_one_that_runs_makes_it_wait_not_refuse(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.deployment(production, alice, sha(repository), status="in_progress")

    page = text(as_alice, f"{PAGE}?ref=main")

    assert "comes first" in page and 'aria-disabled="true"' not in page
    assert send(as_alice, ref="main").status_code == 302


def test_a_viewer_sees_no_button_but_who_can(
    as_bob: Client, alice: Person, production: Environment
) -> None:
    page = text(as_bob, f"{PAGE}?ref=main")

    assert "Deploy to production" not in page and ">Review" not in page
    assert "Bob may not deploy to hello/production" in page and "alice" in page


def test_a_viewer_who_posts_is_refused(as_bob: Client, production: Environment) -> None:
    answer = send(as_bob, ref="main")

    assert answer.status_code == 409 and "may not deploy" in words(answer)
    assert not Deployment.objects.exists()


def test_a_form_without_its_token_is_refused(alice: Person, production: Environment) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert send(strict, ref="main").status_code == 403


def test_looking_at_the_address_of_an_action_does_nothing(
    as_alice: Client, production: Environment
) -> None:
    assert as_alice.get(f"{PAGE}deploy/").status_code == 405


# ---- Roll back ----


def test_the_way_back_is_named(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "v2"))
    build.live(production, alice, sha(repository))

    assert f"Roll back to {sha(repository, 'v2')[:7]}" in text(as_alice)


def test_the_way_back_ran_fine_until_what_failed_began(
    as_alice: Client, failed: Deployment, production: Environment
) -> None:
    began = timezone.now() - timedelta(hours=3)
    Deployment.objects.filter(pk=failed.pk).update(started_at=began)

    back = text(as_alice).split('id="back-h"')[1]

    assert f"#{production.deployments.order_by('pk')[0].pk}</a>" in back
    assert "ran fine until <time" in back and "3 h ago" in back


def test_rolling_back_returns_to_what_ran_before(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    before = build.live(production, alice, sha(repository, "v2"))
    build.live(production, alice, sha(repository))

    as_alice.post(f"{PAGE}rollback/", {"to": before.pk, "key": "k"})

    made = Deployment.objects.latest("pk")
    assert (made.kind, made.parent, made.sha) == ("rollback", before, before.sha)


def test_without_a_way_back_the_refusal_stands_on_the_page(
    as_alice: Client, production: Environment
) -> None:
    answer = as_alice.post(f"{PAGE}rollback/", headers={"referer": f"http://testserver{PAGE}"})

    assert answer.status_code == 302
    assert "there is no way back" in text(as_alice)


def test_a_refusal_leads_nowhere_else(as_alice: Client, production: Environment) -> None:
    answer = as_alice.post(f"{PAGE}rollback/", headers={"referer": "https://evil.example/"})

    assert answer.status_code == 400 and "there is no way back" in words(answer)


# ---- Hostile ----


@pytest.mark.parametrize("where", ["why", "subject", "note"])
def test_what_people_write_is_escaped(
    as_alice: Client, alice: Person, production: Environment, repository: Repository, where: str
) -> None:
    evil = {where: "<script>alert(1)</script>"}
    build.deployment(production, alice, sha(repository), status="failure", **evil)

    assert "<script>alert" not in text(as_alice)


def test_names_of_branches_are_escaped(
    as_alice: Client, production: Environment, repository: Repository
) -> None:
    repository.branch('"><script>alert(1)</script>', sha(repository))

    assert "<script>alert" not in text(as_alice)
