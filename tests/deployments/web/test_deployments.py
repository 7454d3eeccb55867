"""A deployment: how it goes, its log, and what can be done about it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from deployments.models import Deployment, Environment, Person
from tests.deployments import build
from tests.servers.repositories import Repository

pytestmark = pytest.mark.slow

SHA, OLD = "a" * 40, "b" * 40


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def text(client: Client, deployment: Deployment, query: str = "") -> str:
    answer = client.get(f"{deployment.get_absolute_url()}{query}")
    assert answer.status_code == 200
    return words(answer)


@pytest.fixture
def running(alice: Person, production: Environment) -> Deployment:
    return build.deployment(
        production, alice, SHA, status="in_progress", progress=40, phase="build", why="a fix"
    )


@pytest.fixture
def failed(alice: Person, production: Environment) -> Deployment:
    made = build.deployment(
        production, alice, SHA, status="failure", reason="command", note="make exited with 2"
    )
    build.phase(made, "build", 1, "success", "failure", note="exit status 2")
    return made


# ---- The head ----


def test_the_title_of_the_tab_tells_how_far_it_is(as_alice: Client, running: Deployment) -> None:
    assert f"<title>[40%] hello/production #{running.pk}" in text(as_alice, running)


def test_the_head_says_who_and_why(as_alice: Client, running: Deployment) -> None:
    page = text(as_alice, running)

    assert (
        "<q>a fix</q>" in page
        and "Alice" in page
        and "Running <span data-percent>40 %</span>" in page
    )


def test_it_counts_against_how_long_it_usually_takes(
    as_alice: Client, alice: Person, production: Environment, running: Deployment
) -> None:
    ended = timezone.now()
    build.deployment(
        production, alice, OLD, started_at=ended - timedelta(seconds=115), finished_at=ended
    )

    assert "of about 1 m 55 s" in text(as_alice, running)


def test_one_that_is_being_stopped_says_so(
    as_alice: Client, alice: Person, running: Deployment
) -> None:
    Deployment.objects.update(stop_at=timezone.now(), stop_by=alice)

    page = text(as_alice, running)

    assert "Cancelling" in page and "/cancel/" not in page
    assert "may not" not in page


def test_what_a_host_could_not_end_is_said_until_it_has_ended(
    as_alice: Client, running: Deployment
) -> None:
    left = "web-1: processes are left that could not be ended: 41"
    build.phase(running, "build", 1, "cancelled", "success")
    running.phase_runs.filter(status="cancelled").update(doubt=left)

    assert text(as_alice, running).count(left) == 1
    assert text(as_alice, running, "?tab=hosts").count(left) == 1


@pytest.mark.parametrize(
    ("sent", "base", "told"),
    [
        (1_572_864, "", "1.5 MB of code sent, all of it"),
        (800, OLD, "800 bytes of code sent, changes since bbbbbbb"),
        (0, SHA, "no code sent, the host had it"),
    ],
)
def test_each_host_tells_what_it_was_sent(
    as_alice: Client, running: Deployment, sent: int, base: str, told: str
) -> None:
    build.phase(running, "transfer", 0, "success", "success", sent=sent, base=base)

    assert text(as_alice, running, "?tab=hosts").count(told) == 2


def test_a_silent_worker_is_said_with_the_time(as_alice: Client, running: Deployment) -> None:
    Deployment.objects.update(lease_until=build.long_ago())

    page = text(as_alice, running)

    assert "Lost contact" in page and "Its worker fell silent" in page and "3 min ago" in page


def test_a_failure_tells_where_and_what_to_do_next(as_alice: Client, failed: Deployment) -> None:
    page = text(as_alice, failed)

    assert "make exited with 2" in page and "build on hello-production-2" in page
    assert "deploy the fix" in page


def test_a_retry_says_what_it_would_find_changed(as_alice: Client, failed: Deployment) -> None:
    then = {**failed.environment.effective_settings, "build": ["make before"]}
    frozen = {"provider": "ssh", "settings": then, "hosts": []}
    Deployment.objects.filter(pk=failed.pk).update(settings=frozen)

    page = text(as_alice, failed)

    assert "with today&#x27;s settings. Changed since: build, hosts." in page


def test_one_press_leads_to_the_line_where_it_broke(as_alice: Client, failed: Deployment) -> None:
    build.log(failed, "$ make\nERROR: no\n", host="hello-production-2")
    place = f'href="/deployments/{failed.pk}/?at=2#L2"'

    assert f"{place}>Line 2" in text(as_alice, failed)
    assert f"{place}>Log, line 2" in as_alice.get("/apps/hello/production/").content.decode()


def test_without_scripts_a_running_one_loads_itself_again(
    as_alice: Client, running: Deployment, failed: Deployment
) -> None:
    refresh = '<noscript><meta http-equiv="refresh"'

    assert refresh in text(as_alice, running) and refresh not in text(as_alice, failed)


def test_an_unknown_number_is_a_404_with_the_reason(as_alice: Client, db: None) -> None:
    answer = as_alice.get("/deployments/999/")

    assert answer.status_code == 404 and "There is no deployment #999" in words(answer)


def test_a_number_past_all_numbers_is_a_404_too(as_alice: Client, db: None) -> None:
    assert as_alice.get(f"/deployments/{10**30}/").status_code == 404


# ---- What can be done ----


def test_a_running_one_can_be_cancelled(as_alice: Client, running: Deployment) -> None:
    assert f"/deployments/{running.pk}/cancel/" in text(as_alice, running)

    as_alice.post(f"/deployments/{running.pk}/cancel/")

    running.refresh_from_db()
    assert running.stop_at is not None


def test_a_failed_one_can_be_retried(as_alice: Client, failed: Deployment) -> None:
    answer = as_alice.post(f"/deployments/{failed.pk}/retry/", {"key": "k"})

    made = Deployment.objects.latest("pk")
    assert answer["Location"] == f"/deployments/{made.pk}/"
    assert (made.kind, made.parent) == ("retry", failed)


def test_a_failed_one_that_switched_hosts_leads_back_to_what_is_live(
    as_alice: Client, alice: Person, production: Environment
) -> None:
    live = build.live(production, alice, OLD)
    failed = build.deployment(production, alice, SHA, status="failure")
    production.placements.filter(host__name="hello-production-1").update(current=failed)

    page = text(as_alice, failed)

    assert (
        f'name="to" value="{live.pk}"' in page
        and f"rollback hello in production to #{live.pk}" in page
    )


def test_a_success_offers_no_retry(as_alice: Client, alice: Person, qa: Environment) -> None:
    assert "/retry/" not in text(as_alice, build.live(qa, alice, SHA))


def test_a_viewer_sees_no_button_but_who_can(as_bob: Client, running: Deployment) -> None:
    page = text(as_bob, running)

    assert "/cancel/" not in page
    assert page.count("Cancel: ") == 1 and "may not" not in page


def test_a_viewer_of_a_failed_one_is_told_who_can_retry(as_bob: Client, failed: Deployment) -> None:
    page = text(as_bob, failed)

    assert "/retry/" not in page and "may not" not in page
    assert page.count("Retry, roll back: Deployers of hello/production: Alice") == 1


def test_a_viewer_who_posts_is_refused(as_bob: Client, running: Deployment) -> None:
    answer = as_bob.post(f"/deployments/{running.pk}/cancel/")

    assert answer.status_code == 403 and "Bob may not" in words(answer)


def test_cancelling_what_has_ended_says_so_on_the_page(
    as_alice: Client, failed: Deployment
) -> None:
    back = f"http://testserver{failed.get_absolute_url()}"

    as_alice.post(f"/deployments/{failed.pk}/cancel/", headers={"referer": back})

    assert "there is nothing to cancel" in text(as_alice, failed)


# ---- The other tabs ----


def test_changes_are_the_commits_and_files_since_the_version_before(
    as_alice: Client, alice: Person, qa: Environment, repository: Repository
) -> None:
    build.live(qa, alice, repository.git("rev-parse", "v2^{commit}"))
    made = build.live(qa, alice, repository.git("rev-parse", "main"))

    page = text(as_alice, made, "?tab=changes")

    assert "Say it three times" in page and "new.txt" in page and ">three<" in page


def test_going_back_says_what_disappears(
    as_alice: Client, alice: Person, qa: Environment, repository: Repository
) -> None:
    build.live(qa, alice, repository.git("rev-parse", "main"))
    made = build.live(qa, alice, repository.git("rev-parse", "v2^{commit}"))

    assert "These will disappear" in text(as_alice, made, "?tab=changes")


def test_the_first_deployment_says_that_it_is(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    made = build.live(qa, alice, SHA)

    assert "The first deployment here" in text(as_alice, made, "?tab=changes")


def test_a_commit_that_is_gone_is_said_not_a_fault(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.live(qa, alice, OLD)
    made = build.live(qa, alice, SHA)

    assert "cannot be told now" in text(as_alice, made, "?tab=changes")


def test_hosts_show_each_phase_with_its_exit_status(as_alice: Client, failed: Deployment) -> None:
    page = text(as_alice, failed, "?tab=hosts")

    assert "hello-production-1" in page and "exit status 2" in page


def test_the_timeline_is_in_words(as_alice: Client, failed: Deployment) -> None:
    page = text(as_alice, failed, "?tab=timeline")

    assert "Alice asked for it on the page." in page and "It failed." in page


def test_a_comment_stands_in_the_conversation(as_bob: Client, failed: Deployment) -> None:
    answer = as_bob.post(f"/deployments/{failed.pk}/comment/", {"text": "I <b>look</b>"})

    assert answer.status_code == 302
    assert "I &lt;b&gt;look&lt;/b&gt;" in text(as_bob, failed, "?tab=conversation")


def test_a_script_gets_the_comment_back_as_html(as_bob: Client, failed: Deployment) -> None:
    live = {"X-Live": "1"}
    answer = as_bob.post(f"/deployments/{failed.pk}/comment/", {"text": "yes"}, headers=live)

    assert words(answer).startswith('<article class="msg" id="comment-')


def test_a_form_that_is_sent_twice_is_one_comment(as_bob: Client, failed: Deployment) -> None:
    page = text(as_bob, failed)
    key = re.findall(r'name="key" value="(\w+)"', page)[-1]

    for _ in range(2):
        as_bob.post(f"/deployments/{failed.pk}/comment/", {"text": "yes", "key": key})

    assert failed.comments.count() == 1


def test_an_empty_comment_is_refused_in_words(as_bob: Client, failed: Deployment) -> None:
    live = {"X-Live": "1"}
    answer = as_bob.post(f"/deployments/{failed.pk}/comment/", {"text": " "}, headers=live)

    assert answer.status_code == 422 and "between 1 and" in words(answer)


@pytest.mark.parametrize("part", ["head", "phases", "hosts", "timeline", "conversation"])
def test_each_live_part_is_one_element_that_names_itself(
    as_alice: Client, running: Deployment, part: str
) -> None:
    page = text(as_alice, running, f"?part={part}")

    assert page.split(">")[0].count(f'data-live="deployment-{running.pk}"') == 1
    assert f'data-live-src="/deployments/{running.pk}/?part={part}"' in page
    assert "<html" not in page


def test_a_pending_one_says_what_it_waits_for(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    note = "acme/hello did not answer within 60 s."
    made = build.deployment(qa, alice, "", status="pending", note=note)

    page = text(as_alice, made)

    assert note in page and "not resolved yet" in page
