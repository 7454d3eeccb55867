"""The board: every application in every environment."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries as Queries

from deployments.models import Application, Drift, Environment, Lock, Person
from deployments.services import stars
from tests.deployments import build

pytestmark = pytest.mark.slow  # looks at a page

SHA, OLD = "a" * 40, "b" * 40


def text(client: Client, address: str = "/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_empty_board_tells_a_maintainer_the_first_step(client: Client, dora: Person) -> None:
    client.force_login(dora)

    assert 'href="/settings/"' in text(client) and "Add an app" in text(client)


def test_an_empty_board_tells_others_whom_to_ask(as_bob: Client, dora: Person) -> None:
    assert "ask dora" in text(as_bob)
    assert "Add an app" not in text(as_bob)


def test_all_is_quiet_when_nothing_happens(as_alice: Client, qa: Environment) -> None:
    assert "All quiet" in text(as_alice)


def test_the_line_of_truth_leaves_out_what_is_nought(
    as_alice: Client, alice: Person, qa: Environment, production: Environment
) -> None:
    build.deployment(qa, alice, SHA, status="in_progress", progress=40)
    build.deployment(qa, alice, SHA, status="queued")
    build.deployment(production, alice, SHA, status="failure", reason="command")

    head = text(as_alice).split("<h1")[1].split("</h1>")[0]

    for words in ("<b>1</b> running", "<b>1</b> queued", "<b>1</b> failed today"):
        assert words in head
    assert "waiting" not in head.replace('data-state="waiting"', "")


def test_what_failed_yesterday_is_not_counted_today(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    old = build.long_ago().replace(year=2020)
    build.deployment(qa, alice, SHA, status="failure", finished_at=old)

    assert "failed today" not in text(as_alice)


def test_without_a_worker_it_says_that_nothing_will_start(
    as_alice: Client, qa: Environment
) -> None:
    assert "Nothing will start until a worker runs" in text(as_alice)


def test_with_a_worker_there_is_no_banner(as_alice: Client, qa: Environment) -> None:
    build.worker()

    assert "Nothing will start" not in text(as_alice)


def test_a_failed_try_over_a_live_version_shows_both(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.live(qa, alice, OLD)
    build.deployment(qa, alice, SHA, status="failure")

    page = text(as_alice)

    assert SHA[:7] in page and f"{OLD[:7]}</code> live" in page and "Failed" in page


def test_a_failed_try_that_the_hosts_run_is_said_to_be_live(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.live(qa, alice, OLD)
    build.switched(qa, alice, SHA)

    page = text(as_alice)

    assert f"{SHA[:7]}</code> live, but failed" in page and OLD[:7] not in page


def test_what_failed_behind_the_switch_stays_live_under_what_comes_next(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.switched(qa, alice, OLD)
    build.deployment(qa, alice, SHA, status="queued")

    assert f"{OLD[:7]}</code> live, but failed" in text(as_alice)


def test_hosts_that_differ_are_mixed_with_a_link_to_them(
    as_alice: Client, alice: Person, production: Environment
) -> None:
    build.live(production, alice, OLD)
    build.switched(production, alice, SHA, "hello-production-1")

    page = text(as_alice)

    cell = page.split('href="/apps/hello/production/#hosts"')[1].split("</a>")[0]
    assert "mixed:" in cell and SHA[:7] in cell and OLD[:7] in cell
    assert "live" not in cell


def test_a_running_cell_is_filled_by_its_progress(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.deployment(qa, alice, SHA, status="in_progress", progress=62)

    assert '<progress class="fill" max="100" value="62"' in text(as_alice)  # nothing is known


def test_what_waits_behind_the_running_one_is_counted(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.deployment(qa, alice, SHA, status="in_progress")
    build.deployment(qa, alice, OLD, status="queued")

    assert "1 more queued" in text(as_alice)


def test_my_own_unfinished_ones_stand_on_top(
    as_alice: Client, alice: Person, bob: Person, qa: Environment
) -> None:
    build.deployment(qa, bob, SHA, status="queued")
    assert "You started" not in text(as_alice)

    build.deployment(qa, alice, SHA, status="queued")
    assert "You started" in text(as_alice)


def test_columns_are_in_the_order_of_promotion(
    as_alice: Client, qa: Environment, production: Environment
) -> None:
    page = text(as_alice)

    assert page.index("<b>qa</b>") < page.index("<b>production</b>")


def test_the_filter_works_without_scripts(as_alice: Client, qa: Environment) -> None:
    build.application("other", Path("/nowhere"))

    page = text(as_alice, "/?q=oth")

    assert 'data-row="hello acme/hello" hidden' in page
    assert 'data-row="other acme/other">' in page


def test_only_the_part_that_changes_can_be_asked_for(as_alice: Client, qa: Environment) -> None:
    top, whole = text(as_alice, "/?part=top"), text(as_alice, "/?part=all")
    cell = text(as_alice, f"/?part=cell&environment={qa.pk}")

    assert top.startswith('<div class="stack board-top" data-live="news"') and "<td" not in top
    assert cell.startswith("<td") and cell.endswith("</td>") and cell in whole
    assert "<html" not in top + whole


@pytest.mark.parametrize("number", ["0", "", "x", "9" * 30])
def test_a_cell_that_is_none_is_not_found(as_alice: Client, qa: Environment, number: str) -> None:
    assert as_alice.get(f"/?part=cell&environment={number}").status_code == 404


def test_the_number_of_queries_does_not_grow(
    as_alice: Client, alice: Person, tmp_path: Path, django_assert_num_queries: Queries
) -> None:
    fill(tmp_path, alice, range(3))
    with django_assert_num_queries(29):
        as_alice.get("/")
    fill(tmp_path, alice, range(3, 30))

    with django_assert_num_queries(29):
        as_alice.get("/")
    with django_assert_num_queries(17):
        as_alice.get(f"/?part=cell&environment={Environment.objects.latest('pk').pk}")


def fill(place: Path, person: Person, numbers: range) -> None:
    for number in numbers:
        app = build.application(f"app{number}", place / str(number))
        for name in ("qa", "production"):
            environment = Environment.objects.create(application=app, name=name)
            Lock.objects.create(environment=environment, person=person)
            for host in range(2):
                build.place(environment, f"app{number}-{name}-{host}")
            build.live(environment, person, OLD)
            build.deployment(environment, person, SHA, status="in_progress")
            build.deployment(environment, person, SHA, status="queued")
            build.switched(environment, person, SHA, f"app{number}-{name}-0")


# ---- Stars, one's own, and what the board is narrowed to ----


@pytest.fixture
def other(hello: Application) -> Application:
    app = build.application("zebra", Path("/nowhere/zebra"))
    build.environment(app, "qa")
    return app


def order(page: str, *names: str) -> list[str]:
    return sorted(names, key=lambda name: page.index(f'data-row="{name} '))


def test_a_star_puts_an_app_first_and_is_taken_back(as_alice: Client, other: Application) -> None:
    assert order(text(as_alice), "hello", "zebra") == ["hello", "zebra"]

    answer = as_alice.post("/stars/", {"give": "zebra", "back": "/?q=e"})

    assert answer["Location"] == "/?q=e"
    page = text(as_alice)
    assert order(page, "hello", "zebra") == ["zebra", "hello"] and "Everything else" in page
    as_alice.post("/stars/", {"take": "zebra"})
    assert order(text(as_alice), "hello", "zebra") == ["hello", "zebra"]


def test_a_star_leads_to_no_other_site(as_alice: Client, other: Application) -> None:
    answer = as_alice.post("/stars/", {"give": "zebra", "back": "https://evil.example/"})

    assert answer["Location"] == "/"


def test_a_star_for_what_is_not_there_is_a_404(as_alice: Client, hello: Application) -> None:
    assert as_alice.post("/stars/", {"give": "moon"}).status_code == 404


def test_stars_are_ones_own(as_alice: Client, bob: Person, other: Application) -> None:
    stars.give(bob, other)

    assert 'aria-pressed="true"' not in text(as_alice)


def test_what_i_deployed_lately_stands_before_everything_else(
    as_alice: Client, alice: Person, other: Application
) -> None:
    build.live(other.environments.get(), alice, SHA)

    page = text(as_alice)

    assert order(page, "hello", "zebra") == ["zebra", "hello"]
    assert page.index('data-row="zebra ') < page.index("Everything else")


def test_the_board_is_narrowed_to_what_failed(
    as_alice: Client, alice: Person, other: Application
) -> None:
    build.deployment(other.environments.get(), alice, SHA, status="failure")

    page = text(as_alice, "/?show=failed")

    assert 'data-row="zebra ' in page and 'data-row="hello ' not in page
    assert 'Failed <span class="quiet">1</span>' in page
    assert "No app is like that now" in text(as_alice, "/?show=locked")


# ---- What a cell says ----


def test_commits_that_do_not_run_there_are_counted(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.live(qa, alice, SHA)
    known = Drift.objects.create(environment=qa, sha=SHA, head=OLD, behind=3)
    assert "3 behind" in text(as_alice)

    Drift.objects.filter(pk=known.pk).update(sha=OLD)  # of what ran before
    assert "behind</span>" not in text(as_alice)


def test_what_runs_says_when_it_will_be_done(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    for _ in range(3):
        build.live(qa, alice, OLD)  # each took a minute
    began = timezone.now() - timedelta(seconds=30)
    build.deployment(qa, alice, SHA, status="in_progress", started_at=began)

    page = text(as_alice)

    assert re.search(r"<span data-percent>5\d %</span>", page)
    assert re.search(r'data-elapsed="3\d" data-total="60"', page) and " s left</span>" in page


def test_what_waits_says_for_what(as_alice: Client, alice: Person, qa: Environment) -> None:
    build.deployment(qa, alice, SHA, status="queued", queued_at=timezone.now())
    assert "until a deploy worker runs" in text(as_alice)

    build.worker()
    assert "next when a worker is free" in text(as_alice)


def test_a_host_that_says_something_else_is_marked(
    as_alice: Client, alice: Person, qa: Environment
) -> None:
    build.live(qa, alice, SHA)
    build.says(qa, OLD, "hello-qa-1")

    page = text(as_alice)

    assert f'<span class="cut">hello-qa-1 says {OLD[:7]}' in page
    assert f'title="record says {SHA[:7]}, hello-qa-1 says {OLD[:7]}"' in page


def test_what_people_typed_stays_text(as_alice: Client, alice: Person, qa: Environment) -> None:
    Person.objects.filter(pk=alice.pk).update(name='<script>"&')
    build.live(qa, alice, SHA)
    build.deployment(qa, alice, OLD, status="pending", note="<b>away</b>")

    page = text(as_alice)

    assert "<script>&quot;" not in page and '<script>"' not in page and "<b>away" not in page
    assert "&lt;b&gt;away&lt;/b&gt;" in page


def test_the_tab_says_how_it_goes(as_alice: Client, alice: Person, qa: Environment) -> None:
    build.deployment(qa, alice, SHA, status="in_progress")

    page = text(as_alice)

    assert "<title>1 running · Board · Shipmate</title>" in page
    assert 'data-favicon="/static/img/favicon-running.svg"' in page


def test_a_large_page_travels_compressed(as_alice: Client, qa: Environment) -> None:
    answer = as_alice.get("/", headers={"accept-encoding": "gzip"})

    assert answer["Content-Encoding"] == "gzip"


def test_strangers_are_sent_to_sign_in(client: Client, db: None) -> None:
    answer = client.get("/")

    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
