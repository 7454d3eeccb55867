"""Live pages: one stream of server-sent events that say what changed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.test import AsyncClient, Client

from deployments.models import Deployment, Person, Role
from deployments.selectors import feed
from deployments.services import comments, people
from deployments.web import live
from tests.deployments import build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deployment(alice: Person, hello: Any) -> Deployment:
    return build.deployment(
        hello.environments.get(name="qa"), alice, "a" * 40, status="in_progress"
    )


def listen(person: Person, act: Callable[[], Any], until: str, path: str = "/live/") -> str:
    """Sign in, listen, act, and return what was heard until the words came."""

    async def main() -> str:
        client = AsyncClient()
        await client.aforce_login(person)
        answer: Any = await client.get(path)
        heard = ""
        stream: AsyncIterator[bytes] = aiter(answer.streaming_content)
        heard += (await anext(stream)).decode()
        acting = asyncio.create_task(sync_to_async(act)())
        while until not in heard:
            heard += (await asyncio.wait_for(anext(stream), 10)).decode()
        await acting
        await answer._iterator.aclose()
        await live.Reader.here().task  # type: ignore[misc]
        return heard

    return asyncio.run(main())


def events(heard: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in heard.splitlines() if line.startswith("data: {")]


def test_a_change_is_told_with_what_it_is_about(alice: Person, deployment: Deployment) -> None:
    heard = listen(alice, lambda: comments.add(deployment, alice, "hi", via="web"), "comment")

    told = events(heard)[-1]
    assert told["verb"] == "deployment.comment"
    assert told["deployment"] == deployment.pk
    assert told["environment"] == deployment.environment_id
    assert told["application"] == deployment.environment.application_id
    assert f"id: {told['id']}\nevent: change\n" in heard


def test_a_running_deployment_gives_signs_of_life(alice: Person, deployment: Deployment) -> None:
    def act() -> None:
        time.sleep(2 * live.EVERY)  # the reader has looked once by then
        Deployment.objects.update(log_seq=5)

    heard = listen(alice, act, "deployment.progress")

    assert "id" not in events(heard)[-1]


def test_what_was_missed_is_told_first(alice: Person, deployment: Deployment) -> None:
    before = feed.newest() - 1

    heard = listen(alice, lambda: None, f'"id": {before + 1}', f"/live/?after={before}")

    assert feed.newest() in [event.get("id") for event in events(heard)]


def test_a_stream_ends_when_its_person_is_switched_off(
    alice: Person, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK", 0.2)
    monkeypatch.setattr(live, "HEARTBEAT", 0.1)

    heard = listen(alice, lambda: Person.objects.update(is_active=False), "bye")

    assert heard.endswith("event: bye\ndata: {}\n\n")


def test_nothing_that_happens_after_signing_out_is_told(
    alice: Person, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK", 0.2)

    def act() -> None:
        Session.objects.all().delete()
        time.sleep(0.3)
        comments.add(deployment, alice, "a word in private", via="web")

    heard = listen(alice, act, "bye")

    assert "deployment.comment" not in heard


@pytest.fixture
def elsewhere(deployment: Deployment, alice: Person, settings: Any) -> Deployment:
    """What runs in an app that alice holds nothing in, where people see only what is theirs."""
    settings.SHIPMATE_CLOSED = True
    Role.objects.filter(person=alice).update(application=deployment.environment.application)
    app = build.application("other", Path("/nowhere/other.git"))
    return build.deployment(build.environment(app, "qa"), build.maker(), "b" * 40)


def test_only_what_its_person_may_see_is_told(
    alice: Person, deployment: Deployment, elsewhere: Deployment
) -> None:
    def act() -> None:
        comments.add(elsewhere, build.maker(), "hush", via="web")
        comments.add(deployment, alice, "hi", via="web")

    heard = listen(alice, act, "deployment.comment", "/live/?after=0")

    told = [event["deployment"] for event in events(heard) if event["deployment"]]
    assert set(told) == {deployment.pk}


def test_a_role_that_is_taken_ends_what_is_told_of_its_app(
    alice: Person, deployment: Deployment, elsewhere: Deployment
) -> None:
    role = people.give_role(alice, "viewer", elsewhere.environment, by=build.maker())

    def act() -> None:
        people.take_role(role, by=build.maker())
        comments.add(elsewhere, build.maker(), "hush", via="web")
        comments.add(deployment, alice, "hi", via="web")

    heard = listen(alice, act, f'"deployment.comment", "deployment": {deployment.pk}')

    assert ("deployment.comment", elsewhere.pk) not in [
        (event["verb"], event["deployment"]) for event in events(heard)
    ]


def test_silence_is_filled_with_a_sign_of_life(
    alice: Person, hello: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.1)

    assert ": still here\n\n" in listen(alice, lambda: None, ": still here")


def test_proxies_and_browsers_are_told_not_to_hold_it_back(alice: Person) -> None:
    async def main() -> Any:
        client = AsyncClient()
        await client.aforce_login(alice)
        return await client.get("/live/")

    answer = asyncio.run(main())

    assert answer["X-Accel-Buffering"] == "no" and answer["Cache-Control"] == "no-cache"
    assert answer["Content-Type"] == "text/event-stream"


def test_nobody_listens_without_signing_in() -> None:
    async def main() -> Any:
        return await AsyncClient().get("/live/")

    assert asyncio.run(main()).status_code == 401


def test_a_threaded_server_ends_it_at_once(as_alice: Client) -> None:
    assert as_alice.get("/live/").status_code == 204


def test_a_slow_listener_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[Any]:
        reader = live.Reader()
        waiting: live.Waiting = asyncio.Queue(2)
        reader.listeners.add(waiting)
        for number in range(3):
            reader._tell(waiting, feed.News(number + 1, "x", None, None, None))
        return [len(reader.listeners), waiting.get_nowait(), waiting.get_nowait()]

    count, _, last = asyncio.run(main())

    assert (count, last) == (0, None)
