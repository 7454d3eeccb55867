"""Two machines with one database: whatever one does the other knows, and goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import machines, postgres, sshd
from tests.servers.machines import Installation, Machine

pytestmark = [pytest.mark.slow, pytest.mark.sshd]


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with postgres.running() as database, sshd.running(tmp_path / "web-1") as host:
        yield Installation(database, tmp_path, host)


@pytest.fixture
def two(installation: Installation) -> Iterator[tuple[Machine, Machine]]:
    """Two machines that run."""
    one, other = installation.machine("one"), installation.machine("other", "127.0.0.2")
    with machines.running(one, other):
        installation.prepare(one)
        yield one, other


def test_one_goes_on_with_what_the_other_died_of(
    installation: Installation, two: tuple[Machine, Machine]
) -> None:
    one, other = two
    page = installation.listen(other)
    number = installation.ask(one)
    installation.wait_until_begun(number)
    holder = int(installation.row(number)["worker"].rsplit(":", 1)[1])
    dying, left = (one, other) if one.has(holder) else (other, one)
    assert dying.has(holder) and not left.has(holder)
    assert page.of(number)

    dying.end()

    ended = installation.wait_for(number)
    assert (ended["status"], ended["note"], ended["epoch"]) == ("success", "", 2)
    assert installation.is_whole(number)
    assert installation.times_run() == 1
    # What is left fetches the code itself, with a mirror of its own.
    installation.repository.commit({"app.txt": "two\n"}, "Change it")
    following = installation.ask(left)
    assert installation.wait_for(following)["status"] == "success"
    assert one.mirrors() and one.mirrors() == other.mirrors()
