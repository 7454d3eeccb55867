"""A real Hubot with the relay script (bots/hubot/): people talk to Shipmate through it."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from bots import accounts, connections, outgoing
from bots.messages import from_json
from bots.models import ChatAccount, ChatConnection, ChatRoom, Incoming, Outgoing
from deployments.models import Application, Deployment, Person
from tests.bots.platforms.contract import Driver, Outside, OutsideContract, Seen, failure
from tests.bots.talking import goes, the_deployment
from tests.deployments import build
from tests.deployments.services.queueing import drain

ROOT = Path(__file__).resolve().parents[3]
HUBOT = ROOT / ".venv" / "hubot" / "node_modules" / "hubot"
SECONDS = 30.0


class Hubot:
    """The process, and what was said in its chat."""

    def __init__(self, folder: Path, url: str, connection: ChatConnection, secret: str) -> None:
        environment = {
            "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
            "HOME": str(folder),
            "HUBOT_MODULE": (HUBOT / "index.mjs").as_uri(),
            "HUBOT_LOG_LEVEL": "error",
            "SHIPMATE_URL": url,
            "SHIPMATE_CONNECTION": connection.name,
            "SHIPMATE_SECRET": secret,
            "SHIPMATE_LISTEN": "0",
        }
        adapter = Path(__file__).with_name("lines.mjs")
        (folder / "scripts").mkdir()
        shutil.copy(ROOT / "bots" / "hubot" / "shipmate.mjs", folder / "scripts")
        command = ["node", str(HUBOT / "bin" / "Hubot.mjs"), "-d", "-n", "hubot"]
        self.process = subprocess.Popen(
            [*command, "-f", str(adapter)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # `node` is a program that starts the real one
        )
        self.said: list[dict[str, Any]] = []
        self.port: queue.Queue[int] = queue.Queue()
        self.synced: queue.Queue[int] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("> "):
                told = json.loads(line[2:])
                if "listening" in told:
                    self.port.put(told["listening"])
                elif "synced" in told:
                    self.synced.put(told["synced"])
                else:
                    self.said.append(told)

    def hears(self, **message: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def settles(self) -> None:
        """Wait until everything that it has said is in `said`."""
        self.hears(sync=1)
        self.synced.get(timeout=SECONDS)

    def ends(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class HubotDriver:
    """People in Hubot's chat. What is for one alone is said in a room with them alone."""

    def __init__(self, hubot: Hubot, connection: ChatConnection) -> None:
        self.hubot, self.connection = hubot, connection
        self.number = 0

    def say(self, person: Person, text: str, *, thread: str = "", again: str = "") -> None:
        account = accounts.known(self.connection, person.username, str(person))
        ChatAccount.objects.filter(pk=account.pk).update(person=person)
        self._hears(person.username, text, thread, again)

    def sees(self, person: Person) -> list[Seen]:
        self.hubot.settles()
        mine = [one for one in self.hubot.said if one["room"] in ("R1", person.username)]
        return [_seen(one) for one in mine]

    def says_a_stranger(self, text: str) -> list[str]:
        self._hears("stranger", text, "", "")
        self.hubot.settles()
        return [one["text"] for one in self.hubot.said if one["room"] == "stranger"]

    def breaks(self) -> None:
        ChatConnection.objects.update(url="http://127.0.0.1:1/")

    def is_back(self) -> None:
        ChatConnection.objects.update(url=self.connection.url)
        Outgoing.objects.update(next_at=None, waits_since=timezone.now() - outgoing.LEASE)
        ChatRoom.objects.update(rest_until=None)
        outgoing.ring_due()
        drain("chat")

    def _hears(self, user: str, text: str, thread: str, again: str) -> None:
        self.number += 1
        name = again or f"m{self.number}"
        is_meant = thread or text.startswith("shipmate")
        self.hubot.hears(user=user, room="R1", text=text, id=name, thread=thread)
        if is_meant:
            until(lambda: Incoming.objects.filter(external_id=name).exists())
        drain("chat")


def _seen(one: dict[str, Any]) -> Seen:
    of = one["of"]
    buttons = tuple(button.line for button in from_json(of["message"]).buttons)
    return Seen(f"hubot-{of['id']}", of["thread"], one["text"], buttons)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture
def connected(transactional_db: None) -> tuple[ChatConnection, str]:
    return connections.make("hubot", "", "maintainer", build.maker())


@pytest.fixture
def hubot(
    tmp_path: Path, live_server: LiveServer, connected: tuple[ChatConnection, str]
) -> Iterator[Hubot]:
    connection, secret = connected
    running = Hubot(tmp_path, live_server.url, connection, secret)
    try:
        connection.url = f"http://127.0.0.1:{running.port.get(timeout=SECONDS)}/"
        connection.save()
        yield running
    finally:
        running.ends()


@pytest.mark.slow
class TestHubot(OutsideContract):
    """Hubot edits nothing: the head of a thread stays as it was, and the steps below it tell."""

    @pytest.fixture
    def chat(self, hubot: Hubot, connected: tuple[ChatConnection, str]) -> HubotDriver:
        return HubotDriver(hubot, ChatConnection.objects.get(pk=connected[0].pk))

    def test_the_head_follows_in_place_and_each_step_is_told_once(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello to qa")
        goes(the_deployment(), "in_progress", "success")

        head, *steps = chat.sees(alice)
        assert head.text[0] == "◔"
        assert [step.text[0] for step in steps] == ["↻", "✔"]
        assert {step.thread for step in steps} == {head.id}

    def test_a_failure_says_why_and_offers_a_retry(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        failure(chat, alice)

        assert "make exited with 2 on web-1" in chat.sees(alice)[-1].text

    def test_what_happens_while_the_line_is_broken_is_told_in_order_when_it_is_back(
        self, chat: Outside, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "shipmate deploy hello to qa")
        chat.breaks()
        goes(the_deployment(), "in_progress", "success")
        assert len(chat.sees(alice)) == 1
        chat.is_back()

        assert [seen.text[0] for seen in chat.sees(alice)] == ["◔", "↻", "✔"]

    def test_hubot_answers_to_its_own_name_too(
        self, chat: HubotDriver, alice: Person, hello: Application
    ) -> None:
        accounts.known(chat.connection, "alice", "Alice")
        ChatAccount.objects.update(person=alice)
        chat.hubot.hears(user="alice", room="R1", text="@hubot: deploy hello to qa", id="own")
        until(Incoming.objects.exists)
        drain("chat")

        assert Deployment.objects.exists()

    def test_talk_does_not_leave_the_chat(
        self, chat: Driver, alice: Person, hello: Application
    ) -> None:
        chat.say(alice, "our deploy key is secret")
        chat.say(alice, "shipmate status")

        assert Incoming.objects.get().text == "shipmate status"

    def test_a_message_for_shipmate_that_it_does_not_take_is_answered(
        self, chat: HubotDriver, alice: Person
    ) -> None:
        connections.renew_secret(chat.connection, build.maker())
        chat.hubot.hears(user="alice", room="R1", text="shipmate status", id="m1")
        until(lambda: bool(chat.hubot.said))

        assert "it answered 401. Nothing was done." in chat.hubot.said[0]["text"]
