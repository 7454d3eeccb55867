"""What was imported is deployed, once its missing pieces are there: keys, and the hosts' own."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from deployments.blockers import blockers
from deployments.models import Environment, Person
from deployments.selectors.importing import Given
from deployments.services import applications, credentials, hosts, importing
from tests.deployments import build
from tests.deployments.services import world as worlds
from tests.deployments.services.test_tools import GEMFILE, capistrano, revision, succeeded
from tests.deployments.services.world import World
from tests.servers.repositories import Repository
from tests.servers.sshd import Sshd

pytestmark = [pytest.mark.sshd, pytest.mark.tools, pytest.mark.slow]


def imported(folder: Path, machine: Sshd, root: Person) -> World:
    """Import shop/live, which Capistrano deploys to the machine."""
    repository = Repository(folder / "shop.git")
    repository.commit({"app.txt": "one\n"}, "Begin")
    host = {
        "name": "web-1",
        "address": "127.0.0.1",
        "port": machine.port,
        "user": getpass.getuser(),
    }
    shop = {
        "repository": str(repository.path),
        "provider": "bundler_capistrano",
        "environments": ["live"],
        "hosts": {"live": [host]},
    }
    importing.bring(Given(json.dumps({"shop": shop}).encode()), root, via="web")
    live = Environment.objects.select_related("application__repository").get()
    return World(live, repository, [machine], build.person("alice"))


def test_an_imported_app_is_deployed_once_its_keys_are_there(
    transactional_db: None, tmp_path: Path, root: Person
) -> None:
    with worlds.running(tmp_path / "machines", count=1) as (machine,):
        shop = imported(tmp_path, machine, root)
        live, host = shop.environment, shop.environment.placements.get().host
        credentials.give_key(live, machine.login.private, root)
        hosts.accept_key(host, hosts.scan(host, root).line, root)
        # The gems are those of the system: nothing is fetched in tests.
        local = {"before": ["bundle install --local --quiet"], "variables": {"BRANCH": "{sha}"}}
        applications.change_settings(live.application, local, root)
        live.refresh_from_db()
        assert blockers(live) == []
        sha = capistrano(shop, Gemfile=GEMFILE)

        assert succeeded(shop.deploy())
        assert revision(shop) == sha
