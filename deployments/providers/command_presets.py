"""Programs that teams deploy with, each with the lines that it is called by. Data, no more.

They are written as the programs' own manuals have them; docs/command.md tells of each.
"""

from __future__ import annotations

from deployments.providers.contract import Preset

BUNDLE = {"BUNDLE_PATH": "{cache}/bundle", "BUNDLE_FROZEN": "true"}
# The commit that was asked for and checked, not a branch that may move while this runs.
BRANCH = {"BRANCH": "{sha}"}

PRESETS = (
    Preset(
        "capistrano-3",
        "Capistrano 3, through bundler",
        {
            "before": ["bundle install --quiet"],
            "command": "bundle exec cap {environment} deploy",
            "tasks": {"check": {"commands": ["bundle exec cap {environment} deploy:check"]}},
            "variables": {**BUNDLE, **BRANCH},
        },
        "The recipe says “set :branch, ENV['BRANCH']”: BRANCH is the commit. Each environment here "
        "is a stage there. For keys that Shipmate made the Gemfile has ed25519 and bcrypt_pbkdf. "
        "Gems are kept from one deployment to the next.",
    ),
    Preset(
        "capistrano-3-installed",
        "Capistrano 3, as it is installed on the machine",
        {
            "command": "cap {environment} deploy",
            "tasks": {"check": {"commands": ["cap {environment} deploy:check"]}},
            "variables": BRANCH,
        },
        "The recipe says “set :branch, ENV['BRANCH']”: BRANCH is the commit.",
    ),
    Preset(
        "capistrano-2",
        "Capistrano 2, through bundler",
        {
            "before": ["bundle install --quiet"],
            "command": "bundle exec cap {environment} -s branch={sha} deploy",
            "tasks": {
                "migrations": {
                    "commands": ["bundle exec cap {environment} -s branch={sha} deploy:migrations"]
                }
            },
            "variables": {**BUNDLE, **BRANCH},
        },
        "“-s branch=” sets it after the recipe did, as Heaven called it, but to the commit.",
    ),
    Preset(
        "fabric",
        "Fabric 2 and 3",
        {"command": "fab --hosts {hosts} deploy --sha={sha}"},
        "The task is “def deploy(c, sha)” in fabfile.py. Place the hosts here: their names, logins "
        "and the key are in the program's SSH configuration. Fabric itself compares no host keys.",
    ),
    Preset(
        "fabric-1",
        "Fabric 1",
        {
            "command": "fab --abort-on-prompts --reject-unknown-hosts --set=use_ssh_config "
            "-R {environment} deploy:branch_name={sha}"
        },
        "As Heaven called it, with the commit in place of the branch, and with the program's SSH "
        "configuration, which Fabric 1 reads only when told to. env.roledefs in fabfile.py has a "
        "role by the name of each environment; without roles take “-R {environment}” away.",
    ),
    Preset(
        "ansible",
        "Ansible",
        {
            "command": "ansible-playbook --inventory ansible/hosts --extra-vars "
            "heaven_deploy_sha={sha} ansible/site.yml"
        },
        "As Heaven called it. Hosts that are placed here are known to it by their names; "
        "“--limit {hosts}” makes it go to those that somebody asks for.",
    ),
    Preset(
        "kamal",
        "Kamal, through bundler",
        {
            "before": ["bundle install --quiet"],
            "command": "bundle exec kamal deploy --destination={environment} --version={sha}",
            "rollback": "bundle exec kamal rollback --destination={environment} {sha}",
            "variables": BUNDLE,
        },
        "The worker's machine needs Docker. The registry's password is a secret of the app, as "
        "deploy.yml calls it. Logins and ports of hosts are those of deploy.yml (ssh: user, port).",
    ),
    Preset(
        "script",
        "A script in the repository",
        {"command": "script/deploy"},
        "It is executable and gets BRANCH, SHA, DEPLOY_ENV and DEPLOY_TASK, as from Heaven.",
    ),
)
