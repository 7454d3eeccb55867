"""Where a host is, who signs in there, and which keys it has shown before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deployments.exceptions import HostError
from deployments.runner import keys


@dataclass(frozen=True)
class Target:
    name: str
    address: str
    port: int
    user: str
    private_key: str = field(repr=False)
    host_keys: tuple[str, ...] = ()

    def check_host_key(self, shown: str) -> None:
        """Refuse a key that nobody accepted for this host."""
        known = {keys.blob(line) for line in self.host_keys}
        if keys.blob(shown) in known:
            return
        if known:
            raise ChangedHostKey(self.name, shown, self.host_keys)
        raise UnknownHostKey(self.name, shown)


@dataclass(frozen=True)
class Here:
    """This machine, as a place where runs are: what is left of them lies in `home`.

    Programs get the environment that is given here, and nothing of this process's own.
    """

    name: str
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)


class UnknownHostKey(HostError):
    """The host shows a key that nobody has accepted yet."""

    code = "host_key"

    def __init__(self, host: str, key_line: str) -> None:
        self.key_line = key_line
        self.fingerprint = keys.fingerprint(key_line)
        super().__init__(
            f"{host} is not known yet: it shows the {_kind(key_line)} key {self.fingerprint}. "
            f"Compare it on the host (ssh-keygen -lf /etc/ssh/ssh_host_{_kind(key_line)}_key.pub); "
            "then a maintainer accepts it on the host's settings page."
        )


class ChangedHostKey(HostError):
    """The host shows another key than the accepted ones: an attack, or a new installation."""

    code = "host_key"

    def __init__(self, host: str, key_line: str, accepted: Sequence[str]) -> None:
        self.key_line = key_line
        self.fingerprint = keys.fingerprint(key_line)
        self.accepted_fingerprints = tuple(keys.fingerprint(line) for line in accepted)
        super().__init__(
            f"THE HOST KEY OF {host} HAS CHANGED. Somebody may be listening in between, "
            "or the host was installed anew. Nothing was sent to it.\n"
            f"Accepted: {', '.join(self.accepted_fingerprints)}\n"
            f"Shown now: {self.fingerprint}\n"
            "Ask whoever runs the host. Only if they confirm the new key, a maintainer removes "
            "the old one and accepts the new one on the host's settings page."
        )


class LoginRefused(HostError):
    """The host does not let the user in with this key."""

    code = "settings"

    def __init__(self, target: Target, public: str) -> None:
        super().__init__(
            f"{target.name} does not let “{target.user}” in with Shipmate's key. "
            f"Add this line to ~{target.user}/.ssh/authorized_keys there. If it is in it, "
            "sshd's own log says why: often the rights of that folder, or an expired account.\n"
            f"{public}"
        )


class NoSessions(HostError):
    """The host lets the user in, and opens not even the first session."""

    code = "settings"

    def __init__(self, target: Target) -> None:
        super().__init__(
            f"{target.name} lets nobody open a session, so nothing can be run there. "
            "See MaxSessions in its sshd_config; retry once it allows one at least."
        )


def _kind(key_line: str) -> str:
    name = key_line.split(maxsplit=1)[0]
    return "ecdsa" if name.startswith("ecdsa") else name.removeprefix("ssh-")
