"""A commit packed for hosts: what it changes in a tree that they have, or all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from deployments.exceptions import DeploymentError, ForgeError, HostError
from deployments.forges import archive, deltas
from deployments.forges.archive import Archive
from deployments.forges.deltas import Difference
from deployments.forges.trees import manifest
from deployments.runner.delivery import Parcel

BLOCK = 1 << 18


class Known(NamedTuple):
    """A tree that a host may have, and what turns it into the one that is wanted."""

    lines: int
    difference: Difference


class Packer:
    """Packs one commit. What a thread of the fleet asks for is made once, and read by them all."""

    def __init__(self, mirror: Path, sha: str) -> None:
        self.sha = sha
        self.problem: Exception | None = None  # why nothing can be packed
        self._mirror = mirror
        self._entries = manifest(mirror, sha)
        self._known: dict[str, Known | None] = {}
        self._lock = Lock()
        self.lines = deltas.lines(self._entries)

    @property
    def is_busy(self) -> bool:
        return self._lock.locked()

    def delta(self, trees: Mapping[str, int]) -> Parcel | None:
        """Return the shortest way from a tree that is as its commit is."""
        with self._alone():
            return self._delta(trees)

    def whole(self) -> Parcel:
        with self._alone():
            made = archive.archive(self._mirror, self.sha)
        return _parcel(made, _text(made))

    def _delta(self, trees: Mapping[str, int]) -> Parcel | None:
        sound = [
            (known.difference.size, len(known.difference.gone), base)
            for base, lines in trees.items()
            if (known := self._look(base)) is not None and known.lines == lines
        ]
        if not sound or min(sound)[1] > deltas.MOST_DROPPED:
            return None
        base = min(sound)[2]
        made = deltas.delta(self._mirror, base, self.sha)
        return _parcel(made, f"{_text(made)}: what changed since {base[:7]}", base)

    def _look(self, base: str) -> Known | None:
        if base not in self._known:
            self._known[base] = self._looked(base)
        return self._known[base]

    def _looked(self, base: str) -> Known | None:
        try:
            entries = manifest(self._mirror, base)
        except ForgeError:  # not in this repository
            return None
        return Known(deltas.lines(entries), deltas.difference(entries, self._entries))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Make one thing at a time; what goes wrong is no host's fault, and is kept."""
        try:
            with self._lock:
                yield
        except Exception as error:
            self.problem = error
            code = error.code if isinstance(error, DeploymentError) else "lost"
            raise HostError("nothing could be packed", code=code) from error


def _text(made: Archive) -> str:
    return f"{made.files} files, {made.size / 1000:,.0f} kB"


def _parcel(made: Archive, text: str, base: str = "") -> Parcel:
    def chunks(compressed: bool) -> Iterator[bytes]:
        return _blocks(made.path) if compressed else archive.uncompressed(made.path)

    return Parcel(chunks, text, base)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
