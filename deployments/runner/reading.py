"""One short answer from each of many hosts, within a short time, on connections of its own."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from deployments.exceptions import HostError
from deployments.runner import wrapper
from deployments.runner.connection import Connection
from deployments.runner.conversation import Conversation
from deployments.runner.hosts import Target

WIDTH = 32
TIMEOUT = 8.0
LONGEST = 200  # bytes of an answer

READ = r"""
say() { printf '%s %s\n' "$nonce" "$*" >&2; }
main() {
said=$(asked </dev/null | head -c "$longest" | tr '\n' ' ')
say said "$said"
}
"""


def read(target: Target, script: str) -> str:
    """Return what the script prints there."""
    nonce = wrapper.new_nonce()
    functions = f"asked() {{\n{script}\n}}\n{READ}"
    program = wrapper.assemble("read", nonce, wrapper.FOLDER, {"longest": str(LONGEST)}, functions)
    with (
        Connection.open(target, timeout=TIMEOUT) as connection,
        Conversation(connection, program, nonce) as host,
    ):
        return " ".join(host.line(TIMEOUT)[1:])


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
