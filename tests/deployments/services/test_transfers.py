"""What crosses the wire to three real hosts, and that what arrives is the same in any case."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployments import tasks
from deployments.models import Deployment
from deployments.runner import trees
from deployments.runner.connection import Connection
from tests.deployments.services.packing import facts
from tests.deployments.services.world import World, log_of
from tests.servers.repositories import Link, Program

pytestmark = [pytest.mark.sshd]
NOISE = os.urandom(200_000)


def sent(deployment: Deployment) -> list[tuple[int, str]]:
    """Return bytes and base, for each host."""
    runs = deployment.phase_runs.filter(phase="transfer").order_by("host")
    return list(runs.values_list("sent", "base"))


def tree(world: World, sha: str, host: int = 0) -> Path:
    return world.folder(host) / "trees" / sha / "tree"


def release(world: World, deployment: Deployment, host: int = 0) -> Path:
    return world.folder(host) / "releases" / deployment.release_name


@pytest.fixture
def first(world: World) -> Deployment:
    """The first deployment, of something large."""
    world.commit({"noise": NOISE, "bin/run": Program(b"#!/bin/sh\n"), "link": Link(b"app.txt")})
    return world.deploy()


def test_the_first_time_all_of_it_is_sent(first: Deployment) -> None:
    assert [(size > 200_000, base) for size, base in sent(first)] == [(True, "")] * 3
    assert "[shipmate] sending 4 files, 200 kB" in log_of(first, "web-1")


def test_then_only_what_changed_is_sent(world: World, first: Deployment) -> None:
    world.commit({"app.txt": "two\n", "link": None})

    second = world.deploy()

    assert second.status == "success"
    assert [(0 < size < 2_000, base) for size, base in sent(second)] == [(True, first.sha)] * 3
    assert f"sending 1 files, 0 kB: what changed since {first.sha[:7]}" in log_of(second, "web-2")
    found = facts(release(world, second, 2))
    assert found.pop(b"REVISION")[1] == f"{second.sha}\n".encode()
    assert {name: content for name, (_, content) in found.items()} == {
        b"app.txt": b"two\n", b"bin": b"", b"bin/run": b"#!/bin/sh\n", b"noise": NOISE,
    }  # fmt: skip


def test_what_a_build_changed_in_a_release_is_not_in_the_next(
    world: World, first: Deployment
) -> None:
    with (world.folder() / "current" / "noise").open("ab") as file:
        file.write(b"written in place")

    second = world.release()

    assert sent(second)[0][1] == first.sha
    assert (release(world, second) / "noise").read_bytes() == NOISE


def test_nothing_is_sent_of_what_a_host_has(world: World, first: Deployment) -> None:
    again = world.deploy()

    assert (again.status, sent(again)) == ("success", [(0, first.sha)] * 3)
    assert "sending nothing: the tree of this commit lies on the host" in log_of(again, "web-3")


def test_each_host_is_asked_what_it_has(world: World, first: Deployment) -> None:
    shutil.rmtree(world.folder(0) / "trees")
    with (tree(world, first.sha, 1) / "noise").open("ab") as file:
        file.write(b"damaged")

    second = world.release()

    assert second.status == "success"
    assert [base for _, base in sent(second)] == ["", "", first.sha]
    found = [facts(tree(world, second.sha, host)) for host in range(3)]
    assert found[0] == found[1] == found[2]


def test_a_tree_that_is_not_its_commit_is_no_base(world: World, first: Deployment) -> None:
    (tree(world, first.sha) / "noise").unlink()
    (tree(world, first.sha).parent / "whole").touch()

    second = world.release()

    assert [base for _, base in sent(second)] == ["", first.sha, first.sha]
    assert (release(world, second) / "noise").read_bytes() == NOISE


def test_a_tree_of_something_unknown_is_passed_over(world: World, first: Deployment) -> None:
    (world.folder() / "trees" / first.sha).rename(world.folder() / "trees" / ("f" * 40))

    second = world.release()

    assert [base for _, base in sent(second)] == ["", first.sha, first.sha]


def test_where_the_tree_does_not_come_out_right_all_of_it_is_sent(
    world: World, first: Deployment
) -> None:
    # Its time was put back, so that only the count of what comes out tells of it.
    noise = tree(world, first.sha) / "noise"
    noise.rename(noise.parent / "loud")
    (noise.parent.parent / "whole").touch()
    world.commit({"noise": None})

    second = world.deploy()

    assert second.status == "success"
    assert [base for _, base in sent(second)] == ["", first.sha, first.sha]
    assert "there are too many files, or too few" in log_of(second, "web-1")
    assert not (release(world, second) / "loud").exists()


def test_the_nearest_of_several_trees_is_taken(world: World, first: Deployment) -> None:
    world.commit({"more": os.urandom(50_000)})
    world.deploy()
    world.repository.branch("back", first.sha)
    world.repository.commit({"small": "1"}, branch="back")

    third = world.deploy("back")

    assert sent(third)[0][1] == first.sha


def test_trees_that_are_not_needed_any_more_go(world: World) -> None:
    shas = [world.release().sha for _ in range(5)]

    kept = {path.name for path in (world.folder() / "trees").iterdir()}
    assert kept == set(shas[2:])


def test_a_worker_that_takes_over_sends_again(world: World, first: Deployment) -> None:
    world.commit({"app.txt": "two\n"})
    broken = world.folder() / "trees" / f"{world.ask().sha}.0123.partial" / "tree"
    broken.mkdir(parents=True)
    (broken / "half").touch()
    deployment = Deployment.objects.latest("pk")

    tasks.run(deployment.pk)

    assert sent(deployment)[0][1] == first.sha
    assert not (release(world, deployment) / "half").exists()
    assert not broken.exists()


def test_a_connection_that_breaks_on_the_way_is_no_end(
    breakable: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = breakable.deploy()
    made = trees.make
    monkeypatch.setattr(trees, "make", breaking_once(made, breakable))

    second = breakable.release()

    assert second.status == "success"
    assert [base for _, base in sent(second)] == [first.sha] * 3
    assert "the connection broke" in log_of(second) or "did not answer" in log_of(second)
    left = [path.name for path in (breakable.folder() / "trees").iterdir()]
    assert sorted(left) == sorted([first.sha, second.sha])


def breaking_once(make: Callable[..., bool], world: World) -> Callable[..., bool]:
    """Have the first host lose its connection when its tree is about to be made."""
    broken: list[bool] = []

    def made(connection: Connection, *given: Any, **named: Any) -> bool:
        if connection.target.name == "web-1" and not broken:
            broken.append(True)
            world.hosts[0].kill_sessions()
        return make(connection, *given, **named)

    return made


def test_a_release_that_nothing_writes_to_shares_what_did_not_change(
    world: World, first: Deployment
) -> None:
    world.settings(read_only=True)

    second, third = world.release(), world.release()

    assert third.status == "success"
    old, new = (release(world, one) / "noise" for one in (second, third))
    assert old.samefile(new)
    assert not old.samefile(release(world, first) / "noise")
