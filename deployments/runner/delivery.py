"""Bring a commit's tree to a host: what it lacks, where it has another tree; else all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from deployments.runner import trees
from deployments.runner.channels import Connected
from deployments.runner.follow import Outcome
from deployments.runner.upload import Chunks, UploadFailed, receive, upload


@dataclass(frozen=True)
class Parcel:
    """What is sent. `base` is the commit whose tree it changes; empty: it needs none."""

    chunks: Chunks
    text: str  # what it is, in words
    base: str = ""


class Packer(Protocol):
    """Packs one commit, for many hosts and from many threads."""

    @property
    def sha(self) -> str: ...

    @property
    def lines(self) -> int:
        """Return how many lines `find .` prints in its tree."""

    def delta(self, trees: Mapping[str, int]) -> Parcel | None:
        """Return the shortest way from one of these trees, each given with its lines."""

    def whole(self) -> Parcel: ...


@dataclass(frozen=True)
class Delivery:
    """`name` is that of the upload, `trees` the host's folder of trees as a shell word."""

    packer: Packer
    name: str
    trees: str = ""  # empty: the host keeps none


def deliver(
    connection: Connected,
    delivery: Delivery,
    *,
    stop: Event,
    progress: Callable[[int], None],
    tell: Callable[[str], None],
) -> Outcome:
    """See to it that the host has the tree, or the upload; tell the bytes sent and the base.

    ConnectionLost: do it all again. UploadFailed: the host said why it cannot.
    """
    return _Way(connection, delivery, stop, progress, tell).go()


@dataclass
class _Way:
    connection: Connected
    delivery: Delivery
    stop: Event
    progress: Callable[[int], None]
    tell: Callable[[str], None]
    sent: int = 0

    def go(self) -> Outcome:
        packer, folder = self.delivery.packer, self.delivery.trees
        kept = trees.look(self.connection, folder, self._beat) if folder else {}
        if kept.get(packer.sha) == packer.lines:
            self.tell("sending nothing: the tree of this commit lies on the host")
            return Outcome("ended", 0, 0, packer.sha)
        parcel = packer.delta(kept) if kept else None
        if parcel is not None and self._change(parcel):
            return Outcome("ended", 0, self.sent, parcel.base)
        self._send(packer.whole())
        return Outcome("ended", 0, self.sent)

    def _change(self, parcel: Parcel) -> bool:
        """Make the tree out of one that is there; return whether that went well."""
        self.tell(f"sending {parcel.text}")
        connection, delivery = self.connection, self.delivery
        received = receive(
            connection, delivery.name, parcel.chunks, stop=self.stop, progress=self.progress
        )
        self.sent += received.size
        try:
            verified = trees.make(
                connection,
                delivery.trees,
                received,
                base=parcel.base,
                sha=delivery.packer.sha,
                lines=delivery.packer.lines,
                beat=self._beat,
            )
        except UploadFailed as error:
            self.tell(str(error))
            return False
        if not verified:
            self.tell("unverified: without sha256sum the host cannot check what it got")
        return True

    def _beat(self) -> None:
        self.progress(self.sent)

    def _send(self, parcel: Parcel) -> None:
        self.tell(f"sending {parcel.text}")
        self.sent += upload(
            self.connection,
            self.delivery.name,
            parcel.chunks,
            stop=self.stop,
            progress=self.progress,
        )
