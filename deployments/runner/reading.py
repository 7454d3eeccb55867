"""One short answer from each of many hosts, within a short time, on connections of its own."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from deployments.exceptions import HostError
from deployments.runner import wrapper
from deployments.runner.channels import Connected
from deployments.runner.connection import Connection
from deployments.runner.conversation import Conversation
from deployments.runner.hosts import Here, Target
from deployments.runner.local import reach

WIDTH = 32
TIMEOUT = 8.0
LOCAL_TIMEOUT = 30.0  # a program on this machine, which asks somebody else
LONGEST = 200  # bytes of an answer

READ = r"""
main() {
said=$(asked </dev/null | head -c "$longest" | tr '\n' ' ')
say said "$said"
}
"""


def read(target: Target, script: str) -> str:
    """Return what the script prints there."""
    with Connection.open(target, timeout=TIMEOUT) as connection:
        return _said(connection, script, TIMEOUT)


def read_here(here: Here, script: str) -> str:
    """Return what the script prints on this machine."""
    with reach(here) as connection:
        return _said(connection, script, LOCAL_TIMEOUT)


def _said(connection: Connected, script: str, seconds: float) -> str:
    nonce = wrapper.new_nonce()
    functions = f"asked() {{\n{script}\n}}\n{READ}"
    program = wrapper.assemble("read", nonce, wrapper.FOLDER, {"longest": str(LONGEST)}, functions)
    with Conversation(connection, program, nonce) as host:
        return " ".join(host.line(seconds)[1:])


def read_all(asked: Iterable[tuple[Target, str]]) -> dict[str, str | HostError]:
    """Return what each host's script prints, or why the host did not answer."""
    with ThreadPoolExecutor(WIDTH) as pool:
        waiting = {target.name: pool.submit(_read, target, script) for target, script in asked}
        return {name: future.result() for name, future in waiting.items()}


def _read(target: Target, script: str) -> str | HostError:
    try:
        return read(target, script)
    except HostError as error:
        return error
