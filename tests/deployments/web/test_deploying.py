"""The form that deploys: its review first, then the deployment."""

from __future__ import annotations

import pytest
from django.test import Client

from deployments.models import Deployment, Environment, Host, Person
from tests.deployments import build
from tests.deployments.web.production import PAGE, send, sha, text, words
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow


def test_the_form_offers_what_fits(as_alice: Client, production: Environment) -> None:
    text(as_alice)  # looks at the repository

    options = text(as_alice, f"{PAGE}refs/?text=")

    assert 'data-value="main"' in options and 'data-value="v2"' in options
    assert "Say it three times" in options


def test_a_commit_of_the_list_is_one_click_from_its_review(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "main~2"), subject="Say hello")
    second = sha(repository, "main~1")

    assert f'href="?ref={second}#deploy"' in text(as_alice)
    page = text(as_alice, f"{PAGE}?ref={second}")

    assert "asked for" in page and "stays out" in page and "Runs now:" in page


def test_who_may_not_deploy_reads_each_commit_instead(
    as_bob: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository, "main~2"))

    page = text(as_bob)

    assert "?ref=" not in page
    assert f"/compare/hello/{sha(repository, 'main~1')}...{sha(repository)}/" in page


def test_the_review_says_how_long_each_phase_usually_takes(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    before = build.live(production, alice, sha(repository, "main~1"))
    build.phase(before, "build", 1, "success", "success")

    page = text(as_alice, f"{PAGE}?ref=main")

    assert "phases, usually 1 m 00 s" in page
    assert '<b>build</b> <span class="quiet num end">8 s</span>' in page


def test_migrations_in_the_range_are_worth_a_thought(
    as_alice: Client, alice: Person, production: Environment, repository: Repository
) -> None:
    build.live(production, alice, sha(repository))
    repository.commit({"db/migrations/2.sql": "alter\n"})

    assert "1 migration in the range; a roll back keeps it" in text(as_alice, f"{PAGE}?ref=main")


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
