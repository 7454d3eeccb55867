"""The tools themselves deploy a small repository to real hosts, by the lines of their presets."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from deployments.models import Deployment, Host
from deployments.runner import keys
from deployments.services import applications, lifecycle, truth
from tests.deployments import build
from tests.deployments.services import elsewhere
from tests.deployments.services.world import World, log_of
from tests.servers.repositories import Files, Program

pytestmark = [pytest.mark.sshd, pytest.mark.tools, pytest.mark.slow]

# Hosts go by the names that they have in Shipmate; nothing here knows a port, a login or a key.
CAPISTRANO: Files = {
    "Capfile": 'require "capistrano/setup"\nrequire "capistrano/deploy"\n'
    'require "capistrano/scm/git"\ninstall_plugin Capistrano::SCM::Git\n',
    "config/deploy.rb": 'set :application, "shop"\nset :branch, ENV["BRANCH"]\n'
    'set :repo_url, "{repository}"\nset :deploy_to, "{folder}"\n',
    "config/deploy/live.rb": 'server "web-1", roles: %w[app]\n',
}
# The last two: what Net::SSH needs for Ed25519, the kind of key that Shipmate makes.
GEMFILE = 'source "https://rubygems.org"\n' + "".join(
    f'gem "{name}"\n' for name in ("capistrano", "ed25519", "bcrypt_pbkdf")
)
FABRIC = """
from fabric import task

@task
def deploy(c, sha):
    c.run(f"mkdir -p {folder} && echo {{sha}} >{folder}/REVISION")
    c.put("app.txt", "{folder}/app.txt")
    print(f"{{c.host}} has {{sha}}")
"""
FABRIC_1 = """
from fabric.api import env, put, run, task

@task
def deploy(branch_name):
    run("mkdir -p {folder} && echo " + branch_name + " >{folder}/REVISION")
    put("app.txt", "{folder}/app.txt")
    print(env.host_string + " has " + branch_name)

env."""
ROLES = 'roledefs = {{"live": ["web-1", "web-3"], "other": ["web-2"]}}\n'
HOSTS = 'hosts = ["web-2"]\n'
PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - file: {{path: "{folder}", state: directory}}
    - copy: {{content: "{{{{ heaven_deploy_sha }}}}", dest: "{folder}/REVISION"}}
    - copy: {{src: ../app.txt, dest: "{folder}/app.txt"}}
"""
INVENTORY = "[all]\nweb-1\nweb-2\n"


def deployed_by(world: World, way: str) -> None:
    applications.choose(world.environment.application, f"command:{way}", build.maker())
    world.environment.refresh_from_db()


def folder(world: World) -> str:
    """Return the folder that is deployed to; the hosts here share their disk."""
    return str(world.hosts[0].home / "shop")


def commit(world: World, files: Files) -> str:
    values = {"repository": str(world.repository.path), "folder": folder(world)}
    filled = {name: str(text).format(**values) for name, text in files.items()}
    return world.commit({"app.txt": "one\n", **filled})


def revision(world: World) -> str:
    place = world.hosts[0].home / "shop"
    return next(
        file.read_text().strip()
        for file in (place / "current" / "REVISION", place / "REVISION")
        if file.exists()
    )


def succeeded(deployment: Deployment) -> bool:
    assert deployment.status == "success", log_of(deployment)
    return True


def capistrano(world: World, **more: str) -> str:
    raw = {name: str(text) for name, text in CAPISTRANO.items()}
    return commit(world, {**raw, **more})


def test_capistrano_deploys_the_commit_though_its_branch_moved(world: World) -> None:
    deployed_by(world, "capistrano-3-installed")
    sha = capistrano(world)
    asked = world.ask()
    capistrano(world, **{"later.txt": "later\n"})

    assert succeeded(world.end(asked))
    assert revision(world) == sha
    assert world.placements() == [asked.pk] * 3


def test_capistrano_goes_back(world: World) -> None:
    deployed_by(world, "capistrano-3-installed")
    first = capistrano(world)
    assert succeeded(world.deploy())
    world.release()

    assert succeeded(world.roll_back())
    assert revision(world) == first


def test_capistrano_undoes_its_last_release_where_that_is_wished_for(world: World) -> None:
    deployed_by(world, "capistrano-3-installed")
    world.settings(rollback="cap {environment} deploy:rollback")
    first = capistrano(world)
    assert succeeded(world.deploy())
    assert succeeded(world.release())

    back = world.roll_back()

    assert succeeded(back)
    assert "$ cap live deploy:rollback" in log_of(back)
    assert revision(world) == first


def test_capistrano_through_bundler(world: World) -> None:
    deployed_by(world, "capistrano-3")
    # The gems are those of the system: nothing is fetched in tests.
    world.settings(before=["bundle install --local --quiet"], variables={"BRANCH": "{sha}"})
    sha = capistrano(world, Gemfile=GEMFILE)

    assert succeeded(world.deploy())
    assert revision(world) == sha


def test_a_task_of_capistrano(world: World) -> None:
    deployed_by(world, "capistrano-3-installed")
    capistrano(world)
    asked = lifecycle.request(world.environment, "", world.door, task="check")

    ended = world.end(asked)

    assert succeeded(ended)
    assert "deploy:check" in log_of(ended)
    assert world.placements() == [None] * 3


def test_fabric_deploys_to_the_hosts_that_are_asked_for(world: World) -> None:
    deployed_by(world, "fabric")
    sha = commit(world, {"fabfile.py": FABRIC})

    ended = world.deploy(hosts=["web-2"])

    assert succeeded(ended)
    assert (revision(world), log_of(ended).count(f"has {sha}")) == (sha, 1)
    assert world.placements() == [None, ended.pk, None]


@pytest.fixture
def fabric_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `fab` be Fabric 1, as it is on the machines of a team that has it."""
    monkeypatch.setenv("PATH", f"{elsewhere.ROOT}/.venv/fabric-1/bin:{os.environ['PATH']}")


def with_fabric_1(world: World, place: str = ROLES) -> str:
    return commit(world, {"fabfile.py": FABRIC_1 + place})


@pytest.mark.usefixtures("fabric_1")
def test_fabric_1_deploys_to_the_hosts_of_the_role(world: World) -> None:
    deployed_by(world, "fabric-1")
    sha = with_fabric_1(world)

    ended = world.deploy()

    assert succeeded(ended)
    assert revision(world) == sha
    assert [f"web-{n} has {sha}" in log_of(ended) for n in (1, 2, 3)] == [True, False, True]
    assert (world.hosts[0].home / "shop" / "app.txt").read_text() == "one\n"


@pytest.mark.usefixtures("fabric_1")
def test_fabric_1_deploys_to_the_hosts_that_the_recipe_names(world: World) -> None:
    deployed_by(world, "fabric-1")
    command = world.environment.application.settings["command"]
    world.settings(command=command.replace("-R {environment} ", ""))
    sha = with_fabric_1(world, HOSTS)

    ended = world.deploy()

    assert succeeded(ended)
    assert f"web-2 has {sha}" in log_of(ended)
    assert "[web-1]" not in log_of(ended)


def test_ansible_deploys(world: World) -> None:
    deployed_by(world, "ansible")
    sha = commit(world, {"ansible/hosts": INVENTORY, "ansible/site.yml": PLAYBOOK})

    assert succeeded(world.deploy())
    assert revision(world) == sha


def test_a_script_deploys_by_ssh_as_it_is(world: World) -> None:
    deployed_by(world, "script")
    sha = scripted(world)

    assert succeeded(world.deploy())
    assert revision(world) == sha


def scripted(world: World) -> str:
    place = folder(world)
    script = (
        "#!/bin/sh -e\n"
        f"ssh web-1 \"mkdir -p '{place}'; echo $SHA >'{place}/REVISION'\"\n"
        f"scp -q app.txt web-2:'{place}/app.txt'\n"
        f"git ls-remote -q ssh://web-3{world.repository.path} HEAD\n"
    )
    return world.commit({"app.txt": "two\n", "script/deploy": Program(script.encode())})


def with_ansible(world: World) -> None:
    commit(world, {"ansible/hosts": INVENTORY, "ansible/site.yml": PLAYBOOK})


@pytest.mark.parametrize(
    ("way", "made"),
    [
        ("capistrano-3-installed", capistrano),
        ("ansible", with_ansible),
        ("fabric-1", with_fabric_1),
        ("script", scripted),
    ],
)
@pytest.mark.usefixtures("fabric_1")
def test_a_host_that_shows_another_key_gets_nothing(
    world: World, way: str, made: Callable[[World], object]
) -> None:
    deployed_by(world, way)
    Host.objects.update(host_keys=keys.generate().public)
    made(world)

    ended = world.deploy()

    assert (ended.status, ended.reason) == ("failure", "command")
    assert not (world.hosts[0].home / "shop").exists()


def test_hosts_are_asked_for_the_commit_that_capistrano_wrote_down(world: World) -> None:
    deployed_by(world, "capistrano-3-installed")
    world.settings(revision=f"{folder(world)}/current/REVISION")
    sha = capistrano(world)
    assert succeeded(world.deploy())

    truth.hear(world.environment)

    said = world.environment.placements.values_list("says", flat=True)
    assert set(said) == {sha}
