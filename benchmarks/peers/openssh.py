"""The OpenSSH client under `xargs -P`, one `sh` a host that reads all steps.

`wrapped`: the same client runs the same wrapper as Shipmate's runner, so that each run is durable.
"""

from __future__ import annotations

import sys
from uuid import uuid4

from benchmarks.peers import turns
from deployments.runner import wrapper

WIDTH = 64  # as many at once as Shipmate's runner
ONE = 'exec ssh -F "$0" -p "$2" "$3@127.0.0.1" sh <"$1" 2>&1'


def main() -> None:
    hosts = turns.inventory()
    wrapped = "wrapped" in sys.argv[2:]

    def turn() -> None:
        said = turns.command(_line(hosts, wrapped), input=_arguments(hosts))
        turns.expect(said.splitlines().count(turns.LAST_LINE), hosts)
        if wrapped:
            turns.expect(sum(" end 0 " in line for line in said.splitlines()), hosts)
            _write_programs(hosts)

    if wrapped:
        _write_programs(hosts)
    else:
        for host in hosts.hosts:
            (hosts.folder / f"{host.name}.sh").write_text(turns.SCRIPT)
    turns.answer(turn)


def _line(hosts: turns.Inventory, wrapped: bool) -> list[str]:
    width = str(min(WIDTH, len(hosts.hosts)))
    return ["xargs", "-P", width, "-n", "3", "sh", "-c", ONE, str(hosts.ssh_config)]


def _arguments(hosts: turns.Inventory) -> str:
    return "".join(
        f"{hosts.folder}/{host.name}.sh {host.port} {hosts.user}\n" for host in hosts.hosts
    )


def _write_programs(hosts: turns.Inventory) -> None:
    """Write what each host gets; it takes no part in what is measured, to this client's good."""
    for host in hosts.hosts:
        run = f"{uuid4().hex}.{host.name}"
        program = wrapper.program("start", wrapper.new_nonce(), run, script=turns.SCRIPT)
        (hosts.folder / f"{host.name}.sh").write_bytes(program)


if __name__ == "__main__":
    main()
