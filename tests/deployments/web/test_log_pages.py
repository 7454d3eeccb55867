"""The log of a deployment on its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from deployments.models import Deployment, Environment, Person
from tests.deployments import build

pytestmark = pytest.mark.slow  # looks at a page

SHA = "a" * 40


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def text(client: Client, deployment: Deployment, query: str = "") -> str:
    answer = client.get(f"{deployment.get_absolute_url()}{query}")
    assert answer.status_code == 200
    return words(answer)


@pytest.fixture
def running(alice: Person, production: Environment) -> Deployment:
    return build.deployment(production, alice, SHA, status="in_progress", phase="build")


@pytest.fixture
def failed(alice: Person, production: Environment) -> Deployment:
    return build.deployment(production, alice, SHA, status="failure", reason="command")


@pytest.fixture
def two_hosts(running: Deployment) -> Deployment:
    build.phase(running, "build", 1, "success", "running")
    for host in ("hello-production-1", "hello-production-2"):
        build.log(running, f"from {host}\n", host=host)
    return running


def test_the_log_has_numbers_hosts_and_errors(as_alice: Client, running: Deployment) -> None:
    build.log(running, "make\nERROR: no rule\n")

    page = text(as_alice, running)

    assert '<div class="ln" id="L1">' in page and '<div class="ln err" id="L2">' in page


def test_lines_are_escaped_and_coloured(as_alice: Client, running: Deployment) -> None:
    build.log(running, "\x1b[31m<script>alert(1)</script>\x1b[0m\n")

    assert '<span class="a-red">&lt;script&gt;' in text(as_alice, running)


def test_the_fragment_gives_what_came_after(as_alice: Client, running: Deployment) -> None:
    build.log(running, "one\n")
    build.log(running, "two\n", phase="switch")

    answer = as_alice.get(f"/deployments/{running.pk}/log/?after=1")

    assert 'id="L2"' in words(answer) and 'id="L1"' not in words(answer)
    assert (answer["X-Log-After"], answer["X-Log-More"], answer["X-Log-End"]) == ("2", "0", "0")


def test_the_fragment_ends_with_the_deployment(as_alice: Client, failed: Deployment) -> None:
    assert as_alice.get(f"/deployments/{failed.pk}/log/?after=0")["X-Log-End"] == "1"


@pytest.mark.parametrize("after", ["", "-1", "x", "9" * 40])
def test_a_wrong_cursor_is_no_fault(as_alice: Client, running: Deployment, after: str) -> None:
    assert as_alice.get(f"/deployments/{running.pk}/log/?after={after}").status_code == 200


def test_a_hundred_thousand_lines_are_paged(as_alice: Client, running: Deployment) -> None:
    for _ in range(100):
        build.log(running, "line\n" * 1_000)

    page = text(as_alice, running)

    assert page.count('class="ln"') == 2_000 and "Earlier lines, before 98001" in page
    assert page.count('id="L100000"') == 1
    assert 'id="L98000"' in text(as_alice, running, "?tab=log&before=98001")


def test_the_whole_log_is_there_as_plain_text(as_alice: Client, running: Deployment) -> None:
    build.log(running, "\x1b[31mred\x1b[0m\n")

    answer = as_alice.get(f"/deployments/{running.pk}/log.txt")

    assert answer["Content-Type"].startswith("text/plain")
    assert answer.getvalue().decode().endswith("web-1 build: red\n")


def test_what_came_before_a_line_is_given_too(as_alice: Client, running: Deployment) -> None:
    for _ in range(5):
        build.log(running, "line\n" * 1_000)

    answer = as_alice.get(f"/deployments/{running.pk}/log/?before=3001")

    assert 'id="L3000"' in words(answer) and 'id="L3001"' not in words(answer)
    assert answer["X-Log-Earlier"] == "1001"


def test_a_line_in_the_middle_has_an_address(as_alice: Client, running: Deployment) -> None:
    for _ in range(10):
        build.log(running, "line\n" * 1_000)

    page = text(as_alice, running, "?at=5000")

    assert 'id="L5000"' in page and "?at=60" in page and "data-log-end" in page


# ---- Searching ----


def test_found_lines_are_marked_and_lead_to_their_place(
    as_alice: Client, running: Deployment
) -> None:
    build.log(running, "fine\n<b>Connection refused\n")

    page = text(as_alice, running, "?q=connection")

    assert "&lt;b&gt;<mark>Connection</mark> refused" in page
    assert 'href="?at=2#L2"' in page and "fine" not in page and "1 line" in page


def test_nothing_found_says_so_and_leads_back(as_alice: Client, running: Deployment) -> None:
    build.log(running, "fine\n")

    page = text(as_alice, running, "?q=<none>")

    assert "No line of this log holds “&lt;none&gt;”" in page and "Back to the whole log" in page


@pytest.mark.parametrize("query", ["?q=(", "?q=" + "x" * 5_000, "?at=-1", "?from=99"])
def test_an_odd_search_is_no_fault(as_alice: Client, running: Deployment, query: str) -> None:
    build.log(running, "fine\n")

    assert "Log" in text(as_alice, running, query)


def test_more_than_a_page_bears_goes_on_at_an_address(
    as_alice: Client, running: Deployment
) -> None:
    build.log(running, "same\n" * 501)

    page = text(as_alice, running, "?q=same")
    assert "500 lines, and more" in page and 'href="?q=same&amp;behind=500"' in page

    rest = text(as_alice, running, "?q=same&behind=500")
    assert 'id="L501"' in rest and 'id="L500"' not in rest and "and more" not in rest


def test_a_search_follows_what_is_still_written(as_alice: Client, running: Deployment) -> None:
    build.log(running, "same\n")
    assert 'log/?q=same" data-log-after="1"' in text(as_alice, running, "?q=same")
    build.log(running, "other\nsame again\n")

    answer = as_alice.get(f"/deployments/{running.pk}/log/?q=same&after=1")

    assert "<mark>same</mark> again" in words(answer) and "other" not in words(answer)
    assert answer["X-Log-After"] == "2"


def test_errors_of_the_whole_log_are_told_and_walked(as_alice: Client, running: Deployment) -> None:
    build.log(running, "fine\nERROR: no\n")
    build.log(running, "fine\n" * 5_000)

    page = text(as_alice, running)
    assert "1 error" in page and 'href="?at=2#L2"' in page

    address = f"/deployments/{running.pk}/log/errors/"
    assert as_alice.get(f"{address}?after=0").json() == {"line": 2}
    assert as_alice.get(f"{address}?before=2").json() == {"line": None}


# ---- Hosts ----


def test_hosts_stand_side_by_side(as_alice: Client, two_hosts: Deployment) -> None:
    page = text(as_alice, two_hosts, "?view=hosts")

    first, second = page.split('class="log-box"')[1:]
    assert "from hello-production-1" in first and "from hello-production-2" in second
    assert "host=hello-production-2" in second and "from hello-production-1" not in second


def test_one_host_is_shown_alone(as_alice: Client, two_hosts: Deployment) -> None:
    page = text(as_alice, two_hosts, "?host=hello-production-2")

    assert "from hello-production-2" in page and "from hello-production-1" not in page
    assert "only hello-production-2" in page


def test_many_hosts_come_a_few_at_a_time(as_alice: Client, running: Deployment) -> None:
    for number in range(8):
        running.phase_runs.create(host=f"web-{number}", phase="build", position=1)

    assert text(as_alice, running, "?view=hosts").count('class="log-box"') == 6
    assert text(as_alice, running, "?view=hosts&from=6").count('class="log-box"') == 2


def test_a_host_that_is_not_of_it_is_left_out(as_alice: Client, two_hosts: Deployment) -> None:
    assert "from hello-production-1" in text(as_alice, two_hosts, "?host=other")
