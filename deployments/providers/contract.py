"""What a provider is: it judges settings, and says which phases a deployment has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

RELEASE = "deploy"  # the task that brings a release; any other runs in the one that is there
Back = Literal["", "one", "further"]
HERE = "shipmate"  # the name under which the worker's own machine stands among the hosts


@dataclass(frozen=True)
class HostSpec:
    """A host as a provider sees it."""

    name: str
    address: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """All that a deployment's phases may depend on. Frozen with the deployment when it is claimed,
    so that whichever worker goes on with it comes to the same phases."""

    number: int
    application: str
    environment: str
    task: str
    ref: str
    sha: str
    who: str
    hosts: tuple[HostSpec, ...]
    settings: Mapping[str, Any]
    release: str  # the name of the release's folder
    returns: bool = False  # the release is kept on the hosts: go back to it
    back: Back = ""  # a way back: to what ran right before, or before that
    keep: tuple[str, ...] = ()  # folders of releases that stay
    secrets: tuple[str, ...] = ()  # names only
    parameters: Mapping[str, str] = field(default_factory=dict)  # given with the deployment
    previous_sha: str = ""  # what ran before; empty: nothing, or more than one commit
    # Where it is carried out on the worker's machine: a folder of its own, and one that stays.
    work: str = ""
    cache: str = ""


@dataclass(frozen=True)
class Phase:
    """One step across hosts: a script for each, run under the wrapper.

    A provider that `runs_here` has one script, for HERE.
    """

    name: str
    scripts: Mapping[str, str] = field(repr=False)  # host → script
    upload: str = ""  # the code is brought first: the archive under this name, or its tree
    # Host → the folder of trees that it keeps, as a shell word, to send only what differs.
    trees: Mapping[str, str] = field(default_factory=dict, repr=False)
    probe: str = ""  # an address that must answer 2xx once the script has ended well
    probe_seconds: int = 30
    # Host → a script that ends with 0 where the host runs the release. Given by the phase that
    # makes it so.
    confirm: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Hosts that run the release once this has ended well, as far as anybody can know.
    brings: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()  # what is run, in words that people know
    optional: bool = False  # how it ends is told, and does not matter
    on_failure: str = "command"  # the reason code when a script says no
    by_batch: bool = False  # done batch by batch, with its neighbours that are so too


@dataclass(frozen=True)
class Preset:
    """Settings to begin with; a form fills them in, and people may then change them."""

    name: str
    label: str
    settings: Mapping[str, Any]
    note: str  # what it takes, and what to look at first


class Provider(Protocol):
    """One way to deploy."""

    label: str
    defaults: Mapping[str, Any]  # its settings, with what holds where nothing is said
    presets: Sequence[Preset]
    where: tuple[str, ...]  # the settings that say where it goes: a way back takes today's
    # Its phases run on the worker's machine, in a folder of their own (services/workplaces.py);
    # environments may then have no hosts. Else they run on the environment's hosts over SSH.
    runs_here: bool
    takes_hosts: bool  # hosts may be placed, and mean something
    # What is run comes from people and repositories, as the user that Shipmate runs as: it may
    # read all that Shipmate may.
    is_trusted: bool
    # The commit is laid out in that folder, as code/: a git repository.
    needs_code: bool
    # Names of secrets without which it cannot begin.
    needs_secrets: tuple[str, ...]

    def validate(self, settings: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the settings, each in a sentence that says what is right."""

    def obstacles(self, settings: Mapping[str, Any], hosts: int, *, chosen: bool) -> list[str]:
        """Return why it cannot be done for so many hosts, or for some that were chosen, each as
        what is said of the environment."""

    def phases(self, context: Context) -> list[Phase]:
        """Return the phases in their order; the same context gives the same phases."""

    def truth(self, context: Context) -> dict[str, str]:
        """Return a script that prints the commit which runs there, and no more, for each host of
        which that can be known."""
