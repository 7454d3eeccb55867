"""A deployment that is struck at a moment, and what is looked at once it has ended."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, connection

from benchmarks.faulty import program
from benchmarks.faulty.hosts import left_on
from benchmarks.faulty.world import Place, World
from deployments.models import Deployment, PhaseRun
from deployments.runner.masking import MASK

OURS = re.compile(r"\[shipmate\] [^\n]*\n")
FINISHED = ("success", "failure", "error", "cancelled")
ENDED = ("success", "failure", "cancelled")  # the host said how
POLL = 0.1
LINGER = 45.0  # seconds in which followers find out that nobody reads any more


@dataclass
class Trial:
    """One moment of one fault."""

    place: Place
    moment: float  # seconds after the deployment was asked for
    deployment: Deployment | None = None
    asked_at: float = 0.0
    struck_at: float | None = None
    during: str = ""  # the phase that ran when it was struck
    seconds: float = 0.0  # from the strike to the end
    problems: list[str] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.deployment.pk if self.deployment else 0

    def now(self) -> Deployment:
        return Deployment.objects.get(pk=self.number)


@dataclass(frozen=True)
class Right:
    """What is right for a fault: the ends that are true, and whether all of it has run."""

    ends: frozenset[str] = frozenset({"success"})
    whole: bool = True  # all steps ran, and the log is all that they print
    log: bool = True  # what was kept of a run that ended is what its host wrote
    clean: bool = True  # nothing of it runs on


def patiently(question: Callable[[], bool]) -> bool:
    """Ask a database that may be away or locked just now."""
    with suppress(DatabaseError):
        return question()
    connection.close()
    return False


def has_ended(trial: Trial) -> bool:
    return patiently(lambda: trial.now().status in FINISHED)


def note_phase(trial: Trial) -> None:
    def look() -> bool:
        row = trial.now()
        trial.during = row.phase if row.status == "in_progress" else row.status
        return True

    patiently(look)


def check(trial: Trial, right: Right) -> None:
    """Say each thing that is not as it has to be."""
    row = trial.now()
    end = f"{row.status}/{row.reason}" if row.reason else row.status
    if end not in right.ends:
        trial.problems.append(f"ended as {end}: {row.note}")
    trial.problems += _counted(trial, row, right)
    trial.problems += _logs(trial, row, right)
    if right.clean:
        trial.problems += _left(trial.place)


def _counted(trial: Trial, row: Deployment, right: Right) -> Iterator[str]:
    """Each step leaves a line in the home when it begins: one is right, two never are."""
    lines = _read(trial.place.host.home / "ran").decode().splitlines()
    for step in program.STEPS:
        times = lines.count(f"{row.pk} {step}")
        if times > 1 or (right.whole and row.status == "success" and times != 1):
            yield f"{step} ran {times} times"


def _logs(trial: Trial, row: Deployment, right: Right) -> Iterator[str]:
    for run in PhaseRun.objects.filter(deployment=row):
        here = _kept(run)
        there = _read(trial.place.host.run_folder(run.run_id) / "log")
        masked = _text(there.replace(program.SECRET.encode(), MASK))
        is_step = run.phase in program.STEPS and run.status == "success"
        if right.whole and is_step and there != program.printed(run.phase):
            yield f"the host's log of {run.phase} is not what it printed"
        if right.log and run.status in ENDED and _sha(here) != _sha(masked):
            yield f"the log of {run.phase} differs: {len(here)} of {len(masked)} letters"
        if program.SECRET in here:
            yield f"the log of {run.phase} shows the secret"


def _left(place: Place) -> list[str]:
    """Wait for followers to end, and name what else is left."""
    end = time.monotonic() + LINGER
    while (left := left_on(place.host)) and time.monotonic() < end:
        time.sleep(0.5)
    return [f"left on the host: {name}" for name in left[:3]]


def _kept(run: PhaseRun) -> str:
    chunks = run.deployment.log_chunks.filter(host=run.host, phase=run.phase).order_by("seq")
    return OURS.sub("", "".join(chunks.values_list("text", flat=True)))


def _text(data: bytes) -> str:
    return data.decode(errors="replace").replace("\x00", "\ufffd")


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read(path: Path) -> bytes:
    with suppress(OSError):
        return path.read_bytes()
    return b""


def spread(places: list[Place], life: float, dice: Callable[[], float]) -> list[Trial]:
    """Spread moments over a deployment's life, each at random within its share."""
    share = life / len(places)
    return [Trial(place, share * (n + dice())) for n, place in enumerate(places)]


def ask(world: World, trial: Trial, ref: str) -> None:
    trial.deployment = world.ask(trial.place, ref)
    trial.asked_at = time.monotonic()
