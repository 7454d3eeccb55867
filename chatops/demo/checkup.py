"""Before `--once`: can it work? After it: does every host run exactly the commit's files?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from chatops.demo.verify import verify_tar
from deployments.exceptions import HostError
from deployments.models import Deployment, Environment
from deployments.providers import ssh_scripts
from deployments.runner import probe, wrapper
from deployments.runner.connection import Connection
from deployments.runner.hosts import Target
from deployments.selectors import code
from deployments.services import credentials, plan

BLOCK = 1 << 18


def look_before(environment: Environment, ref: str, say: Callable[[str], None]) -> None:
    """Read the repository and sign in to each host, so that what is wrong is said at once."""
    resolved = code.resolve(environment.application, ref)
    say(f"The repository has {resolved.ref} at {resolved.sha}.")
    private = credentials.private_key(environment)
    for placement in environment.placements.select_related("host"):
        host = placement.host
        keys = tuple(host.host_keys.splitlines())
        facts = probe.check(Target(host.name, host.address, host.port, host.user, private, keys))
        if facts.fault:
            raise HostError(facts.fault, code="settings")
        say(f"{host.name} is {host.user}@{host.address}:{host.port}, {facts.system}.")


def differences(deployment: Deployment) -> Iterator[tuple[str, list[str]]]:
    """Yield for each host how its `current` differs from the commit; nothing means not at all."""
    mirror = code.mirror(deployment.environment.application, deployment.sha)
    private = credentials.private_key(deployment.environment)
    context = plan.context(deployment)
    for spec, host in zip(context.hosts, deployment.settings["hosts"], strict=True):
        with tempfile.TemporaryFile() as file:
            _fetch(host, private, ssh_scripts.folder(context, spec), file)
            file.seek(0)
            yield spec.name, verify_tar(file, mirror, deployment.sha)


def _fetch(host: dict[str, Any], private: str, folder: str, file: IO[bytes]) -> None:
    """Read the release as a tar; a host needs nothing else for that.

    What start-up files print comes before the mark.
    """
    mark = wrapper.new_nonce().encode() + b"\n"
    target = Target(
        host["name"], host["address"], host["port"], host["user"], private, tuple(host["host_keys"])
    )
    with Connection.open(target) as connection:
        program = b"printf '%%s' '%s'\ncd %s/current && tar -cf - .\n" % (mark, folder.encode())
        channel = connection.run(program)
        channel.settimeout(120)
        before = b""
        while mark not in before and (block := channel.recv(BLOCK)):
            before += block
        file.write(before.partition(mark)[2])
        while block := channel.recv(BLOCK):
            file.write(block)
