"""Output on its way into the database: masked first, cut at line ends, a few writes a second."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from deployments.durability import redone_if_lost
from deployments.models import Deployment, LogChunk, PhaseRun
from deployments.runner.masking import Masker
from deployments.services.lease import Lease

EVERY = 0.25  # seconds between writes
PATIENCE = 2.0  # seconds after which a line without an end is shown
MOST = 64_000  # bytes in a chunk, after which another begins
WAITING = 256_000  # bytes of all hosts, after which they are written at once


@dataclass
class _Stream:
    """The output of one phase on one host, between the host and the database."""

    run: PhaseRun
    masker: Masker
    read: int  # raw bytes taken in, counted in the remote log
    ready: bytearray = field(default_factory=bytearray)  # masked; up to `mark` in raw bytes
    mark: int = 0
    cuts: list[tuple[int, int]] = field(default_factory=list)  # where a chunk ends: ready, raw
    rest: bytearray = field(default_factory=bytearray)  # masked; behind the mark
    rest_since: float = 0.0
    heard: bool = False

    def take(self, data: bytes) -> None:
        """Mask the bytes. The mark moves to a place where both texts can be cut alike."""
        end = data.rfind(b"\n") + 1
        if end:
            self._feed(data[:end])
        if data[end:]:
            self._feed(data[end:], partial=True)

    def _feed(self, data: bytes, *, partial: bool = False) -> None:
        if not self.rest:
            self.rest_since = time.monotonic()
        self.rest += self.masker.feed(data)
        self.read += len(data)
        if not partial:
            self.settle()

    def settle(self, *, final: bool = False) -> None:
        """Move the mark to here, unless the masker holds something back."""
        if final:
            self.rest += self.masker.finish()
        if final or self.masker.held == 0:
            self.ready += self.rest
            self.rest.clear()
            self.mark = self.read
            if len(self.ready) - (self.cuts[-1][0] if self.cuts else 0) > MOST:
                self.cuts.append((len(self.ready), self.mark))

    def chunks(self) -> Iterator[tuple[int, str]]:
        """Give what is ready in pieces of a size, each with its place in raw bytes."""
        start, offset = 0, self.run.offset
        for end, mark in [*self.cuts, (len(self.ready), self.mark)]:
            if end > start:
                text = self.ready[start:end].decode(errors="replace")
                yield offset, text.replace("\x00", "\ufffd")
            start, offset = end, mark

    def written(self) -> None:
        self.run.offset = self.mark
        self.ready.clear()
        self.cuts.clear()

    @property
    def is_stuck(self) -> bool:
        """Return whether a line without an end has waited long, or is very long."""
        waited = time.monotonic() - self.rest_since > PATIENCE
        long = bool(self.rest) and (waited or len(self.rest) > MOST)
        return long and (len(self.rest) > WAITING or not _ends_inside_a_character(self.rest))


def _ends_inside_a_character(data: bytearray) -> bool:
    """Return whether the last bytes are the beginning of a longer one in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    decoder.decode(bytes(data[-4:]))
    return bool(decoder.getstate()[0])


class LogWriter:
    """Keeps the output of all hosts of a deployment, under its worker's lease."""

    def __init__(self, deployment: Deployment, lease: Lease, secrets: Iterable[str]) -> None:
        self.deployment = deployment
        self.lease = lease
        self.masker = Masker(secrets)
        self.streams: dict[int, _Stream] = {}
        self.due = 0.0

    def take(self, run: PhaseRun, data: bytes) -> None:
        """Take in raw output that follows what was taken in before. The first is shown at once."""
        stream = self._stream(run)
        if not stream.heard:
            stream.heard, self.due = True, 0.0
        stream.take(data)

    def say(self, run: PhaseRun, text: str) -> None:
        """Add a line of Shipmate's own to the host's output."""
        self._stream(run).ready += self.masker.whole(f"{text}\n").encode()

    def flush_when_due(self) -> None:
        """Write what is ready, unless that was done a moment ago."""
        full = sum(len(stream.ready) for stream in self.streams.values()) > WAITING
        if full or time.monotonic() >= self.due:
            self.flush()

    def flush(self) -> None:
        """Write what is ready, in one transaction with how far each host was read."""
        for stream in self.streams.values():
            if stream.is_stuck:
                stream.settle()
        self._write([stream for stream in self.streams.values() if stream.ready])
        self.due = time.monotonic() + EVERY

    def finish(self, run: PhaseRun) -> None:
        """Write the rest of a phase that has ended on its host."""
        stream = self.streams.pop(run.pk, None)
        if stream is not None:
            stream.settle(final=True)
            self._write([stream] if stream.ready else [])

    def _stream(self, run: PhaseRun) -> _Stream:
        if run.pk not in self.streams:
            masker = self.masker.another(resumed=run.offset > 0)
            self.streams[run.pk] = _Stream(run, masker, read=run.offset, mark=run.offset)
        return self.streams[run.pk]

    def _write(self, streams: list[_Stream]) -> None:
        if not streams:
            return
        chunks = self._chunks(streams)
        seq, lines = chunks[-1].seq, chunks[-1].first_line + _lines(chunks[-1].text) - 1
        # What a power cut takes away, chunks and offsets together, is read from the hosts again.
        with redone_if_lost(), transaction.atomic():
            self.lease.write(log_seq=seq, log_lines=lines)
            LogChunk.objects.bulk_create(chunks)
            for stream in streams:
                PhaseRun.objects.filter(pk=stream.run.pk).update(offset=stream.mark)
        self.deployment.log_seq, self.deployment.log_lines = seq, lines
        for stream in streams:
            stream.written()

    def _chunks(self, streams: list[_Stream]) -> list[LogChunk]:
        """Return what is ready as rows, and number them and their lines through."""
        chunks: list[LogChunk] = []
        seq, first_line = self.deployment.log_seq, self.deployment.log_lines + 1
        for stream in streams:
            for offset, text in stream.chunks():
                seq += 1
                chunks.append(self._chunk(stream.run, seq, offset, first_line, text))
                first_line += _lines(text)
        return chunks

    def _chunk(self, run: PhaseRun, seq: int, offset: int, first_line: int, text: str) -> LogChunk:
        return LogChunk(
            deployment=self.deployment,
            seq=seq,
            host=run.host,
            phase=run.phase,
            offset=offset,
            first_line=first_line,
            text=text,
        )


def _lines(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n"))
