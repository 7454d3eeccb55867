"""What each event does, and what is said to have come of it."""

from __future__ import annotations

import pytest

from deployments.models import (
    Application,
    Change,
    Delivery,
    Deployment,
    Environment,
    Person,
    PullRequest,
    Webhook,
)
from tests.deployments import build
from tests.deployments.services.queueing import bells, drain
from tests.deployments.webhooks.conftest import NAME, SHA, Deliver, about, handled
from tests.deployments.webhooks.github.examples import example, examples

pytestmark = pytest.mark.django_db

CLEAR = "deployments.tasks.clear"


@pytest.fixture
def waiting(qa: Environment, alice: Person) -> Deployment:
    return build.deployment(qa, alice, SHA, status="pending")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The deployments that a worker was asked to look at again."""
    numbers: list[int] = []
    monkeypatch.setattr("deployments.tasks.clear", numbers.append)
    return numbers


def test_a_ping_says_that_it_works(deliver: Deliver) -> None:
    deliver("ping", about(hook={"events": ["push", "status"]}))

    done = handled()
    assert (done.state, done.outcome) == (
        "handled",
        "The webhook works. GitHub sends push, status.",
    )


@pytest.mark.parametrize("event", ["push", "create", "delete"])
def test_code_that_moved_is_looked_at(
    deliver: Deliver, hello: Application, heard: list[int], event: str
) -> None:
    Application.objects.update(looked_at="2026-01-01T00:00Z")

    deliver(event, example(event))

    assert handled().state == "handled"
    hello.refresh_from_db()
    assert hello.looked_at is None


def test_a_push_says_what_moved(deliver: Deliver) -> None:
    deliver("push", about(ref="refs/heads/main", after=SHA))

    assert handled().outcome == (
        "main is at 6113728 now. What hello lacks is counted anew within seconds."
    )


def test_a_push_has_what_waits_for_its_code_looked_at(
    deliver: Deliver, qa: Environment, alice: Person, heard: list[int]
) -> None:
    waiting = build.deployment(qa, alice, "", status="pending")

    deliver("push", about(ref="refs/heads/main", after=SHA))

    assert f"#{waiting.pk} is looked at again." in handled().outcome
    assert heard == [waiting.pk]


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("status", {"sha": SHA, "state": "success", "context": "ci/build"}),
        ("check_run", {"check_run": {"head_sha": SHA, "conclusion": "success", "name": "build"}}),
        ("check_suite", {"check_suite": {"head_sha": SHA, "status": "completed"}}),
        (
            "workflow_run",
            {"workflow_run": {"head_sha": SHA, "conclusion": "failure", "name": "CI"}},
        ),
    ],
)
def test_a_check_has_what_waits_with_its_commit_looked_at(
    deliver: Deliver, waiting: Deployment, heard: list[int], event: str, body: dict[str, object]
) -> None:
    deliver(event, about(**body))

    assert f"Looked at again: #{waiting.pk}." in handled().outcome
    assert heard == [waiting.pk]


def test_a_check_of_another_commit_wakes_nobody(
    deliver: Deliver, waiting: Deployment, heard: list[int]
) -> None:
    deliver("status", about(sha="f" * 40, state="success", context="ci"))

    assert handled().outcome == "ci says success of fffffff. No deployment waits for that."
    assert heard == []


def test_a_check_of_no_commit_is_unhandled(deliver: Deliver) -> None:
    deliver("status", about(state="success"))

    assert handled().state == "unhandled"


def test_another_name_of_the_repository_is_kept(deliver: Deliver, webhook: Webhook) -> None:
    body = about(action="renamed", changes={"repository": {"name": {"from": "Hello-World"}}})
    body["repository"]["full_name"] = "Codertocat/Hi"

    deliver("repository", body)

    done = handled()
    assert done.state == "handled"
    assert done.outcome.endswith("set the new one in the settings of each app, under Repository.")
    webhook.refresh_from_db()
    change = Change.objects.get(verb="repository.renamed")
    assert webhook.full_name == "Codertocat/Hi"
    assert (change.old, change.new, change.via) == (NAME, "Codertocat/Hi", "webhook")


@pytest.mark.parametrize("event", ["star", "made_up", ""])
def test_any_other_event_is_kept_and_said_to_be_unhandled(deliver: Deliver, event: str) -> None:
    deliver(event, about(action="created"))

    done = handled()
    assert done.state == "unhandled"
    assert done.outcome.startswith("Kept; nothing here does anything with it.")


def test_what_is_no_json_is_said_to_be_none(deliver: Deliver) -> None:
    deliver("push", b"no JSON")

    assert "no JSON object" in handled().outcome


@pytest.mark.parametrize(
    "body",
    [{}, {"check_run": []}, {"check_run": {"head_sha": 7}}, {"ref": {}, "hook": {"events": 3}}],
)
@pytest.mark.parametrize("event", ["ping", "push", "create", "delete", "check_run", "repository"])
def test_an_odd_shape_is_no_fault(deliver: Deliver, event: str, body: dict[str, object]) -> None:
    deliver(event, {**about(), **body})

    assert handled().state in ("handled", "unhandled")


def test_no_example_of_githubs_fails(deliver: Deliver, webhook: Webhook) -> None:
    for event, body in examples():
        name = body.get("repository", {}).get("full_name", NAME)
        Webhook.objects.filter(pk=webhook.pk).update(full_name=name, forge_id=None)
        deliver(event, body)

    drain("chat")

    assert set(Delivery.objects.values_list("state", flat=True)) == {"handled", "unhandled"}
    assert Delivery.objects.filter(state="handled", event="push").exists()


def test_a_body_that_comes_again_by_another_id_does_nothing(deliver: Deliver) -> None:
    deliver("push", about(ref="refs/heads/main"), X_GitHub_Delivery="one")
    deliver("push", about(ref="refs/heads/main"), X_GitHub_Delivery="two")
    drain("chat")

    second = Delivery.objects.get(guid="two")
    assert second.state == "unhandled"
    assert second.outcome.endswith("The very same body came before, as one.")
    assert bells("chat") == []


@pytest.mark.parametrize(
    ("action", "merged", "says"),
    [
        ("opened", False, "Pull request #2 was opened, at ec26c3e."),
        ("synchronize", False, "Pull request #2 has new commits, at ec26c3e."),
        ("closed", True, "Pull request #2 was merged into master."),
        ("closed", False, "Pull request #2 was closed without being merged, at ec26c3e."),
    ],
)
def test_a_pull_request_that_moves_is_looked_at(
    deliver: Deliver, hello: Application, action: str, merged: bool, says: str
) -> None:
    body = example("pull_request")
    body |= {"action": action}
    body["pull_request"]["merged"] = merged

    deliver("pull_request", body)

    assert handled().outcome == f"{says} What hello lacks is counted anew within seconds."


def test_a_pull_request_is_kept_as_the_event_tells_of_it(
    deliver: Deliver, hello: Application
) -> None:
    body = example("pull_request")
    deliver("pull_request", body | {"action": "opened"})
    handled()
    kept = PullRequest.objects.get()
    assert (kept.number, kept.title, kept.author, kept.is_open) == (
        2, "Update the README with new information.", "Codertocat", True
    )  # fmt: skip

    body["pull_request"] |= {"title": "Say it better", "updated_at": "2030-01-01T00:00:00Z"}
    deliver("pull_request", body | {"action": "edited"})
    drain("chat")

    told = Delivery.objects.get(action="edited").outcome
    assert told == "Pull request #2 is called “Say it better” now."
    assert PullRequest.objects.get().title == "Say it better"


def test_talk_about_a_pull_request_is_unhandled(deliver: Deliver) -> None:
    deliver("pull_request", example("pull_request") | {"action": "labeled"})

    assert handled().state == "unhandled"
