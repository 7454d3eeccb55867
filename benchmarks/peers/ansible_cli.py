"""ansible-playbook with its cheapest module (raw), kept connections, pipelining, enough forks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.peers import turns

WIDTH = 64


def main() -> None:
    hosts = turns.inventory()
    folder = hosts.folder / "ansible"
    folder.mkdir()
    _write_inventory(hosts, folder)
    plays = [
        {"hosts": "all", "gather_facts": False, "tasks": [{"raw": one} for one in turns.STEPS]}
    ]
    (folder / "play.yml").write_text(json.dumps(plays))  # JSON is YAML
    line = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory", "play.yml"]
    settings = os.environ | {
        "ANSIBLE_FORKS": str(min(WIDTH, len(hosts.hosts))),
        "ANSIBLE_HOME": str(folder),
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_SSH_ARGS": f"-F {hosts.ssh_config} -o ControlMaster=auto -o ControlPersist=60s",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(folder / "cp"),
    }

    def turn() -> None:
        said = turns.command(line, cwd=folder, env=settings)
        turns.expect(said.count(f"ok={len(turns.STEPS)} "), hosts)
        for socket in (folder / "cp").iterdir():
            words = ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "any"]
            subprocess.run(words, stderr=subprocess.DEVNULL, check=True)

    turns.answer(turn)


def _write_inventory(hosts: turns.Inventory, folder: Path) -> None:
    lines = [
        f"{host.name} ansible_host=127.0.0.1 ansible_port={host.port} ansible_user={hosts.user}\n"
        for host in hosts.hosts
    ]
    (folder / "inventory").write_text("".join(lines))


if __name__ == "__main__":
    main()
