"""A release comes to the host's disk before it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployments.providers.local_host import LocalHost, context, with_own

pytestmark = pytest.mark.slow

# A sync that notes what it is asked for, and what is current then.
NOTING_SYNC = """#!/bin/sh
current=$(readlink "$HOME/shop-live/current")
echo "$1 ${2##*/} $current" >>"$HOME/syncs"
"""
OLD_SYNC = """#!/bin/sh
case $1 in -*) echo "sync: invalid option -- 'f'" >&2; exit 1;; esac
echo all >>"$HOME/syncs"
"""
FAILED_SYNC = """#!/bin/sh
echo "sync: error syncing '$2': Input/output error" >&2
exit 1
"""


def test_a_release_is_on_the_disk_before_it_runs_and_the_switch_soon_after(
    host: LocalHost, tmp_path: Path
) -> None:
    host.release(1)
    host.path = with_own(tmp_path / "bin", sync=NOTING_SYNC)

    host.release(2)

    root = str(host.root)
    assert (host.home / "syncs").read_text().splitlines() == [
        "-f 2 releases/1",
        f"{root}  releases/2",
    ]


def test_going_back_waits_for_no_disk_but_to_switch(host: LocalHost, tmp_path: Path) -> None:
    host.release(1)
    host.release(2)
    host.path = with_own(tmp_path / "bin", sync=NOTING_SYNC)

    host.switch(context(1, returns=True))

    assert (host.home / "syncs").read_text().splitlines() == [
        "-d REVISION releases/2",
        f"{host.root}  releases/1",
    ]


@pytest.mark.parametrize("returns", [False, True])
def test_a_sync_that_would_write_all_disks_of_a_host_is_left_alone(
    host: LocalHost, tmp_path: Path, returns: bool
) -> None:
    host.path = with_own(tmp_path / "bin", sync=OLD_SYNC)
    host.release(1)

    assert host.switch(context(1, returns=returns)).returncode == 0

    assert not (host.home / "syncs").exists()


def test_a_release_that_does_not_come_to_the_disk_is_not_switched_to(
    host: LocalHost, tmp_path: Path
) -> None:
    host.release(1)
    at = context(2)
    host.transfer(at)
    host.path = with_own(tmp_path / "bin", sync=FAILED_SYNC)

    done = host.switch(at)

    assert done.returncode == 1
    assert "does not come to the disk: sync: error syncing" in done.stdout
    assert host.current == "releases/1"
