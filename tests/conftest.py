"""What all tests share: which parts this machine has, and named people."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests import migrated

# A busy machine is no reason to fail.
settings.register_profile("shipmate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shipmate")
PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin"
# What a marker needs, and the Debian packages that bring it (script/test installs the same).
PARTS = {
    "sshd": {"sshd": "openssh-server", "ssh-keygen": "openssh-client", "busybox": "busybox"},
    "browser": {"chromium": "chromium"},
    "tools": {
        "cap": "capistrano",
        "bundle": "bundler",
        "fab": "fabric",
        "ansible-playbook": "ansible-core",
        "gh": "gh",
    },
    "systemd": {"systemd-analyze": "systemd"},
}


def missing_parts() -> dict[str, str]:
    """Return the markers some part of which is not on this machine, with what brings it."""
    lacking = {
        marker: [
            package for program, package in parts.items() if not shutil.which(program, path=PATH)
        ]
        for marker, parts in PARTS.items()
    }
    return {marker: " and ".join(packages) for marker, packages in lacking.items() if packages}


@pytest.fixture(scope="session")
def live_server(live_server: LiveServer) -> LiveServer:
    """A connection that is given up as it is taken would keep the server from all others."""
    live_server.thread.httpd.socket.settimeout(1)
    return live_server


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Begin without what a test before has counted: tests' people have the same numbers."""
    cache.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, by name and never in CI, the tests whose system part is missing."""
    missing = missing_parts()
    if os.environ.get("CI") == "true" and missing:
        raise pytest.UsageError(f"CI lacks {', '.join(missing.values())}.")
    out = [item for item in items if any(item.get_closest_marker(name) for name in missing)]
    config.stash[left_out] = out
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not run."""
    out = terminalreporter.config.stash.get(left_out, [])
    if out:
        terminalreporter.section("NOT RUN, for want of system parts", red=True)
        for marker, package in missing_parts().items():
            count = sum(1 for item in out if item.get_closest_marker(marker))
            if count:
                terminalreporter.write_line(f"{count} tests need {package} ({marker})", red=True)


@pytest.fixture(scope="session")
def migrated_file(pytestconfig: pytest.Config, django_db_modify_db_settings: None) -> Path | None:
    """The file of a migrated database, if such can be kept."""
    cache = getattr(pytestconfig, "cache", None)
    if cache is None or connection.vendor != "sqlite":
        return None
    return migrated.place(cache.mkdir("migrated"))


@pytest.fixture(scope="session")
def django_db_keepdb(migrated_file: Path | None) -> bool:
    """Begin with a copy of what an earlier run has migrated."""
    if migrated_file is None or not migrated_file.exists():
        return False
    migrated.bring(migrated_file)
    return True


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, migrated_file: Path | None
) -> None:
    """Keep what was migrated here for later runs."""
    if migrated_file is not None and not migrated_file.exists():
        with django_db_blocker.unblock():
            migrated.keep(migrated_file)


left_out = pytest.StashKey[list[pytest.Item]]()
