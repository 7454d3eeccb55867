"""Look at a host before it is used: the key it shows, and whether everything needed is there."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.exceptions import HostError
from deployments.runner import keys, wrapper
from deployments.runner.connection import Connection, greet, shown_key
from deployments.runner.conversation import Conversation
from deployments.runner.hosts import Target

NEEDED = ("tar", "mkdir", "cp", "cat", "tail", "grep", "wc", "sleep", "tee")
LOOK = r"""
main() {
missing=
for tool in $tools; do command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"; done
command -v setsid >/dev/null 2>&1 || command -v perl >/dev/null 2>&1 || missing="$missing setsid"
say system "$(uname -srm)"
say user "$(id -un)"
say home "$HOME"
say missing $missing
command -v gzip >/dev/null 2>&1 && say gzip yes
umask 077
try=$folder/.try
{ mkdir -p "$folder" && true >"$try" && rm -f "$try"; } 2>/dev/null && {
  say writable yes
  # What switches to a release in one step.
  { ln -s a "$try" && mv -T "$try" "$try.moved"; } 2>/dev/null || say renames no
  rm -f "$try" "$try.moved"
}
command -v perl >/dev/null 2>&1 && say perl yes
say done
}
"""


@dataclass(frozen=True)
class HostKey:
    line: str
    fingerprint: str


@dataclass(frozen=True)
class Facts:
    """What a host told about itself. It can be used when it has no fault."""

    host: str
    system: str
    user: str
    home: str
    gzip: bool
    writable: bool
    missing: tuple[str, ...]

    @property
    def fault(self) -> str:
        """Say what keeps Shipmate from deploying to it, and who has to do what."""
        sentences = []
        if self.missing:
            them = "it" if len(self.missing) == 1 else "them"
            sentences.append(f"{self.host} lacks {', '.join(self.missing)}: install {them} there.")
        if not self.writable:
            sentences.append(
                f"“{self.user}” cannot write to {self.home} on {self.host}: "
                "give that folder to the user, on a disk that takes files."
            )
        return " ".join(sentences)


def scan_host_key(address: str, port: int, *, timeout: float = 15.0) -> HostKey:
    """Read the key that a host shows, without signing in and without trusting it."""
    transport = greet(address, port, timeout=timeout)
    try:
        line = shown_key(transport)
    finally:
        transport.close()
    return HostKey(line, keys.fingerprint(line))


def check(target: Target, *, timeout: float = 15.0) -> Facts:
    """Sign in and look: the “test connection” of a settings page. HostError says what is wrong."""
    nonce = wrapper.new_nonce()
    program = wrapper.assemble("look", nonce, wrapper.FOLDER, {"tools": " ".join(NEEDED)}, LOOK)
    with (
        Connection.open(target, timeout=timeout) as connection,
        Conversation(connection, program, nonce) as host,
    ):
        said = {first: rest for first, *rest in host.lines(2 * timeout)}
    if "done" not in said:
        raise HostError(f"{target.name}: the login gives no shell.", code="settings")
    missing = said["missing"]
    if "renames" in said and "perl" not in said:
        missing.append("perl (its mv knows no -T)")
    return Facts(
        host=target.name,
        system=" ".join(said["system"]),
        user=" ".join(said["user"]),
        home=" ".join(said["home"]),
        gzip="gzip" in said,
        writable="writable" in said,
        missing=tuple(missing),
    )
