from __future__ import annotations

from dataclasses import replace

import pytest

from bots.messages import Link
from bots.rendering import plain
from bots.sentences import ENDS, DeploymentView, sentence, started

VIEW = DeploymentView(
    number=812,
    app="web",
    environment="production",
    state="success",
    who="ana",
    sha="d4e5f6a7b8c9",
    hosts=6,
    seconds=72.4,
)


def said(**changes: object) -> str:
    return plain.inline(sentence(replace(VIEW, **changes)))  # type: ignore[arg-type]


def test_a_success_says_who_what_where_and_how_long() -> None:
    assert said() == "ana deployed web d4e5f6a to production in 1 m 12 s (6 hosts)"


def test_one_host_is_singular() -> None:
    assert said(hosts=1).endswith("(1 host)")


def test_a_retry_names_what_it_retries() -> None:
    assert said(kind="retry", parent=811, hosts=0) == (
        "ana deployed web d4e5f6a to production in 1 m 12 s, a retry of #811"
    )


def test_a_rollback_says_what_it_went_back_to() -> None:
    assert said(kind="rollback", hosts=0, seconds=None) == (
        "ana rolled back web to d4e5f6a in production"
    )


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"state": "waiting", "note": "Its commit is not known yet."},
         "is waiting: Its commit is not known yet"),
        ({"state": "queued"}, "is queued"),
        ({"state": "running"}, "is running"),
        ({"state": "failed", "note": "build exited with 1 on web-1"},
         "failed after 1 m 12 s: build exited with 1 on web-1"),
        ({"state": "timeout"}, "timed out after 1 m 12 s"),
        ({"state": "partly", "note": "3 of 4 hosts"},
         "was done on some hosts only after 1 m 12 s: 3 of 4 hosts"),
        ({"state": "error", "seconds": None, "note": "web-1 cannot be reached."},
         "could not be done: web-1 cannot be reached"),
        ({"state": "cancelled", "stopped_by": "ben"}, "was cancelled by ben after 1 m 12 s"),
        ({"state": "cancelled"}, "was cancelled after 1 m 12 s"),
    ],
)  # fmt: skip
def test_every_other_state_says_how_it_stands(changes: dict[str, object], end: str) -> None:
    assert said(**changes) == f"ana’s deployment of web d4e5f6a to production {end}"


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("retry", "ana’s retry of web d4e5f6a to production"),
        ("rollback", "ana’s rollback of web to d4e5f6a in production"),
    ],
)
def test_a_failure_says_what_kind_it_was(kind: str, start: str) -> None:
    assert said(kind=kind, state="failed").startswith(start)


@pytest.mark.parametrize("state", ENDS)
def test_no_sentence_has_two_full_stops_or_gaps(state: str) -> None:
    text = said(state=state, note="A reason.", stopped_by="ben", sha="", ref="")

    assert "  " not in text
    assert not text.endswith(".")


def test_before_the_commit_is_known_the_ref_is_named() -> None:
    assert "web fix-login to production" in said(state="waiting", sha="", ref="fix-login")


def test_what_has_a_page_is_a_link() -> None:
    view = replace(VIEW, app_url="/apps/web/", environment_url="/e/", commit_url="https://x.test/c")

    urls = [part.url for part in sentence(view) if isinstance(part, Link)]

    assert urls == ["/apps/web/", "https://x.test/c", "/e/"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("deploy", "Started deploying web to production"),
        ("retry", "Started deploying web to production again"),
        ("rollback", "Started rolling back web in production"),
    ],
)
def test_the_first_activity_says_that_it_began(kind: str, text: str) -> None:
    assert plain.inline(started(replace(VIEW, kind=kind))) == text
