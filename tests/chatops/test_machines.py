"""Two machines with one database: whatever one does the other knows, and goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers import checkout, machines, postgres, sshd
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
    installation.let_go()

    ended = installation.wait_for(number)
    assert (ended["status"], ended["note"], ended["epoch"]) == ("success", "", 2)
    assert installation.is_whole(number)
    assert installation.times_run() == 1
    # What is left fetches the code itself, with a mirror of its own.
    installation.repository.commit({"app.txt": "two\n"}, "Change it")
    following = installation.ask(left)
    assert installation.wait_for(following)["status"] == "success"
    assert one.mirrors() and one.mirrors() == other.mirrors()


def test_each_waits_for_what_the_other_does_and_outlives_a_restart_of_the_database(
    installation: Installation, two: tuple[Machine, Machine]
) -> None:
    one, other = two
    number = installation.ask(one)
    installation.wait_until_begun(number)

    postgres.restart(installation.database)
    installation.let_go()

    told = installation.follow(other, number)  # each answer waits until there is something
    assert installation.wait_for(number)["status"] == "success"
    assert installation.is_whole(number) and installation.times_run() == 1
    assert [text for phase, text in told if phase == "build"] == installation.lines(number)
    # Whoever listened for work listens again.
    assert installation.wait_for(installation.ask(other))["status"] == "success"


def test_a_machine_with_keys_of_its_own_is_refused_in_words(installation: Installation) -> None:
    one = installation.machine("one")
    with machines.running(one):
        code, said = one.manage(
            "serve", "--port", str(checkout.free_port()), SHIPMATE_STATE=str(one.checkout / "new"),
            SHIPMATE_SECRET_KEY="of its own",
        )  # fmt: skip

    assert code == 1
    assert "SHIPMATE_SECRET_KEY is another one than this database's other machines have" in said
    assert "manage.py keys --renew" in said


def test_two_that_start_at_once_on_an_empty_database_both_do(installation: Installation) -> None:
    pair = [installation.machine("one"), installation.machine("other", "127.0.0.2")]
    with ThreadPoolExecutor() as threads:
        try:
            list(threads.map(Machine.start, pair))
        finally:
            for machine in pair:
                machine.end()

    assert installation.rows("SELECT count(*) FROM deployments_sharedkey") == [(2,)]


def test_a_deployment_goes_on_through_an_upgrade(installation: Installation) -> None:
    one = installation.machine("one")
    with machines.running(one):
        installation.prepare(one)
        number = installation.ask(one)
        installation.wait_until_begun(number)

        assert one.stop() == 0
        assert one.processes() == []
        assert installation.row(number)["status"] == "in_progress"
        # As a newer version would: its tables are there before it starts.
        code, said = one.manage("migrate", "-v", "0")
        assert code == 0, said
        one.start()
        installation.let_go()

        ended = installation.wait_for(number)
        assert (ended["status"], ended["note"]) == ("success", "")
        assert installation.is_whole(number) and installation.times_run() == 1
