"""From a branch that lags behind to hosts that run the merge commit, with nobody's help."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from deployments import sweeper
from deployments.models import Deployment
from deployments.selectors.repositories import Opening
from deployments.services import applications, webhooks
from deployments.webhooks.github import signature
from tests.deployments import build
from tests.deployments.merging import FIRST
from tests.deployments.services.conftest import copy
from tests.deployments.services.queueing import drain
from tests.deployments.services.world import World
from tests.servers.github.hub import TOKEN, Fault, GitHub
from tests.servers.repositories import Repository

pytestmark = [pytest.mark.slow, pytest.mark.sshd]
NAME, CHECK = "acme/web", "ci/test"


@pytest.fixture
def web(hub: GitHub) -> Repository:
    """A branch at GitHub that lacks one commit of main."""
    made = hub.make(NAME)
    start = made.commit({"app.txt": "one\n"}, "Begin")
    made.commit({"main.txt": "main\n"}, "Go on")
    made.commit({"fix.txt": "fix\n"}, "Mend it", branch="fix-login", parent=start)
    return made


@pytest.fixture
def live(world: World, hub: GitHub, web: Repository) -> World:
    """Three hosts whose app is at GitHub, wants ci/test, and has main merged first."""
    place = world.environment
    app = place.application
    applications.move(app, f"{hub.address}/{NAME}", build.maker(), Opening("github", "", TOKEN))
    applications.set_auto_merge(app, True, build.maker())
    place.checks, place.required_contexts = "named", [CHECK]
    place.save()
    return world


@pytest.fixture
def merged(live: World) -> Deployment:
    """Asked for, and merged by a worker."""
    asked = live.ask("fix-login")
    drain("chat")
    return copy(asked)


def polled() -> None:
    """Let the sweeper come round, when bells are old enough to ring again and checks are due."""
    Deployment.objects.update(rung_at=None, look_at=None)
    sweeper.sweep()
    drain("chat")


def test_the_merge_commit_waits_for_its_checks(merged: Deployment, web: Repository) -> None:
    assert (merged.status, merged.sha) == ("pending", web.git("rev-parse", "fix-login"))
    waits = f"{merged.sha[:7]} waits for its checks: {CHECK} was not reported."
    assert merged.note == f"{FIRST}; {waits}"


def test_a_pull_request_is_deployed_as_it_is(live: World, hub: GitHub, web: Repository) -> None:
    live.environment.checks = "none"
    live.environment.save()
    hub.pull(NAME, 12, web.git("rev-parse", "fix-login"))

    asked = live.ask("#12")

    assert (asked.status, asked.sha) == ("queued", web.git("rev-parse", "fix-login"))


def test_it_ends_on_the_hosts_when_polling_hears_of_the_checks(
    live: World, merged: Deployment, hub: GitHub
) -> None:
    hub.say(NAME, merged.sha, CHECK, "failure")
    polled()
    assert f"{CHECK} failed" in copy(merged).note
    hub.say(NAME, merged.sha, CHECK, "success")
    polled()

    done = live.end(merged)

    assert (done.status, done.sha) == ("success", merged.sha)
    files = {path.name for path in (live.folder() / "current").iterdir()}
    assert files >= {"app.txt", "main.txt", "fix.txt"}


def test_it_ends_on_the_hosts_when_a_webhook_tells_of_the_checks(
    live: World, merged: Deployment, hub: GitHub, client: Client
) -> None:
    _, secret = webhooks.make(live.environment.application, build.maker(), NAME)
    hub.say(NAME, merged.sha, CHECK, "success")
    about = {"sha": merged.sha, "state": "success", "context": CHECK}
    raw = json.dumps({**about, "repository": {"full_name": NAME}}).encode()
    headers = {
        "X-GitHub-Event": "status",
        "X-GitHub-Delivery": "one",
        "X-Hub-Signature-256": signature.made(secret, raw),
    }

    client.post("/webhooks/github/", raw, content_type="application/json", headers=headers)
    drain("chat")

    assert (live.end(merged).status, copy(merged).sha) == ("success", merged.sha)


@pytest.mark.parametrize("late", [False, True], ids=["not merged", "merged, the answer lost"])
def test_a_github_that_is_ill_while_it_merges_costs_nothing(
    live: World, hub: GitHub, web: Repository, late: bool
) -> None:
    hub.faults.append(Fault(502, path="/merges", done=late))
    asked = live.ask("fix-login")
    drain("chat")
    assert (copy(asked).status, copy(asked).waits_for) == ("pending", "repository")

    polled()
    hub.say(NAME, copy(asked).sha, CHECK, "success")
    polled()

    assert copy(asked).note == FIRST
    assert live.end(asked).status == "success"
    assert web.git("rev-list", "--count", "--merges", "fix-login") == "1"
