"""No transaction waits for a network: neither git nor a host is asked while one is open."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from deployments.forges import git
from deployments.services import hosts, lifecycle
from tests.deployments import build
from tests.deployments.services.world import World

pytestmark = [pytest.mark.sshd, pytest.mark.slow]
ASKING = ("subprocess.Popen", "socket.connect")


class Watch:
    """Notes what asks somebody outside, and what does so in a transaction."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.faults: list[str] = []
        self.is_on = True

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.is_on and event in ASKING:
            self.seen.add(event)
            if connection.in_atomic_block:
                self.faults.append(f"{event} {arguments}")


@pytest.fixture
def watch() -> Iterator[Watch]:
    made = Watch()
    sys.addaudithook(made)  # for as long as Python lives, so it is switched off instead
    yield made
    made.is_on = False


def test_code_is_asked_for_outside_of_transactions(world: World, watch: Watch) -> None:
    world.release()
    world.settings(build=["exit 1"])
    failed = world.release()
    world.settings(build=[])
    world.end(lifecycle.retry(failed, world.door))
    world.roll_back()

    assert "subprocess.Popen" in watch.seen
    assert watch.faults == []


def test_hosts_are_asked_outside_of_transactions(world: World, watch: Watch) -> None:
    placement = world.environment.placements.select_related("host").first()
    assert placement is not None
    placement.host.host_keys = ""
    placement.host.save(update_fields=["host_keys"])

    key = hosts.scan(placement.host, build.maker())
    hosts.accept_key(placement.host, key.line, build.maker())
    hosts.test(placement, build.maker())

    assert "socket.connect" in watch.seen
    assert watch.faults == []


def test_what_would_ask_inside_of_one_is_seen(world: World, watch: Watch) -> None:
    with transaction.atomic():
        git.run(None, ["--version"])

    assert len(watch.faults) == 1
