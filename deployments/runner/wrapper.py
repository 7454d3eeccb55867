"""The programs that a host's `sh` gets on standard input, and the control lines it answers with."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from deployments.exceptions import HostError

Mode = Literal["start", "attach", "cancel", "tidy"]

FOLDER = '"$HOME"/.shipmate'
SAY = r"""say() { printf '%s %s\n' "$nonce" "$*" >&2; }"""
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
# More without a line's end is no control line of ours.
LONGEST_LINE = 64 * 1024
# Whoever keeps a shell sends it empty lines, so many seconds after the host has answered and after
# one another: they end its first naps.
TICKS = (0.3, 0.3, 0.3)


def new_nonce() -> str:
    """Make the word that tells our lines from whatever else a host prints. 24 characters."""
    return secrets.token_hex(12)


def safe_name(name: str) -> str:
    """Return a name that may stand in a path on the host, or refuse it."""
    if SAFE_NAME.fullmatch(name) is None:
        raise HostError(f"“{name}” cannot name a file on a host.", code="settings")
    return name


def program(
    mode: Mode,
    nonce: str,
    run_id: str,
    *,
    offset: int = 0,
    script: str = "",
    interpreter: str = "sh",
    grace: float = 10,
    since: float | None = None,
    keep: bool = False,
    again: bool = False,
) -> bytes:
    """Write the program that starts, follows or cancels one run.

    `since`: so many seconds ago a start may have been sent already. `keep`: the shell waits for
    another program once the run has ended; it is written with `again` then, and much shorter.
    """
    if "\0" in script:
        raise HostError("A command cannot contain a NUL character.", code="settings")
    assignments = {
        "run": safe_name(run_id),
        "offset": str(int(offset)),
        "interpreter": interpreter,
        "grace": str(max(0, round(grace))),
        "since": "" if since is None else str(int(since)),
        "keep": "1" if keep else "",
        "ticks": str(len(TICKS) if keep else 0),
        "script": script,
    }
    if again:
        return _assembled(mode, nonce, f"{FOLDER}/runs/{run_id}", assignments)
    # What a kept shell remembers: the login's rights for new files, and what ends it one day.
    assignments |= {"mask": "", "used": "", "guard": ""}
    return assemble(mode, nonce, f"{FOLDER}/runs/{run_id}", assignments, _wrapper())


def tidying(nonce: str, uploads: Sequence[str]) -> bytes:
    """Write the program that removes the uploads named, and what is older than a day."""
    names = " ".join(map(safe_name, uploads))
    return assemble("tidy", nonce, FOLDER, {"uploads": names}, _wrapper())


def assemble(
    mode: str, nonce: str, folder: str, assignments: dict[str, str], functions: str
) -> bytes:
    """Put the call of main last: wherever the program is cut, nothing runs.

    Nor where a start-up file has read the beginning of it, in which the nonce is.
    """
    return _assembled(mode, nonce, folder, assignments, SAY, functions)


def _assembled(
    mode: str, nonce: str, folder: str, assignments: dict[str, str], *functions: str
) -> bytes:
    # A variable that the login exports stays exported, and a script may hold secrets.
    # Nor do the options stay that a login exports to bash, such as to end at the first failure.
    lines = [f"set +efuC; mode={mode} nonce={nonce} folder={folder}", "unset script"]
    lines += [f"{name}={shlex.quote(value)}" for name, value in assignments.items()]
    lines += [*functions, '[ -z "$nonce" ] || main', ""]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


@cache
def _wrapper() -> str:
    return without_comments(Path(__file__).with_name("wrapper.sh").read_text("utf-8"))


def without_comments(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("#"))


class ControlLines:
    """Picks the lines that the nonce begins out of a stream in which a host may print anything."""

    def __init__(self, nonce: str) -> None:
        self._mark = nonce.encode() + b" "
        self._rest = b""
        self.noise = b""

    def feed(self, data: bytes) -> list[list[str]]:
        """Return the words of each control line that is complete by now.

        What somebody printed before it without a line's end is not of it.
        """
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-LONGEST_LINE:]
        parts = [line.partition(self._mark) for line in lines]
        self._keep_noise([before for before, _, _ in parts if before])
        return [said.decode("utf-8", "replace").split() for _, mark, said in parts if mark]

    def _keep_noise(self, lines: list[bytes]) -> None:
        # What a shell complains about at its end explains why nothing of ours came.
        if lines:
            self.noise = (self.noise + b"\n".join(lines) + b"\n")[-2000:]
