"""What GitHub tells of checks by webhook is kept at once, in the order in which it was said."""

from __future__ import annotations

import random
from typing import Any

import pytest

from deployments.models import CommitHeard, CommitStatus, Deployment, Environment, Person
from tests.deployments import build
from tests.deployments.services.queueing import bells, drain
from tests.deployments.webhooks.conftest import SHA, Deliver, about, handled

pytestmark = pytest.mark.django_db

EARLY, LATE = "2026-11-28T10:00:00Z", "2026-11-28T10:05:00Z"


@pytest.fixture
def waiting(qa: Environment, alice: Person, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Waits for its checks; looked at by nobody, so that it is seen what is asked of whom."""
    monkeypatch.setattr("deployments.tasks.clear", lambda number: None)
    return build.deployment(qa, alice, SHA, status="pending", look_at="2099-01-01T00:00Z")


def status(state: str, at: str = EARLY, context: str = "ci") -> dict[str, Any]:
    return about(
        sha=SHA, state=state, context=context, updated_at=at, description=None, target_url=None
    )


def run(conclusion: str | None, at: str = EARLY, **more: Any) -> dict[str, Any]:
    said = {
        "name": "build",
        "head_sha": SHA,
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "started_at": EARLY,
        "completed_at": at if conclusion else None,
        "check_suite": {"id": 5},
        "output": {"title": "2 of 80"},
    }
    action = more.pop("action", "completed" if conclusion else "created")
    return about(action=action, check_run={**said, **more})


def states() -> dict[str, str]:
    drain("chat")
    return dict(CommitStatus.objects.values_list("context", "state"))


def asks(waiting: Deployment) -> bool:
    """Return whether GitHub is asked when the deployment is looked at next."""
    waiting.refresh_from_db()
    return waiting.look_at is None


def test_a_status_is_kept_as_it_is_told(deliver: Deliver, waiting: Deployment) -> None:
    deliver("status", status("success"))

    assert f"Looked at again: #{waiting.pk}." in handled().outcome
    assert states() == {"ci": "success"}
    assert CommitHeard.objects.get(sha=SHA).heard_at is not None
    assert not asks(waiting)


def test_a_run_is_kept_as_it_is_told(deliver: Deliver, waiting: Deployment) -> None:
    deliver("check_run", run("failure"))

    assert states() == {"build": "failure"}
    assert CommitStatus.objects.get().description == "2 of 80"
    assert not asks(waiting)


def test_an_older_word_never_takes_the_place_of_a_newer_one(
    deliver: Deliver, waiting: Deployment
) -> None:
    for body in random.sample(
        [
            status("pending", EARLY),
            status("failure", "2026-11-28T10:01:00Z"),
            status("success", LATE),
        ],
        3,
    ):
        deliver("status", body)

    assert states() == {"ci": "success"}


@pytest.mark.parametrize("last", [0, 1])
def test_of_one_moment_the_end_comes_last(deliver: Deliver, waiting: Deployment, last: int) -> None:
    said = [run(None), run("success", EARLY)]
    deliver("check_run", said[1 - last])
    deliver("check_run", said[last])

    assert states() == {"build": "success"}


def test_two_ends_of_one_moment_have_github_asked(deliver: Deliver, waiting: Deployment) -> None:
    deliver("status", status("failure"))
    deliver("status", status("success"))

    assert states() == {"ci": "failure"}
    assert asks(waiting)


def test_a_name_that_status_and_run_share_has_github_asked(
    deliver: Deliver, waiting: Deployment
) -> None:
    deliver("status", status("failure", context="build"))
    deliver("check_run", run("success", LATE))

    assert states() == {"build": "failure"}
    assert asks(waiting)


def test_a_name_that_two_suites_share_has_github_asked(
    deliver: Deliver, waiting: Deployment
) -> None:
    deliver("check_run", run("failure"))
    deliver("check_run", run("success", LATE, check_suite={"id": 6}))

    assert states() == {"build": "failure"}
    assert asks(waiting)


def test_where_git_alone_is_known_the_worse_of_two_suites_counts(
    deliver: Deliver, waiting: Deployment
) -> None:
    deliver("check_run", run("success"))
    deliver("check_run", run("failure", LATE, check_suite={"id": 6}))
    assert states() == {"build": "failure"}

    deliver("check_run", run("success", "2026-11-28T11:00:00Z", check_suite={"id": 6}))
    assert states() == {"build": "success"}


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("check_suite", about(check_suite={"head_sha": SHA, "status": "completed"})),
        ("workflow_run", about(workflow_run={"head_sha": SHA, "name": "CI"})),
        ("check_run", run("success", action="rerequested")),
        ("check_run", run("success", check_suite=None)),
        ("check_run", run("success", name="")),
        ("status", about(sha=SHA, state="success", context="ci")),
    ],
)
def test_what_is_not_all_told_has_github_asked(
    deliver: Deliver, waiting: Deployment, event: str, body: dict[str, Any]
) -> None:
    deliver(event, body)

    assert states() == {}
    assert asks(waiting)


def test_a_word_about_a_commit_that_nobody_waits_for_is_kept_too(deliver: Deliver) -> None:
    deliver("status", status("success"))

    assert states() == {"ci": "success"}
    assert bells("chat") == []
