"""pyinfra's command line: five operations of `server.shell`, all hosts at once."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.peers import turns

DEPLOY = """\
from pyinfra.operations import server
for step in {steps!r}:
    server.shell(commands=[step])
"""


def main() -> None:
    hosts = turns.inventory()
    places = [
        (
            host.name,
            {
                "ssh_hostname": "127.0.0.1",
                "ssh_port": host.port,
                "ssh_user": hosts.user,
                "ssh_key": str(hosts.login),
                "ssh_known_hosts_file": str(hosts.known_hosts),
            },
        )
        for host in hosts.hosts
    ]
    (hosts.folder / "inventory.py").write_text(f"hosts = {places!r}\n")
    (hosts.folder / "deploy.py").write_text(DEPLOY.format(steps=turns.STEPS))
    line = [str(Path(sys.executable).with_name("pyinfra")), "-y", "--parallel", str(len(places))]

    def turn() -> None:
        said = turns.command([*line, "inventory.py", "deploy.py", "-vvv"], cwd=hosts.folder)
        turns.expect(said.count(f"] {turns.LAST_LINE}"), hosts)

    turns.answer(turn)


if __name__ == "__main__":
    main()
