"""The application that is deployed: what its steps print is known to the last byte."""

from __future__ import annotations

import random
from pathlib import Path

from tests.servers.repositories import Files, Repository

STEPS = ("build", "restart", "check")
SECRET = "correct-horse/battery"  # noqa: S105  one that hosts print, to be masked
PIECES = 8
SCRIPT = """\
#!/bin/sh
# Prints the pieces of a step with pauses between them; each run leaves a line in the home.
echo "$SHIPMATE_DEPLOYMENT $1" >>"$HOME/ran"
for piece in pieces/"$1".*; do
  cat "$piece"
  printf 'a token: %.9s' "$TOKEN"
  sleep {pause}
  printf '%s\\n' "${{TOKEN#?????????}}"
done
printf 'the end of %s' "$1"
"""


def make(folder: Path) -> Repository:
    """Make a repository: `main` takes its time, `quick` does the same at once."""
    made = Repository(folder)
    files: Files = {f"pieces/{step}.{n}": piece(step, n) for step in STEPS for n in _each()}
    first = made.commit({**files, "noisy.sh": SCRIPT.format(pause="0.35")}, "Be noisy")
    made.branch("quick", first)
    made.commit({"noisy.sh": SCRIPT.format(pause="0")}, "Be quick", branch="quick")
    return made


def commands() -> dict[str, list[str]]:
    return {step: [f"sh noisy.sh {step}"] for step in STEPS}


def piece(step: str, number: int) -> bytes:
    """Return lines, a burst of lines, random bytes, or text without an end of line."""
    dice = random.Random(f"{step}.{number}")  # noqa: S311  no secret
    kind = number % 4
    if kind == 0:
        return b"".join(b"%s: line %d\n" % (step.encode(), n) for n in range(20))
    if kind == 1:
        return b"".join(b"%d %x\r\n" % (n, dice.getrandbits(64)) for n in range(2_000))
    if kind == 2:
        return dice.randbytes(3_000) + b"\x1b[31mred\x1b[0m \xff\x00\n"
    return f"half a line, then {dice.random()} ".encode()


def printed(step: str) -> bytes:
    """Return all that a step prints on its host."""
    token = b"a token: " + SECRET.encode() + b"\n"
    pieces = b"".join(piece(step, number) + token for number in _each())
    return f"$ sh noisy.sh {step}\n".encode() + pieces + f"the end of {step}".encode()


def _each() -> range:
    return range(PIECES)
