"""The board: every application in every environment."""

from __future__ import annotations

from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from deployments.models import Environment, Lock, Person
from tests.deployments import build

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

    assert '<progress class="fill" max="100" value="62"' in text(as_alice)


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
    part = text(as_alice, "/?part=board")

    assert part.startswith('<div class="stack" data-live="any"') and "<html" not in part


def test_the_number_of_queries_does_not_grow(
    as_alice: Client, alice: Person, tmp_path: Path
) -> None:
    fill(tmp_path, alice, range(3))
    with CaptureQueriesContext(connection) as few:
        as_alice.get("/")
    fill(tmp_path, alice, range(3, 30))

    with CaptureQueriesContext(connection) as many:
        as_alice.get("/")

    assert len(few) == len(many) <= 12


def fill(place: Path, person: Person, numbers: range) -> None:
    for number in numbers:
        app = build.application(f"app{number}", place / str(number))
        for name in ("qa", "production"):
            environment = Environment.objects.create(application=app, name=name)
            Lock.objects.create(environment=environment, person=person)
            for host in range(2):
                build.place(environment, f"app{number}-{name}-{host}")
            build.live(environment, person, OLD)
            build.switched(environment, person, SHA, f"app{number}-{name}-0")


def test_strangers_are_sent_to_sign_in(client: Client, db: None) -> None:
    answer = client.get("/")

    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
