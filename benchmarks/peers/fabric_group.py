"""Fabric's ThreadingGroup: five runs a host on one connection, host keys taken as they come."""

from __future__ import annotations

from fabric import Config, Connection, ThreadingGroup

from benchmarks.peers import turns


def main() -> None:
    hosts = turns.inventory()
    quiet = {"load_ssh_configs": False, "run": {"hide": True, "in_stream": False}}
    config = Config(overrides=quiet)
    connect = {"key_filename": str(hosts.login), "allow_agent": False, "look_for_keys": False}

    def turn() -> None:
        group = ThreadingGroup.from_connections(
            Connection(
                "127.0.0.1", hosts.user, host.port, config=config, connect_kwargs=dict(connect)
            )
            for host in hosts.hosts
        )
        with group:
            for step in turns.STEPS:
                said = group.run(step)
        turns.expect(sum(one.stdout.strip() == turns.LAST_LINE for one in said.values()), hosts)

    turns.answer(turn)


if __name__ == "__main__":
    main()
